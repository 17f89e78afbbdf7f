"""Random schemas: a plan leads from one to the other exactly, back again, and touches nothing else."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from databases import Databases, asking
from hypothesis import given, note
from psycopg import sql
from randomly import examples
from schemas import ROLES, Pair, pairs
from stories import catalog_of, differences, run, said
from teams import Project

from alembic_krakn.catalog import Answer, Catalog, Table, present, queries
from alembic_krakn.catalog.reader import KINDS, SHARED, Address, read_addresses
from alembic_krakn.connect import Side, engine, settle
from alembic_krakn.diff import Plan, plan
from alembic_krakn.names import Ident, Name
from alembic_krakn.revision.environment import Ground
from alembic_krakn.revision.write import write_revision

EVERY = Answer(("name",), [(name,) for name in (*KINDS, *SHARED)])


@pytest.fixture(scope="module")
def roles(server: str) -> Iterator[None]:
    """Make the roles that schemas grant things to."""
    with psycopg.connect(server, autocommit=True) as conn:
        for role in ROLES:
            conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        yield
        for role in ROLES:
            conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@contextlib.contextmanager
def both(new_database: Databases, pair: Pair) -> Iterator[tuple[str, Catalog, Catalog]]:
    """Give a database of the first schema, for the length of one example, and the catalogs of both."""
    have, want = pair.scripts(new_database.version)
    note(f"-- have\n{have}\n-- want\n{want}")
    with new_database.briefly(have) as (url,):
        yield url, catalog_of(url), new_database.catalog(want)


def addresses_of(url: str) -> Mapping[Ident, Address]:
    """Map things to what PostgreSQL knows them by, which one that was dropped and created again has not any longer."""
    with psycopg.connect(url) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        conn.execute("SET LOCAL search_path = pg_catalog")
        _, places = read_addresses(asking(conn))
    return {ident: address for address, ident in places.items()}


# PostgreSQL itself builds these anew when the type of a column changes.
FOLLOW_COLUMNS = frozenset(("constraint", "index", "statistics", "default"))


def assert_untouched(have: Catalog, want: Catalog, way: Plan, before: Addresses, after: Addresses) -> None:
    """Assert that nothing is dropped and created again but what the plan says, and no table or column that can stay."""
    said_so = {change.ident for change in way.changes}
    for ident, fact in have.facts.items():
        table = Ident("table", ident.path[:2]) if ident.kind in ("table", "column") else None
        rebuilt = table in have.facts and _key(table, have) != _key(table, want)
        stays = want.facts.get(ident) == fact or (table == ident and ident in want.facts)
        unsaid = ident.kind not in FOLLOW_COLUMNS and (table is not None or ident not in said_so)
        if ident in before and stays and unsaid and not rebuilt:
            assert before[ident] == after.get(ident), f"{ident} was dropped and created again"


def _key(table: Ident | None, catalog: Catalog) -> str | None:
    fact = catalog.facts.get(table) if table else None
    return fact.partition_key if isinstance(fact, Table) else "none"


Addresses = Mapping[Ident, Address]
Rows = Mapping[Ident, list[tuple[Any, ...]]]


def insert_rows(url: str, have: Catalog) -> None:
    """Put a row into every table that takes one of defaults."""
    with psycopg.connect(url) as conn:
        conn.execute("set session_replication_role = replica; set check_function_bodies = off")
        for table in have.of(Table):
            with contextlib.suppress(psycopg.Error), conn.transaction():
                conn.execute(sql.SQL("INSERT INTO {} DEFAULT VALUES").format(Name(*table.ident.path)))


def rows_of(url: str, have: Catalog, want: Catalog) -> Rows:
    """Read what the tables on both sides hold in the columns that are equal on both."""
    found = {}
    with psycopg.connect(url) as conn:
        for table in have.of(Table):
            other = want.get(Table, *table.ident.path)
            kept = [c for c in have.columns(*table.ident.path) if want.facts.get(c.ident) == c and not c.generated]
            if other and other.partition_key == table.partition_key and kept:
                columns = sql.SQL(", ").join(sql.SQL("{}::text").format(Name(column.name)) for column in kept)
                query = sql.SQL("SELECT {} FROM ONLY {} ORDER BY 1").format(columns, Name(*table.ident.path))
                found[table.ident] = conn.execute(query).fetchall()
    return found


@examples(12)
@given(pair=pairs())
@pytest.mark.usefixtures("roles")
def test_a_plan_leads_there_and_back(new_database: Databases, pair: Pair) -> None:
    with both(new_database, pair) as (url, have, want):
        for here, there in ((have, want), (want, have)):
            before, way = addresses_of(url), plan(here, there)
            run(url, way)
            now = catalog_of(url)
            assert differences(now, there) == []
            assert said(plan(now, there)) == ()
            assert_untouched(here, there, way, before, addresses_of(url))


@examples(12)
@given(pair=pairs())
@pytest.mark.usefixtures("roles")
def test_what_is_not_asked_for_is_not_there(new_database: Databases, pair: Pair) -> None:
    """No query finds anything that is left out because the one that says what is there does not name it."""

    for script in pair.scripts(new_database.version):
        note(script)
        with new_database.taken_back(script) as conn:
            ask = asking(conn)
            asked = queries(Answer(*ask(present())))
            others = (text for name, text in queries(EVERY).items() if name not in asked)
            assert not any(rows for _, rows in map(ask, others))


@examples(6)
@given(pair=pairs())
@pytest.mark.usefixtures("roles")
def test_rows_survive(new_database: Databases, pair: Pair) -> None:
    with both(new_database, pair) as (url, have, want):
        insert_rows(url, have)
        for here, there in ((have, want), (want, have)):
            rows = rows_of(url, here, there)
            try:
                run(url, plan(here, there))
            except (psycopg.IntegrityError, psycopg.DataError):
                return  # a hazard of the plan: the rows break what is new
            assert rows_of(url, there, here) == rows


@examples(4)
@given(pair=pairs())
@pytest.mark.usefixtures("roles")
def test_a_revision_file_leads_there_and_back(new_database: Databases, pair: Pair) -> None:
    with both(new_database, pair) as (url, have, want), tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), "generic", url=url.replace("postgresql:", "postgresql+psycopg:"))
        address = settle(url, Side.PROD)
        with engine(address).connect() as connection, project.inside():
            write_revision(
                project.config,
                plan(have, want),
                plan(want, have),
                have=have,
                want=want,
                ground=Ground(connection, address),
                message="as test",
            )
        with project.inside():
            command.upgrade(project.config, "head")
            assert differences(_without_version(catalog_of(url)), want) == []
            command.downgrade(project.config, "base")
        assert differences(_without_version(catalog_of(url)), have) == []


def _without_version(catalog: Catalog) -> Catalog:
    version = Ident("table", ("public", "alembic_version"))
    return catalog.keep(lambda fact: fact.ident != version)
