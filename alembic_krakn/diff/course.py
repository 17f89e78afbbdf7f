"""Say of every fact on the way from one catalog to another at which level it becomes what it is in the end.

Level 1 is everything that is quick, and what PostgreSQL can do in no other way; at level 2 indexes and keys are built
and what depends on them follows; at level 3 constraints are validated and columns become NOT NULL; what depends on that
comes later still.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from ..catalog import Catalog, Clustering, Column, Constraint, Fact, Index, Inheritance, ReplicaIdentity, Table
from ..names import Ident
from .candidates import Candidates
from .changes import Verb
from .keys import keys_for, not_null_for
from .leaves import not_null_by_themselves
from .rules import relation_names
from .standins import has_index_to_join, not_null_check, shortened

QUICK, BUILD, VALIDATE = 1, 2, 3
_USERS = (ReplicaIdentity.kind, Clustering.kind)  # they take another index, and let the old one go


class Course(Candidates):
    """When each fact becomes what it is in `want`."""

    @cached_property
    def unvalidated(self) -> dict[Ident, Constraint]:
        """Map the constraints that are validated later to what they are before that."""
        found: dict[Ident, Constraint] = {}
        for fact in self.want.of(Constraint):
            change = self.changes.get(fact.ident)
            if change is None or change.verb is Verb.DROP or not self._may_wait(fact):
                continue
            loose = replace(fact, definition=f"{fact.definition} NOT VALID", validated=False)
            if change.verb in (Verb.CREATE, Verb.REPLACE) or change.have == loose:
                found[fact.ident] = loose
                found.update(self._copies(fact, new=change.have != loose))
        return found

    def _may_wait(self, fact: Constraint) -> bool:
        """Say whether PostgreSQL adds such a constraint NOT VALID, and whether the table is there before it."""
        if fact.type not in ("f", "c") or fact.inherited or not (fact.validated and fact.enforced):
            return False
        table = self.want.get(Table, fact.schema, fact.table)
        if table is None:
            return False
        is_there = self.is_there(table.ident)
        if fact.type == "f":  # one that comes later may find rows in a new table
            is_there = is_there or self.levels.get(fact.ident, QUICK) > QUICK
            return is_there and (table.partition_key is None or self.have.version >= 180000)
        return is_there and self.same_family(table.ident)

    def _copies(self, fact: Constraint, *, new: bool) -> Iterator[tuple[Ident, Constraint]]:
        """Give the same for what partitions and heirs have of a check; a new table passes a check that is there."""
        for heir in self.heirs[fact.schema, fact.table]:
            copy = self.want.get(Constraint, *heir, fact.name)
            if copy and copy.inherited and copy.validated and (new or copy.parent in self.have.facts):
                yield copy.ident, replace(copy, definition=f"{copy.definition} NOT VALID", validated=False)
                yield from self._copies(copy, new=new)

    @cached_property
    def levels(self) -> dict[Ident, int]:
        """Map each thing that waits to the level at which it becomes what it is in `want`, or goes."""
        found = dict.fromkeys(self.builds, BUILD)
        nullable = {ident.path for ident in self.nullable}
        for fact in self.want.facts.values():
            if any((*fact.ident.path[:2], column) in nullable for column in not_null_for(fact, self.want)):
                found[fact.ident] = VALIDATE + isinstance(fact, ReplicaIdentity)
        self._spread(found)
        found.update(self._leaving(found))
        for change in self.changes.values():
            key = change.want
            if change.verb in (Verb.CREATE, Verb.REPLACE) and isinstance(key, Constraint) and key.references:
                found.update(self._behind_old_keys(key, found))
        self._spread(found)
        return found

    def _behind_old_keys(self, fact: Constraint, levels: dict[Ident, int]) -> dict[Ident, int]:
        """Let a foreign key wait until a key that it could take, and that does not stay, is gone."""
        found: dict[Ident, int] = {}
        for other in keys_for(fact, self.have):
            if levels.get(other, QUICK) > levels.get(fact.ident, QUICK):
                found[fact.ident] = max(levels[other], found.get(fact.ident, QUICK))
        return found

    def _spread(self, levels: dict[Ident, int]) -> None:
        """Let wait what depends on something that waits, or was made on something that goes."""
        queue = list(levels)
        while queue:
            ident = queue.pop()
            rebuilt = (
                each
                for each in self.have.needed_by.get(ident, ())
                if (change := self.changes.get(each)) and change.verb is Verb.REPLACE
            )
            for dependent in (*self.want.needed_by.get(ident, ()), *rebuilt):
                if levels.get(dependent, QUICK) < levels[ident]:
                    levels[dependent] = levels[ident]
                    queue.append(dependent)

    def _leaving(self, levels: dict[Ident, int]) -> dict[Ident, int]:
        """Map the indexes that go to their level, and the keys that go while another comes on their table."""
        names = {
            name: level
            for ident, level in levels.items()
            if ident in self.want.facts
            for name in relation_names(self.want.facts[ident])
        }
        found: dict[Ident, int] = {}
        for change in self.changes.values():
            fact = change.have
            if change.verb is not Verb.DROP or not fact or change.ident in self.at_once:
                continue
            if isinstance(fact, Index | Constraint) and (level := self._leaves(fact, levels)):
                found[fact.ident] = min([level, *(names[name] for name in relation_names(fact) if name in names)])
        return found

    def _leaves(self, fact: Index | Constraint, levels: dict[Ident, int]) -> int | None:
        """Give the level at which an index or a key goes, if it need not go at once."""
        if not self.is_there(fact.parent):
            return None
        if isinstance(fact, Index):
            users = [ident for ident in self.have.needed_by.get(fact.ident, ()) if ident.kind in _USERS]
            alone = fact.parent_index is None and not fact.partitioned
            return max([BUILD, *(levels[user] + 1 for user in users if user in levels)]) if alone else None
        coming = [levels[ident] for ident in self.want.children.get(fact.parent, ()) if ident in self.builds]
        return max(coming) if coming and has_index_to_join(fact) else None

    @cached_property
    def _held(self) -> dict[Ident, int]:
        """Map the columns that take null only when what wants them NOT NULL is gone to the level of that."""
        found: dict[Ident, int] = {}
        for ident, level in self.levels.items():
            fact = self.have.facts.get(ident)
            level += isinstance(fact, ReplicaIdentity)
            for name in not_null_for(fact, self.have) if fact else ():
                column = Ident(Column.kind, (*ident.path[:2], name))
                found[column] = max(level, found.get(column, QUICK))
        return found

    def _validated(self, ident: Ident) -> int:
        """Give the level at which a constraint is validated."""
        return max(VALIDATE, self.levels.get(ident, QUICK) + 1)

    @cached_property
    def last(self) -> int:
        """Give the level at which everything is as in `want`."""
        not_null = [VALIDATE] * bool(self.nullable)
        return max(
            [QUICK, *self.levels.values(), *self._held.values(), *map(self._validated, self.unvalidated), *not_null]
        )

    def catalog(self, level: int) -> Catalog:
        """Give the catalog after a level."""
        facts: dict[Ident, Fact] = {}
        needs: dict[Ident, frozenset[Ident]] = {}
        for ident, fact in self.want.facts.items():
            if self.levels.get(ident, QUICK) > level:
                continue
            if ident in self.unvalidated and self._validated(ident) > level:
                fact = self.unvalidated[ident]
            if ident in self.nullable and level < VALIDATE:
                fact = self.nullable[ident]
            if isinstance(fact, Column) and self._held.get(ident, QUICK) > level:
                fact = replace(fact, not_null=True)
            facts[ident], needs[ident] = fact, self.want.needs.get(ident, frozenset())
        stays = {ident for ident, until in self.levels.items() if until > level and ident in self.have.facts}
        for ident in self.have.closure(stays) - facts.keys():
            if ident in stays or ident not in self.want.facts:
                facts[ident], needs[ident] = self.have.facts[ident], self.have.needs.get(ident, frozenset())
        if level < VALIDATE:
            for check in self._checks:
                facts[check.ident] = check
                needs[check.ident] = frozenset((check.parent, Ident(Column.kind, (*check.parent.path, *check.columns))))
        return replace(
            self.want,
            facts=self._with_local(_whole(facts, needs)),
            needs={ident: needs[ident] & facts.keys() for ident in facts},
            version=self.have.version,
            casts={**self.want.casts, **self.have.casts},
        )

    def goal(self) -> Catalog:
        """Give `want` as it is at the end."""
        return replace(self.want, facts=self._with_local(self.want.facts))

    def _with_local(self, facts: Mapping[Ident, Fact]) -> dict[Ident, Fact]:
        """Give facts in which columns of partitions say that they are NOT NULL whatever their parents are."""
        local = not_null_by_themselves(self.builds, self.have, self.want)
        columns = ((ident, fact) for ident in local if isinstance(fact := facts.get(ident), Column))
        return {**facts, **{ident: replace(fact, not_null_local=True) for ident, fact in columns}}

    @cached_property
    def _checks(self) -> list[Constraint]:
        """List the checks that stand for NOT NULL in the meantime."""
        taken = {fact.ident.path for side in (self.have, self.want) for fact in side.of(Constraint)}
        found = []
        for _, column in sorted(self.nullable.items()):
            if self.want.get(Inheritance, column.schema, column.table):
                continue  # the check comes from above
            family = [column, *self.copies(column)]
            names = shortened(f"{column.table}_{column.name}_krakn_not_null")
            free = next(name for name in names if taken.isdisjoint((*each.ident.path[:2], name) for each in family))
            taken.update((*each.ident.path[:2], free) for each in family)
            found += [
                Constraint(
                    schema=each.schema,
                    table=each.table,
                    name=free,
                    type="c",
                    definition=not_null_check(column),
                    inherited=each is not column,
                    columns=(column.name,),
                    validated=False,
                )
                for each in family
            ]
        return found


def _whole(facts: dict[Ident, Fact], needs: dict[Ident, frozenset[Ident]]) -> dict[Ident, Fact]:
    """Take out what depends on something that is not there."""
    while incomplete := [ident for ident in facts if not needs[ident] <= facts.keys()]:
        for ident in incomplete:
            del facts[ident]
    return facts


__all__ = ["QUICK", "Course"]
