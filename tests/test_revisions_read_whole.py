"""Stories of revisions that cannot be tried without rows: what they make and drop is known from reading them alone."""

from __future__ import annotations

import pytest
from syncing import query
from teams import Project

from alembic_krakn import api
from alembic_krakn.config import Settings

AT = "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values"
NEEDS_ROWS = "op.execute('insert into gate (id) select max(id) + 1 from gate')\n"


@pytest.fixture
def told(tmp_path, new_database):
    """Sync into a test that one revision has made, which fails on empty tables, and give what may be another."""

    def make(have, want, revision):
        prod, test = new_database(have, f"{AT} ('one')"), new_database(want, f"{AT} ('two')")
        project = Project(tmp_path, url=prod)
        project.revision("one", None, "pass")
        project.revision("two", "one", NEEDS_ROWS + revision)
        plan = api.sync(Settings(prod_url=prod, test_url=test), project=project.config).plan
        return [text for text in plan.remarks if "may be another" in text]

    return make


LIFT = "create function lift() returns int language sql return 1;"
PROD = f"""create table gate (id int primary key, level int[] default '{{8}}', day date);
    insert into gate values (1); {LIFT}"""
TEST = f"create table gate (id int primary key, level int[] not null default '{{}}', day date); {LIFT}"


def test_a_column_that_no_revision_made_is_not_suspected(told):
    alter = "op.alter_column('gate', 'level', nullable=False, server_default='{}'); op.execute('select now()')"
    assert told(PROD, TEST, alter) == []


def test_a_column_that_a_revision_made_is_told_whatever_it_looks_like(told):
    anew = "op.drop_column('gate', 'day'); op.add_column('gate', sa.Column('day', sa.Date()))"
    (text,) = told(PROD, PROD.split(";")[0], anew)
    assert text.startswith("public.gate.day may be another column than prod's of that name: a revision made it anew")


def test_a_column_that_looks_like_the_one_before_it_is_told(told):
    have = "create table lap (id int primary key, time int); insert into lap values (1, 60)"
    (text,) = told(
        have, have.split(";")[0], "op.drop_column('lap', 'time'); op.add_column('lap', sa.Column('time', sa.Integer()))"
    )
    assert text.startswith("public.lap.time may be another column than prod's of that name: a revision made it anew")


def test_names_that_two_columns_exchange_are_followed(tmp_path, new_database):
    table = "create table pair (a int, b int);"
    prod = new_database(table, "insert into pair values (1, 2)", f"{AT} ('one')")
    test = new_database(table, f"{AT} ('two')")
    project = Project(tmp_path, url=prod)
    project.revision("one", None, "pass")
    renamed = [f"op.alter_column('pair', '{was}', new_column_name='{now}')" for was, now in ("ac", "ba", "cb")]
    project.revision("two", "one", "\n".join(renamed))
    api.sync(Settings(prod_url=prod, test_url=test), project=project.config)
    assert query(test, "select a, b from pair") == [(2, 1)]


@pytest.mark.parametrize(
    "revision",
    [
        "op.execute(\"do $$ begin execute 'alter table ' || 'gate alter level set not null'; end $$\")",
        "op.execute('alter table gate alter level set not null, please')",
        "op.execute('call open_gates()')",
        "op.execute('select lift()')",
        'op.execute("create function open() returns int language sql return 1"); op.execute("select public.open()")',
        "op.execute('do $$ begin perform lift(); end $$')",
        "op.get_bind().execute(sa.text('select relname from pg_class')).all()",
        "raise ValueError('closed')",
    ],
)
def test_where_something_was_not_read_what_columns_look_like_is_told_as_before(told, revision):
    (text,) = told(PROD, TEST, revision)
    assert "it is NOT NULL, its default is another one" in text


def test_sides_that_look_alike_need_no_revision_that_is_there(tmp_path, new_database):
    table = "create table pair (a int, b int);"
    prod = new_database(table, "insert into pair values (1, 2)", f"{AT} ('lost')")
    test = new_database(table, f"{AT} ('two')")
    project = Project(tmp_path, url=prod)
    project.revision("two", None, "pass")
    api.sync(Settings(prod_url=prod, test_url=test), project=project.config)
    assert query(test, "select a, b from pair") == [(1, 2)]
