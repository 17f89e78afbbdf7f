"""The steps of a plan in; which columns of new tables SERIAL says, with the steps for their sequences, out.

SERIAL makes an integer column's sequence, the default that counts with it, and lets the column own it. That is how
Alembic's create_table() makes the integer key of a table, without any word about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from ..catalog import Catalog, Column, Constraint, Default, Fact, Ownership, Sequence, Table
from ..diff import Plan, Step, Verb
from ..diff.rules.identities import BOUNDS
from ..names import LONGEST_NAME, Ident, Name, text_of


@dataclass(frozen=True)
class Serials:
    """The keys of a plan's new tables that SERIAL says."""

    plan: Plan
    want: Catalog

    @cached_property
    def columns(self) -> Mapping[Ident, str]:
        """Map tables to the column."""
        creates = (step for step in self.plan.steps if step.verb is Verb.CREATE and isinstance(step.want, Table))
        return {step.ident: column for step in creates if (column := self._column(step))}

    def made_by(self, table: Ident) -> Iterator[Ident]:
        """Name what SERIAL makes besides a table's column and its default."""
        sequence = (table.path[0], f"{table.path[1]}_{self.columns[table]}_seq")
        yield Ident(Sequence.kind, sequence)
        yield Ident(Ownership.kind, sequence)

    @cached_property
    def _places(self) -> dict[Ident, int]:
        """Map what the plan creates to when it does."""
        found: dict[Ident, int] = {}
        for place, step in enumerate(self.plan.steps):
            if step.verb is Verb.CREATE:
                found |= dict.fromkeys((step.ident, *(each.ident for each in step.members)), place)
        return found

    def _column(self, step: Step) -> str | None:
        """Give the one column of a new table's primary key that SERIAL says, if there is one."""
        members = step.members
        keys = {name for each in members if isinstance(each, Constraint) and each.type == "p" for name in each.columns}
        columns = {each.name: each for each in members if isinstance(each, Column) and each.name in keys}
        defaults = [each for each in members if isinstance(each, Default) and each.column in columns]
        found = [each.column for each in defaults if self._is_serial(columns[each.column], each, step)]
        return found[0] if len(found) == 1 else None

    def _is_serial(self, column: Column, default: Default, step: Step) -> bool:
        schema, name, table = column.schema, f"{column.table}_{column.name}_seq", step.want
        if column.type not in BOUNDS or not column.not_null or len(name.encode()) > LONGEST_NAME:
            return False
        made: tuple[Fact, ...] = (
            Sequence(
                schema=schema,
                name=name,
                type=column.type,
                start=1,
                increment=1,
                minimum=1,
                maximum=BOUNDS[column.type][1],
                cache=1,
                cycle=False,
            ),
            Ownership(schema=schema, sequence=name, table_schema=schema, table=column.table, column=column.name),
        )
        place = self._places[step.ident]
        return (
            isinstance(table, Table)
            and table.persistence == "p"
            and all(self.want.facts.get(each.ident) == each and each.ident in self._places for each in made)
            and default.expression == f"nextval({text_of(sql.Literal(text_of(Name(schema, name))))}::regclass)"
            # Whatever else needs the sequence comes when it is there.
            and all(self._places.get(each, place) >= place for each in self.want.needed_by.get(made[0].ident, ()))
        )
