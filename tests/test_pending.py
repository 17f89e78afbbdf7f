"""Pending revisions run in a scratch database, never on prod, and tell what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from teams import TEMPLATES, Project

from alembic_krakn.catalog import Catalog, Extension, read_catalog
from alembic_krakn.connect import Address, ReadOnlyConnection, Side, likeness, open_prod, settle
from alembic_krakn.diff import plan
from alembic_krakn.errors import RevisionError
from alembic_krakn.names import Ident
from alembic_krakn.revision.environment import TeamOptions
from alembic_krakn.revision.filters import without_version_table
from alembic_krakn.revision.pending import pending, revisions_at
from alembic_krakn.revision.rehearsal import Rehearsal, rehearse
from alembic_krakn.revision.scratch import scratch_database
from alembic_krakn.revision.scripts import scripts_of

NewDatabase = Callable[..., str]
AT_ONE = (
    "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values ('one')"
)
USERS = "create table users (id int primary key, nick text, old text)"
ONE = """op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('nick', sa.Text))"""


@contextmanager
def opened(url: str) -> Iterator[tuple[ReadOnlyConnection, Catalog]]:
    with open_prod(settle(url, Side.PROD)) as prod:
        with prod.snapshot():
            catalog = without_version_table(read_catalog(prod.ask), TeamOptions())
        yield prod, catalog


def as_role(role: str, url: str, side: Side) -> Address:
    address = settle(url, side)
    return replace(address, given=tuple({**dict(address.given), "user": role}.items()))


def everything(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as conn:
        return [*conn.execute("SELECT oid::text, relname, xmin::text FROM pg_class ORDER BY oid")]


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as conn:
        return {name for (name,) in conn.execute("SELECT datname FROM pg_database WHERE datname ~ '^krakn_scratch'")}


def rehearsed(project: Project, url: str, options: TeamOptions | None = None) -> Rehearsal:
    options = options or TeamOptions()
    with opened(url) as (prod, have), scratch_database(likeness(prod), test=settle(url, Side.TEST)) as scratch:
        return rehearse(project.config, scratch, have, revisions_at(prod, options), options)


@pytest.mark.parametrize("template", TEMPLATES)
def test_pending_revisions_run_on_prods_schema_and_prod_stays_as_it_is(
    template: str, tmp_path: Path, new_database: NewDatabase
) -> None:
    prod = new_database(USERS, AT_ONE, "insert into users values (1, 'a', 'b')")
    # env.py's own URL leads to prod itself, as on a machine where somebody deploys
    project = Project(tmp_path, template, url=prod.replace("postgresql:", "postgresql+psycopg:"))
    project.revision("one", None, ONE)
    project.revision("two", "one", "op.add_column('users', sa.Column('mail', sa.Text))")
    project.revision("three", "two", "op.execute('create index on users (mail)')")
    before = everything(prod)
    result = rehearsed(project, prod)
    assert everything(prod) == before
    assert [(each.revision, touched) for each, touched in result.touched.items()] == [
        ("two", {Ident("column", ("public", "users", "mail"))}),
        ("three", {Ident("index", ("public", "users_mail_idx"))}),
    ]
    want = new_database(USERS, "alter table users add mail text; create index on users (mail)")
    with opened(want) as (_, catalog):
        assert not plan(result.catalog, catalog)


def test_renames_are_learned_from_postgresqls_own_identities(tmp_path: Path, new_database: NewDatabase) -> None:
    prod = new_database(USERS, AT_ONE, "create schema crm")
    project = Project(tmp_path)
    project.revision("one", None, ONE)
    project.revision(
        "two", "one", "op.rename_table('users', 'people')\nop.alter_column('people', 'nick', new_column_name='alias')"
    )
    project.revision("three", "two", "op.execute('alter table people rename alias to handle')")
    project.revision(
        "four",
        "three",
        "op.execute('alter table people set schema crm')\nop.drop_column('people', 'old', schema='crm')",
    )
    result = rehearsed(project, prod)
    assert result.renames.tables == {("public", "users"): ("crm", "people")}
    assert result.renames.columns == {("public", "users", "nick"): "handle"}
    touched = next(iter(result.touched.values()))
    assert {Ident("table", ("public", "users")), Ident("table", ("public", "people"))} <= touched


def test_a_new_enum_label_may_be_used_by_the_next_revision(tmp_path: Path, new_database: NewDatabase) -> None:
    prod = new_database("create type mood as enum ('ok'); create table t (m mood)")
    project = Project(tmp_path)
    project.revision("one", None, "op.execute(\"alter type mood add value 'good'\")")
    project.revision("two", "one", "op.execute(\"alter table t alter m set default 'good'\")")
    assert [each.revision for each in rehearsed(project, prod).touched] == ["one", "two"]


def test_prods_search_path_and_version_table_are_followed(tmp_path: Path, new_database: NewDatabase) -> None:
    prod = new_database(
        "create schema app; create schema ops; create table app.t (id int);"
        "create table ops.versions (version_num text primary key); insert into ops.versions values ('one')"
    )
    with psycopg.connect(prod, autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{conn.info.dbname}" SET search_path = app, public')
    project = Project(tmp_path)
    project.edit_env(
        (
            "connection=connection, target_metadata=target_metadata",
            "connection=connection, target_metadata=target_metadata, version_table='versions',"
            " version_table_schema='ops'",
        )
    )
    project.revision("one", None, "op.create_table('t')")
    project.revision("two", "one", "op.add_column('t', sa.Column('a', sa.Integer))")
    options = TeamOptions(version_table="versions", version_table_schema="ops")
    (touched,) = rehearsed(project, prod, options).touched.values()
    assert touched == {Ident("column", ("app", "t", "a"))}


@pytest.mark.parametrize(
    ("upgrade", "message"),
    [
        (
            "op.get_bind().execute(sa.text('select id from users')).one()",
            r"revision two \(.*two_.py\) failed on an empty copy .* NoResultFound",
        ),
        ("op.create_table('users')", 'failed .* DuplicateTable: relation "users" already exists; .*--base prod'),
        ("import urllib3_of_nowhere", "failed .* ModuleNotFoundError"),
    ],
)
def test_a_revision_that_fails_is_named(upgrade: str, message: str, tmp_path: Path, new_database: NewDatabase) -> None:
    prod, project = new_database(USERS, AT_ONE), Project(tmp_path)
    project.revision("one", None, ONE)
    project.revision("two", "one", upgrade)
    with pytest.raises(RevisionError, match=message):
        rehearsed(project, prod)
    assert databases(prod) == set()


def test_a_revision_that_opens_a_database_of_its_own_gets_the_scratch_database(
    tmp_path: Path, new_database: NewDatabase
) -> None:
    prod, project = new_database(USERS, AT_ONE), Project(tmp_path)
    url = prod.replace("postgresql:", "postgresql+psycopg:")
    project.revision("one", None, ONE)
    project.revision(
        "two",
        "one",
        f"with sa.create_engine({url!r}, poolclass=sa.NullPool).begin() as own:\n"
        "    own.execute(sa.text('create table own ()'))",
    )
    before = everything(prod)
    (touched,) = rehearsed(project, prod).touched.values()
    assert touched == {Ident("table", ("public", "own"))}
    assert everything(prod) == before


def test_a_revision_that_nobody_has_is_an_error(tmp_path: Path, new_database: NewDatabase) -> None:
    project = Project(tmp_path)
    project.revision("uno", None, ONE)
    with pytest.raises(
        RevisionError, match=r"prod is at revision 'one', which is none of those in .*versions; check out"
    ):
        rehearsed(project, new_database(USERS, AT_ONE))


def test_the_scratch_database_goes_whatever_happens(new_database: NewDatabase) -> None:
    prod = new_database()

    def interrupted() -> None:
        with (
            open_prod(settle(prod, Side.PROD)) as connection,
            scratch_database(likeness(connection), test=settle(prod, Side.TEST)) as scratch,
        ):
            assert databases(prod) == {scratch.database}
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert databases(prod) == set()


def test_a_test_server_that_forbids_databases_gives_way_to_the_embedded_one(new_database: NewDatabase) -> None:
    prod = new_database("create role krakn_nobody login")
    try:
        test = as_role("krakn_nobody", prod, Side.TEST)
        with (
            open_prod(settle(prod, Side.PROD)) as connection,
            scratch_database(likeness(connection), test=test) as scratch,
        ):
            assert scratch.hosts != test.hosts
            assert scratch.side is Side.SCRATCH
    finally:
        with psycopg.connect(prod) as conn:
            conn.execute("drop role krakn_nobody")


def test_an_extension_that_cannot_be_had_stays_as_prod_has_it(tmp_path: Path, new_database: NewDatabase) -> None:
    prod, project = new_database(), Project(tmp_path)
    nowhere = Extension(name="krakn_nowhere", schema="public", version="1")
    with opened(prod) as (connection, have):
        more = replace(have, facts={**have.facts, nowhere.ident: nowhere})
        with scratch_database(likeness(connection), test=settle(prod, Side.TEST)) as scratch:
            assert rehearse(project.config, scratch, more, (), TeamOptions()).catalog.facts == more.facts


def test_branches_run_in_an_order_that_alembic_would_take(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.revision("one", None, ONE)
    project.revision("two", "one", "pass")
    project.revision("dos", "one", "pass")
    project.revision("three", ("two", "dos"), "pass")
    waiting = pending(scripts_of(project.config), ["dos"])
    assert [script.revision for script in waiting] == ["two", "three"]


BROKEN = [
    ("revision, down_revision = 'two', 'nowhere'", r"stands on 'nowhere', which is in none of the files there"),
    ("revision, down_revision, depends_on = 'two', 'one', 'nowhere'", r"stands on 'nowhere', which is in none"),
    ("revision, down_revision = 'two', 'two'", r"cannot be put in order: Self-loop is detected in revisions \(two\)"),
    ("revision, down_revision = 'two', 'one'", r"cannot be run: module 'two_py' has no attribute 'upgrade'"),
    ("def (", r"two.py cannot be read: SyntaxError"),
    ("import nowhere", r"two.py says no revision, and cannot be imported: ModuleNotFoundError"),
]


@pytest.mark.filterwarnings("ignore:Revision nowhere referenced")
@pytest.mark.parametrize(("text", "problem"), BROKEN, ids=[text for text, _ in BROKEN])
def test_revisions_that_make_no_sense_are_an_error(text: str, problem: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.revision("one", None, ONE)
    (tmp_path / "migrations" / "versions" / "two.py").write_text(text)
    with pytest.raises(RevisionError, match=problem):
        pending(scripts_of(project.config), ["one"])


def test_the_version_table_that_prods_role_may_not_read(new_database: NewDatabase) -> None:
    prod = new_database(AT_ONE, "create role krakn_reader login")
    try:
        with (
            open_prod(as_role("krakn_reader", prod, Side.PROD)) as connection,
            pytest.raises(RevisionError, match=r"may not read public.alembic_version, .* grant SELECT"),
        ):
            revisions_at(connection, TeamOptions())
    finally:
        with psycopg.connect(prod) as conn:
            conn.execute("drop role krakn_reader")
