"""What of test a sync does not replace in; how it moves into the new database as it is, out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from ...catalog import Catalog
from ...connect import Address, Side, WritableConnection
from ...connect.stream import open_stream
from ...errors import SyncError
from ...names import Name, text_of
from ..compared import checks
from ..elsewhere import without_foreign
from ..large_objects import LargeObjects
from ..load import Crew
from ..load.crew import explained
from ..load.large_objects import Carriage, numbers_of
from ..pace import Pace
from ..prepare import Ready
from ..roots import is_partitioned, roots_of
from ..stream import Driver
from ..types import travels_binary
from ..values import ColumnPlan, Origin, Relation, TablePlan, as_arrays, shown

# Of one that has not been called yet, as after ALTER SEQUENCE ... RESTART WITH, this view knows where it began only.
_POSITIONS = """
    SELECT schemaname AS schema, sequencename AS name, last_value, start_value FROM pg_catalog.pg_sequences
    WHERE last_value IS NOT NULL OR pg_catalog.has_sequence_privilege(
        pg_catalog.format('%I.%I', schemaname, sequencename), 'SELECT')
    ORDER BY schemaname, sequencename
"""
_AT_ONCE = 500  # sequences that one query asks
_LOST = """
    SELECT pg_catalog.count(*) AS objects FROM pg_catalog.pg_largeobject_metadata AS m
    WHERE m.oid IN ({}) AND (pg_catalog.pg_get_userbyid(m.lomowner) <> current_user OR m.lomacl IS NOT NULL
        OR pg_catalog.obj_description(m.oid, 'pg_largeobject') IS NOT NULL)
"""
_HIDDEN = """
    SELECT n.nspname AS schema, c.relname AS name
    FROM unnest(%s::text[], %s::text[]) AS wanted (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = wanted.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
    WHERE pg_catalog.row_security_active(c.oid)
"""


@dataclass(frozen=True)
class Kept:
    """The tables that move along, and the snapshot that has their rows."""

    tables: tuple[TablePlan, ...]
    moment: str


def kept_tables(whole: Catalog, ready: Ready) -> tuple[TablePlan, ...]:
    """Plan how the rows move that only test has: of tables that are skipped, of Alembic's own and the like."""
    replaced = {*(table.test for table in ready.plan.tables), *ready.plan.emptied, ready.keep.table}
    here = without_foreign(whole)
    return tuple(
        _as_it_is(here, relation)
        for relation, root in sorted(roots_of(here).items())
        if relation == root and relation not in replaced
    )


def _as_it_is(catalog: Catalog, relation: Relation) -> TablePlan:
    columns = []
    for column in catalog.columns(*relation):
        if column.generated:
            columns.append(ColumnPlan(column.name, column.type, Origin.GENERATED))
            continue
        name = Name(column.name)
        on_prod, on_test = checks(name, column, name, catalog, catalog, changed=False)
        columns.append(
            ColumnPlan(
                column.name,
                column.type,
                Origin.COPY,
                source=(column.name,),
                select=name,
                plain=True,
                binary=travels_binary(column, column),
                prod_check=on_prod,
                test_check=on_test,
            )
        )
    partitioned = is_partitioned(catalog, relation)
    return TablePlan(relation, relation, tuple(columns), only=not partitioned, partitioned=partitioned)


@contextmanager
def holding(old: WritableConnection, kept: tuple[TablePlan, ...]) -> Iterator[str]:
    """Let nobody write into the tables that are kept until this ends; name a snapshot that has their rows."""
    with old.transaction():
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if names := ", ".join(text_of(Name(*table.test)) for table in kept):
            try:
                old.execute(f"LOCK TABLE {names} IN SHARE MODE")
            except psycopg.errors.LockNotAvailable:
                raise SyncError(
                    f"test: somebody writes into tables that are kept, one of {names}; end that session, or raise"
                    " --lock-timeout; test is as it was"
                ) from None
        yield str(old.fetch("SELECT pg_catalog.pg_export_snapshot() AS name")[0]["name"])


def refuse_hidden(old: WritableConnection, kept: tuple[TablePlan, ...]) -> None:
    """Refuse to move tables of which the role does not see all rows."""
    if hidden := old.fetch(_HIDDEN, as_arrays(table.test for table in kept)):
        names = ", ".join(shown((row["schema"], row["name"])) for row in hidden)
        raise SyncError(
            f"test: row security binds the owner, too, of tables that are kept ({names}), so that --swap would lose the"
            " rows that it hides; sync without --swap, or give the role BYPASSRLS; nothing was changed"
        )


def refuse_lost(old: WritableConnection, objects: LargeObjects) -> None:
    """Refuse to move large objects of which more would be lost than what they hold."""
    (lost,) = old.fetch(sql.SQL(_LOST).format(objects.staying))
    if lost["objects"]:
        raise SyncError(
            f"test: {lost['objects']} large objects that rows of test's own name, or none, belong to another role, or"
            " have privileges or comments, which --swap would lose; remove them, or sync without --swap; nothing was"
            " changed"
        )


async def move_large_objects(crew: Crew, objects: LargeObjects) -> None:
    """Bring those along that a sync does not replace."""
    assert crew.kept is not None
    async with explained("looking for large objects"), crew.kept.one() as old:
        numbers = await numbers_of(old, text_of(objects.staying))
    await Carriage(crew.kept, crew.test, Side.TEST, Pace(), lambda *_: None).carry(numbers)


@asynccontextmanager
async def reading(test: Address, moment: str, search_path: str) -> AsyncIterator[Driver]:
    """Open test as it is at that moment."""
    old = await open_stream(test, read_only=False, search_path=search_path, snapshot=moment)
    try:
        yield old
    finally:
        old.terminate()


async def positions(old: Driver) -> list[str]:
    """Compose the statements that bring every sequence to where it stands in test."""
    rows = await old.fetch(_POSITIONS)
    moved = [(row["schema"], row["name"], row["last_value"], True) for row in rows if row["last_value"] is not None]
    waiting = [row for row in rows if row["last_value"] is None]
    for first in range(0, len(waiting), _AT_ONCE):
        some = waiting[first : first + _AT_ONCE]
        asked = (
            sql.SQL("SELECT {}::pg_catalog.int4, last_value FROM {}").format(nth, Name(row["schema"], row["name"]))
            for nth, row in enumerate(some)
        )
        for nth, value in await old.fetch(text_of(sql.SQL(" UNION ALL ").join(asked))):
            if value != some[nth]["start_value"]:
                moved.append((some[nth]["schema"], some[nth]["name"], value, False))
    return [
        text_of(
            sql.SQL("SELECT pg_catalog.setval({}, {}, {})").format(
                sql.Literal(text_of(Name(schema, name))), sql.Literal(value), sql.Literal(called)
            )
        )
        for schema, name, value, called in moved
    ]


__all__ = [
    "Kept",
    "holding",
    "kept_tables",
    "move_large_objects",
    "positions",
    "reading",
    "refuse_hidden",
    "refuse_lost",
]
