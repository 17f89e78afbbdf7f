"""Functions that indexes and checks of a table call find their names by the search path of their database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from databases import Databases
from syncing import execute, order, query, sync
from teams import Project

from alembic_krakn import api
from alembic_krakn.cli import main
from alembic_krakn.config import Settings
from alembic_krakn.sync.dry_run import dry_run

# To plan any query on such a table, PostgreSQL puts the body of an SQL function in the place of its call.
SCHEMA = """
    create schema words;
    set search_path = words, public;
    create function words.bare(text) returns text language sql immutable strict as $$ select lower($1) $$;
    create function words.plain(text) returns text language sql immutable strict as $$ select bare($1) $$;
    create table public.people (id int primary key, name text, up int references public.people, deep text);
    create index on people (plain(name)) where id > 0;
    create statistics named on plain(deep), name from people;
    alter table people add check (plain(deep) <> '');
"""
ROWS = """
    set search_path = words, public;
    insert into people select n, 'N' || n, nullif(n / 2, 0), 'D' from generate_series(1, 60) n
"""


@pytest.fixture
def pair(new_database: Databases) -> tuple[str, str]:
    """Give two databases whose functions find each other by a path that both have."""
    if new_database.version >= 17:
        pytest.skip("from PostgreSQL 17 on, no index calls a function that needs a path")
    prod, test = new_database(SCHEMA, ROWS), new_database(SCHEMA)
    for url in (prod, test):
        execute(url, f"alter database {query(url, 'select current_database()')[0][0]} set search_path = words, public")
    return prod, test


@pytest.mark.parametrize(
    "manner",
    [{}, {"swap": True, "keep": 0}, {"mode": "upsert", "delete_vanished": True}, {"mode": "append"}],
    ids=["in place", "swap", "upsert", "append"],
)
@pytest.mark.parametrize("rule", [{}, {"sample": "30%"}, {"limit": 5}, {"where": "plain(name) <> 'n7'"}], ids=str)
def test_rows_of_such_a_table_are_read_and_written(
    pair: tuple[str, str], manner: dict[str, Any], rule: dict[str, Any]
) -> None:
    prod, test = pair
    assert dry_run(order(prod, test, {"people": rule})).unfit == ()
    rows = sync(prod, test, {"people": rule}, **manner).rows
    assert query(test, "select count(*) from people") == [(rows,)]
    sync(prod, test, {"people": rule}, **manner)
    assert query(test, "select count(*) from people") == [(rows,)]


def test_names_in_rows_have_their_schema_whatever_the_path(new_database: Databases) -> None:
    names = """
        create schema words; create table words.things (id int primary key);
        create table things (id int primary key, kind regclass, many regclass[]);
    """
    prod = new_database(names, "insert into things values (1, 'public.things', '{words.things,public.things}')")
    test = new_database(names)
    execute(prod, f"alter database {query(prod, 'select current_database()')[0][0]} set search_path = words, public")
    for manner in ({}, {"swap": True, "keep": 0}, {"mode": "upsert"}):
        sync(prod, test, **manner)
        assert query(test, "select kind::oid::regclass::text, many::text from public.things") == [
            ("things", "{words.things,things}")
        ]


def test_prod_is_asked_about_such_a_table(pair: tuple[str, str]) -> None:
    prod, test = pair
    execute(test, "alter table people alter name set not null, add unique (deep)")
    steps = api.diff(Settings(prod_url=prod, test_url=test), check_data=True).plan.steps
    answers = [hazard.answer for step in steps for hazard in step.hazards if hazard.answer]
    assert [(answer.rows, answer.unanswered) for answer in answers] == [(0, ""), (60, "")]


def test_a_scratch_database_has_such_a_table(
    pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prod, test = pair
    execute(test, "alter table people add born date")
    Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["migrate", "--prod", prod, "--test", test, "--sql", "--verify"]) == 0
