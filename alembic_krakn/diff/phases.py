"""Split a plan in two: what runs first, each statement committed by itself, and what then runs in one transaction.

The first part is what reads or builds for long and may do so beside readers and writers: indexes are built and dropped
CONCURRENTLY, constraints validated. If it stops halfway, it can be run again from its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..catalog import Catalog, Column, Constraint, Fact, Index, Table
from ..names import text_of
from .changes import Asks, Doubt, Hazard, HazardKind, Plan, Step, Verb
from .leaves import is_partitioned, leaves, may_be_parted
from .rules import RULES, Sides
from .rules.attached import Attached
from .rules.indexes import create_index
from .standins import add_using, drop_concurrently, has_index_to_join, index_of, not_null_check, rename_index, shortened

BLOCKING = frozenset((HazardKind.LOCK, HazardKind.INDEX_BUILD, HazardKind.REWRITE))  # others wait while it lasts


@dataclass(frozen=True)
class Phases:
    """One revision's work in one direction."""

    alone: tuple[Step, ...]  # each statement in a transaction of its own
    together: tuple[Step, ...]  # in one transaction

    def __bool__(self) -> bool:
        """Say whether there is anything to do."""
        return bool(self.alone or self.together)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Give all steps in their order."""
        return (*self.alone, *self.together)


def split(plan: Plan, have: Catalog, want: Catalog) -> Phases:
    """Split the plan that leads from `have` to `want`; nothing goes before what is renamed."""
    if any(step.verb is Verb.RENAME for step in plan.steps):
        return Phases((), plan.steps)
    return _Splitting(plan, Sides(have, want)).phases()


class _Splitting:
    """One plan on its way into two parts."""

    def __init__(self, plan: Plan, sides: Sides) -> None:
        self.plan = plan
        self.sides = sides
        self.taken = set(sides.have_names)
        self.created = {step.ident for step in plan.steps if step.verb is Verb.CREATE}
        self.dropped = {step.ident for step in plan.steps if step.verb is Verb.DROP}
        self.touched = {step.ident for step in plan.steps if not _stays_the_same(step)}
        self.proofs = {step.ident: proof for step in plan.steps if (proof := self._proof(step))}
        self.builds: list[Step] = []
        self.validations: list[Step] = []
        self.drops: list[Step] = []
        self.together: list[Step] = []
        self.last: list[Step] = []

    def phases(self) -> Phases:
        """Give every step its place."""
        for step in self.plan.steps:
            self._place(step)
        # What may fail comes first, so that little is done in vain.
        unique = [step for step in self.builds if isinstance(step.want or step.have, Index) and _unique(step)]
        rest = [step for step in self.builds if step not in unique]
        return Phases((*self.validations, *unique, *rest, *self.drops), (*self.together, *self.last))

    def _place(self, step: Step) -> None:
        match step:
            case Step(verb=Verb.CREATE, want=Index() as index) if self._buildable(index):
                self._build_index(step, index)
            case Step(verb=Verb.CREATE, want=Constraint() as key) if has_index_to_join(key) and self._buildable(key):
                self._build_key(step, key)
            case Step(verb=Verb.CREATE, want=Index() | Constraint() as fact) if parts := self._parts(fact):
                self._build_parts(step, parts)
            case Step(verb=Verb.DROP, have=Index() as index) if self._droppable(index):
                self.drops.append(drop_concurrently(index))
            case Step(verb=Verb.ALTER, have=Constraint() as have, want=Constraint() as want) if (
                want.validated and not have.validated and not self._needs_touched(want)
            ):
                self.validations.append(step)
            case Step(verb=Verb.ALTER, have=Column() as column) if proof := self.proofs.get(step.ident):
                self._prove(step, column, proof)
            case Step(verb=Verb.DROP, have=Constraint() as constraint) if constraint in self.proofs.values():
                self.last.append(step)
            case _:
                self.together.append(step)

    def _buildable(self, fact: Index | Constraint) -> bool:
        """Say whether an index can be built before anything else of the plan is done."""
        if is_partitioned(fact, self.sides.want) or (isinstance(fact, Index) and fact.parent_index):
            return False
        return fact.parent in self.sides.have.facts and not self._needs_touched(fact)

    def _needs_touched(self, fact: Fact) -> bool:
        needs = self.sides.want.needs.get(fact.ident, frozenset())
        return not needs.isdisjoint(self.touched) or not needs <= self.sides.have.facts.keys()

    def _parts(self, fact: Index | Constraint) -> list[Attached]:
        """List what can be built of it in partitions before anything else of the plan is done."""
        have, want = self.sides.have, self.sides.want
        if fact.parent_index or not is_partitioned(fact, want) or not may_be_parted(fact):
            return []
        parts = leaves(fact, have, want)
        needs = {
            need for part in parts for need in want.needs[part.ident] if not isinstance(want.facts[need], Attached)
        }
        return parts if needs.isdisjoint(self.touched) and needs <= have.facts.keys() else []

    def _droppable(self, index: Index) -> bool:
        """Say whether an index can be dropped before anything else of the plan is done, and is not replaced."""
        have = self.sides.have
        if index.partitioned or index.parent_index or index.ident in self.created:
            return False
        if not have.needs.get(index.ident, frozenset()).isdisjoint(self.dropped):
            return False
        return have.closure([index.ident]).issuperset(have.needed_by.get(index.ident, ()))

    def _build_index(self, step: Step, index: Index) -> None:
        built = replace(index, name=self._free_name(index.schema, index.name))
        self._build(built, step.hazards)
        statements = list(step.statements[1:])
        if built.name != index.name:
            statements.insert(0, rename_index(built, index.name))
        if statements:
            self.together.append(Step(Verb.ALTER, step.ident, index, index, statements=tuple(statements)))

    def _build_key(self, step: Step, key: Constraint) -> None:
        built = index_of(key, self._free_name(key.schema, key.name))
        self._build(built, step.hazards)
        statements = (text_of(add_using(key, built)), *step.statements[1:])
        self.together.append(Step(Verb.ALTER, step.ident, None, key, statements=statements))

    def _build_parts(self, step: Step, parts: list[Attached]) -> None:
        """Build what the partitions need, so that nothing is left to build for the partitioned table."""
        hazards = step.hazards
        renamed: list[Step] = []
        for part in parts:
            name = self._free_name(part.schema, part.name)
            built = index_of(part, name) if isinstance(part, Constraint) else replace(part, name=name)
            self._build(built, hazards)
            hazards = ()  # said once
            if isinstance(part, Constraint):  # which gives the index its name
                joins = (text_of(add_using(part, built)),)
                self.together.append(Step(Verb.ALTER, part.ident, None, part, statements=joins))
            elif name != part.name:
                named = (rename_index(built, part.name),)
                renamed.append(Step(Verb.ALTER, part.ident, part, part, statements=named))
        self.together += [replace(step, hazards=hazards), *renamed]

    def _build(self, built: Index, hazards: Iterable[Hazard]) -> None:
        """Build an index, after what an earlier attempt left of it is dropped: a failed one leaves it invalid."""
        statement = text_of(create_index(built, concurrently=True))
        self.builds.append(drop_concurrently(built))
        self.builds.append(
            Step(
                Verb.CREATE,
                built.ident,
                want=built,
                statements=(statement,),
                hazards=tuple(hazard for hazard in hazards if hazard.kind not in BLOCKING),
                concurrently=True,
            )
        )

    def _free_name(self, schema: str, name: str) -> str:
        """Give the name itself, or one for the time until what has the name now is dropped."""
        if (schema, name) not in self.taken:
            return name
        free = next(other for other in shortened(f"{name}_krakn_new") if (schema, other) not in self.taken)
        self.taken.add((schema, free))
        return free

    def _proof(self, step: Step) -> Constraint | None:
        """Find the check that says that a column which becomes NOT NULL holds no null, and goes now."""
        have, want = step.have, step.want
        if not (isinstance(have, Column) and isinstance(want, Column) and want.not_null and not have.not_null):
            return None
        definition = not_null_check(want)
        for fact in self.sides.have.parts(have.parent, Constraint):
            if fact.definition == definition and fact.ident in self.dropped:
                return fact
        return None

    def _prove(self, step: Step, have: Column, proof: Constraint) -> None:
        """Validate the check, so that SET NOT NULL reads no row."""
        valid = replace(proof, definition=proof.definition.removesuffix(" NOT VALID"), validated=True)
        work = RULES[Constraint.kind].alter(proof, valid, self.sides)
        known = RULES[Column.kind].alter(replace(have, not_null=True), step.want, self.sides)
        assert work is not None
        assert known is not None
        self.validations.append(
            Step(
                Verb.ALTER,
                proof.ident,
                proof,
                valid,
                statements=tuple(map(text_of, work.statements)),
                hazards=(
                    Hazard(HazardKind.MAY_FAIL, f"fails when {step.ident} holds a null", Doubt(Asks.NULLS, step.ident)),
                ),
            )
        )
        self.together.append(replace(step, hazards=tuple(known.hazards)))


def _unique(step: Step) -> bool:
    index = step.want or step.have
    return isinstance(index, Index) and index.unique


def _stays_the_same(step: Step) -> bool:
    """Say whether a step leaves alone what an index or a constraint over the thing goes by."""
    have, want = step.have, step.want
    if isinstance(have, Column) and isinstance(want, Column):
        return (have.type, have.collation, have.generated) == (want.type, want.collation, want.generated)
    return step.verb is Verb.ALTER and isinstance(have, Table)


__all__ = ["BLOCKING", "Phases", "split"]
