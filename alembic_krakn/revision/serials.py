"""The steps of a plan in; which columns of new tables SERIAL says, with the steps for their sequences, out.

SERIAL makes an integer column's sequence, the default that counts with it, and lets the column own it. That is how
Alembic's create_table() makes the integer key of a table, without any word about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..catalog import Catalog, Column, Constraint, Default, Ownership, Sequence, Table
from ..diff import Plan, Step, Verb
from ..diff.rules.serials import made_by_serial
from ..names import Ident


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
        counting = [each.column for each in members if isinstance(each, Default) and each.column in columns]
        found = [name for name in counting if self._is_serial(columns[name], step)]
        return found[0] if len(found) == 1 else None

    def _is_serial(self, column: Column, step: Step) -> bool:
        made, place = made_by_serial(column, self.want), self._places[step.ident]
        return (
            made is not None
            and isinstance(step.want, Table)
            and step.want.persistence == "p"
            and all(each.ident in self._places for each in made)
            # Whatever else needs the sequence comes when it is there.
            and all(self._places.get(each, place) >= place for each in self.want.needed_by.get(made[0].ident, ()))
        )
