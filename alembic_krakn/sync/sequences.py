"""Sequences of tables of test in; where each must go on, beyond the highest key or where it stood, out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from ..catalog import Catalog, Column, Default, Ownership, Sequence, Table
from ..names import Ident, Name, text_of
from .types import INTEGERS
from .values import Relation

if TYPE_CHECKING:
    from .stream import Driver

_OWN = """
    SELECT pg_catalog.pg_has_role(c.relowner, 'USAGE')
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2
"""
_COUNTABLE = INTEGERS | {"numeric"}


@dataclass(frozen=True)
class Counter:
    """A sequence of test and the columns that it numbers."""

    name: Relation
    columns: tuple[tuple[Relation, str], ...]
    increment: int
    minimum: int
    maximum: int

    def highest(self) -> str:
        """Compose the query for the last number that a column holds."""
        function = sql.SQL("pg_catalog.max" if self.increment > 0 else "pg_catalog.min")
        parts = [
            sql.SQL("SELECT {}({})::pg_catalog.numeric AS n FROM {}").format(function, Name(column), Name(*relation))
            for relation, column in self.columns
        ]
        return text_of(
            sql.SQL("SELECT {}(n)::pg_catalog.text FROM ({}) AS held").format(
                function, sql.SQL(" UNION ALL ").join(parts)
            )
        )

    def restart(self) -> str:
        """Compose the statement that begins anew, on a file of its own: what follows is undone with the transaction."""
        return text_of(sql.SQL("ALTER SEQUENCE {} RESTART").format(Name(*self.name)))

    def standing(self) -> str:
        """Compose the query for where it stands."""
        return text_of(sql.SQL("SELECT last_value, is_called FROM {}").format(Name(*self.name)))

    def stand_at(self, last_value: int, called: bool) -> str:
        """Compose the statement that brings it to where it stood."""
        name = sql.Literal(text_of(Name(*self.name)))
        return text_of(sql.SQL("SELECT pg_catalog.setval({}, {}, {})").format(name, last_value, called))

    def go_on_from(self, number: int) -> str:
        """Compose the statement that makes the next number the one after `number`."""
        held = min(max(number, self.minimum), self.maximum)
        return text_of(
            sql.SQL("SELECT pg_catalog.setval({}::pg_catalog.regclass, {})").format(
                sql.Literal(text_of(Name(*self.name))), sql.Literal(held)
            )
        )

    def following(self) -> str:
        """Compose the query for the number that comes next."""
        called = sql.SQL("CASE WHEN is_called THEN {} ELSE 0 END").format(sql.Literal(self.increment))
        return text_of(
            sql.SQL("SELECT (last_value::pg_catalog.numeric + {})::pg_catalog.text FROM {}").format(
                called, Name(*self.name)
            )
        )

    def repeats(self, following: int, held: int) -> bool:
        """Tell whether a number that comes next may be there already; one beyond the sequence's own end never comes."""
        if self.increment > 0:
            return self.reaches(held) and following <= min(held, self.maximum)
        return self.reaches(held) and following >= max(held, self.minimum)

    def further(self, one: int | None, other: int | None) -> int | None:
        """Give the number that lies further in the sequence's direction."""
        known = [number for number in (one, other) if number is not None]
        return (max if self.increment > 0 else min)(known) if known else None

    def reaches(self, number: int) -> bool:
        """Tell whether the sequence has come to this number or will never meet it."""
        return number >= self.minimum if self.increment > 0 else number <= self.maximum


async def keep_place(test: Driver, name: Relation) -> None:
    """Let a sequence of the role's own go on where it stands, and back there with the transaction."""
    counter = Counter(name, (), 1, 1, 1)
    if await test.fetchval(_OWN, *name):
        ((last_value, called),) = await test.fetch(counter.standing())
        await test.execute(counter.restart())
        await test.execute(counter.stand_at(last_value, called))


def counters(test: Catalog, emptied: set[Relation], free: set[Relation]) -> list[Counter]:
    """List the sequences that number columns of emptied tables, and those of `free` that number none.

    One that numbers columns of other tables as well must not come to what these hold.
    """
    found = []
    columns = [column for column in test.of(Column) if (column.schema, column.table) in emptied]
    for column in columns:
        if identity := column.identity:
            name = (identity.sequence_schema, identity.sequence_name)
            itself = ((column.schema, column.table), column.name)
            found.append(Counter(name, (itself,), identity.increment, identity.minimum, identity.maximum))
    numbered = _numbered(test, emptied)
    for sequence in test.of(Sequence):
        name = (sequence.schema, sequence.name)
        if held := numbered.get(name, ()):
            found.append(Counter(name, held, sequence.increment, sequence.minimum, sequence.maximum))
        elif name in free and not _used(test, sequence):
            found.append(Counter(name, (), sequence.increment, sequence.minimum, sequence.maximum))
    return found


def _used(test: Catalog, sequence: Sequence) -> bool:
    """Tell whether the sequence numbers a column that a sync does not touch."""
    kinds = {ident.kind for ident in test.needed_by.get(sequence.ident, ())}
    return bool(kinds & {"default", "column"}) or Ident("sequence ownership", sequence.ident.path) in test.facts


def _numbered(test: Catalog, emptied: set[Relation]) -> dict[Relation, tuple[tuple[Relation, str], ...]]:
    """Map the sequences that number a column of emptied tables to all that they number."""
    tables = {(table.schema, table.name) for table in test.of(Table)}
    columns = {column.ident: column for column in test.of(Column) if (column.schema, column.table) in tables}
    found: dict[Relation, dict[Ident, None]] = {}
    for owner in test.of(Ownership):
        found.setdefault((owner.schema, owner.sequence), {})[
            Ident("column", (owner.table_schema, owner.table, owner.column))
        ] = None
    for default in test.of(Default):
        for need in test.needs.get(default.ident, frozenset()):
            if need.kind == "sequence" and default.parent:
                found.setdefault((need.path[0], need.path[1]), {})[default.parent] = None
    return {
        name: tuple(
            ((columns[ident].schema, columns[ident].table), columns[ident].name)
            for ident in idents
            if ident in columns and columns[ident].base_type in _COUNTABLE
        )
        for name, idents in found.items()
        if any(ident.path[:2] in emptied for ident in idents)
    }
