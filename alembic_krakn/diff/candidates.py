"""Find what may wait on the way between two catalogs: indexes and keys to build apart, NOT NULL to prove first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cached_property

from ..catalog import Catalog, Column, Constraint, Fact, Index, Inheritance, Table
from ..names import Ident
from .changes import Change, Verb
from .compare import compare
from .leaves import is_partitioned, leaves, may_be_parted
from .standins import has_index_to_join


class Candidates:
    """What PostgreSQL has a gentle way for; those of `at_once` do not wait for a level of their own."""

    def __init__(self, have: Catalog, want: Catalog, at_once: Collection[Ident] = frozenset()) -> None:
        self.have, self.want, self.at_once = have, want, frozenset(at_once)

    @cached_property
    def changes(self) -> dict[Ident, Change]:
        """Map what changes to how."""
        return {change.ident: change for change in compare(self.have, self.want)}

    @cached_property
    def heirs(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """Map the tables of `want` to those under them, partitions and heirs."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for fact in self.want.of(Inheritance):
            for parent in fact.parents:
                found[parent].append((fact.schema, fact.table))
        return found

    def is_there(self, table: Ident) -> bool:
        """Say whether a table or a materialized view is there from beginning to end."""
        change = self.changes.get(table)
        return table in self.have.facts and table in self.want.facts and (change is None or change.verb is Verb.ALTER)

    def same_family(self, table: Ident) -> bool:
        """Say whether a table is under the same tables on both sides, and so is what is under it and was before."""
        path = (table.path[0], table.path[1])
        members = [path, *self.heirs[path]]
        return all(
            self.have.get(Inheritance, *member) == self.want.get(Inheritance, *member)
            for member in members
            if Ident(Table.kind, member) in self.have.facts
        ) and all(self.same_family(Ident(Table.kind, heir)) for heir in self.heirs[path])

    @cached_property
    def builds(self) -> set[Ident]:
        """Give the indexes, and the keys, that are built concurrently."""
        return {
            change.ident
            for change in self.changes.values()
            if change.verb in (Verb.CREATE, Verb.REPLACE)
            and change.ident not in self.at_once
            and change.want
            and self._is_built_apart(change.want)
        }

    def _is_built_apart(self, fact: Fact) -> bool:
        if not isinstance(fact, Index | Constraint) or not self.is_there(fact.parent):
            return False
        if is_partitioned(fact, self.want):
            return fact.parent_index is None and may_be_parted(fact) and bool(leaves(fact, self.have, self.want))
        return fact.parent_index is None if isinstance(fact, Index) else has_index_to_join(fact)

    @cached_property
    def nullable(self) -> dict[Ident, Column]:
        """Map the columns that are NOT NULL later to what they are before that."""
        found = {}
        for change in self.changes.values():
            have, want = change.have, change.want
            if not (change.verb is Verb.ALTER and isinstance(have, Column) and isinstance(want, Column)):
                continue
            if want.not_null and not have.not_null and self._may_be_proved(want):
                found[want.ident] = replace(want, not_null=False, identity=have.identity)
                for copy in self.copies(want):
                    before = self.have.get(Column, *copy.ident.path)
                    if before and not before.not_null:
                        found[copy.ident] = replace(copy, not_null=False, not_null_constraint=None)
        return found

    def _may_be_proved(self, column: Column) -> bool:
        """Say whether a check tells PostgreSQL that the column holds no null, and nothing needs it to hold none before.

        IS NOT NULL says more of a row than NOT NULL does. The tables under this one take NOT NULL from it.
        """
        path = (column.schema, column.table)
        if column.type_kind == "c" or not self.is_there(column.parent):
            return False
        if any(side.get(Inheritance, *path) for side in (self.have, self.want)):
            return False
        if self.heirs[path] and not self._passes_down(column):
            return False
        keys = self.want.parts(column.parent, Constraint)
        return not any(key.type == "p" and column.name in key.columns and key.ident not in self.builds for key in keys)

    def _passes_down(self, column: Column) -> bool:
        """Say whether the tables under a column's are the same all the time, and have the column from it alone."""
        copies = list(self.copies(column))
        return self.same_family(column.parent) and all(
            self.is_there(copy.parent)
            and copy.inherited
            and (above := self.want.get(Inheritance, copy.schema, copy.table))
            and len(above.parents) == 1
            for copy in copies
        )

    def copies(self, column: Column) -> Iterator[Column]:
        """Give what the partitions and heirs of a column's table have of it."""
        for heir in self.heirs[column.schema, column.table]:
            if copy := self.want.get(Column, *heir, column.name):
                yield copy
                yield from self.copies(copy)


__all__ = ["Candidates"]
