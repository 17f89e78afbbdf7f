"""Compare two catalogs: what is new, gone and changed, and which equal things must be rebuilt around that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import islice

from ..catalog import (
    Catalog,
    Column,
    Constraint,
    Default,
    Fact,
    ForeignServer,
    Index,
    Inheritance,
    Publication,
    Table,
    Typing,
)
from ..names import Ident
from .changes import Change, Hazard, HazardKind, Verb
from .merged import parted
from .rules import RULES, Sides
from .rules.attached import goes_with_parent, leaves, made_by_parent
from .rules.domains import unchecked_in_place
from .rules.inheritance import above
from .rules.retype import makes_room
from .rules.rows import holds, waits, written_anew
from .rules.tables import is_alone

# A column is never dropped because its type is: the type's own rule moves the column over. Nor is a table.
STAYS = frozenset({"column", "table", "publication"})
# But for a generated one, whose values can be computed again.
COMPUTES = frozenset({"function", "operator", "collation", "text search configuration", "text search dictionary"})


def compare(have: Catalog, want: Catalog, anew: Collection[Ident] = ()) -> list[Change]:
    """List the changes that turn `have` into `want`, by name; equal facts are no change.

    A change that PostgreSQL cannot make in place is a REPLACE, and so is one of a thing that must be made `anew`. What
    depends on something that is dropped or replaced, and is in both catalogs, is a REPLACE too, with the thing that
    made it necessary in `because`.
    """
    sides = Sides(have, want)
    gone, fresh = have.facts.keys() - want.facts.keys(), want.facts.keys() - have.facts.keys()
    both = ((ident, fact, want.facts.get(ident)) for ident, fact in have.facts.items())
    kept = {ident for ident, was, now in both if now is not was and now is not None and now != was}
    heirs = parted(kept, sides)
    rebuilt = _rebuilt(sides, gone, kept, heirs, anew)
    kept |= {each.ident for each in want.of(Publication) if each.ident in have.facts and _loses(each, rebuilt)}
    changes = [
        *(Change(Verb.DROP, ident, have=have.facts[ident]) for ident in gone),
        *(Change(Verb.CREATE, ident, want=want.facts[ident]) for ident in fresh),
        *(Change(Verb.ALTER, ident, have.facts[ident], want.facts[ident]) for ident in kept - rebuilt.keys()),
        *(_replace(ident, because, sides) for ident, because in rebuilt.items() if ident not in heirs),
        *(Change(Verb.DROP, ident, have=have.facts[ident]) for ident in heirs),  # the parent's CREATE does the rest
    ]
    own = (change for change in changes if not comes_with_parent(change, sides))
    return sorted((_without_drop(change, sides) for change in own), key=lambda change: change.ident)


def _loses(publication: Publication, rebuilt: Mapping[Ident, Ident | None]) -> bool:
    """Say whether a publication loses a table because that is dropped and created again."""
    return any(Ident("table", (each.schema, each.table)) in rebuilt for each in publication.tables)


def _without_drop(change: Change, sides: Sides) -> Change:
    """Turn the replacing of an index of a partition, which goes with the one above, into its creation."""
    have = change.have
    if change.verb is Verb.REPLACE and isinstance(have, Index | Constraint) and goes_with_parent(have, sides):
        return replace(change, verb=Verb.CREATE, have=None)
    return change


def _replace(ident: Ident, because: Ident | None, sides: Sides) -> Change:
    have, want = sides.have.facts[ident], sides.want.facts[ident]
    hazards = (
        [Hazard(HazardKind.REBUILT, f"{ident} is dropped and created again, because of {because}")] if because else []
    )
    return Change(Verb.REPLACE, ident, have, want, tuple(hazards), None if have != want else because)


def _rebuilt(
    sides: Sides, gone: set[Ident], kept: set[Ident], heirs: Mapping[Ident, list[Ident]], anew: Collection[Ident]
) -> dict[Ident, Ident | None]:
    """Find what must be dropped and created again: with no reason but itself, or because of another thing."""
    have, want = sides.have, sides.want
    rebuilt: dict[Ident, Ident | None] = dict.fromkeys(heirs)
    for ident, checks in heirs.items():
        rebuilt.update((check, ident) for check in checks)
    queue = [*gone, *rebuilt]
    for ident in sorted(kept):
        rule, was, now = RULES[ident.kind], have.facts[ident], want.facts[ident]
        if ident in rebuilt:
            continue
        if ident in anew or rule.alter(was, now, sides) is None:
            rebuilt.setdefault(ident, None)
            queue.append(ident)
        else:
            for blocker in sorted(rule.blockers(was, now, sides)):
                if blocker in want.facts and blocker not in rebuilt:
                    rebuilt[blocker] = ident
                    queue.append(blocker)
    for domain, constraint in unchecked_in_place(sides):
        if domain not in rebuilt:
            rebuilt[domain] = constraint
            queue.append(domain)
    for ident in sorted(sides.moved):
        if ident not in rebuilt:
            rebuilt[ident] = Ident(Typing.kind, ident.path[:2])
            queue.append(ident)
    for relation, columns in sorted(sides.holders.items()):
        for because in islice(written_anew(relation, sides), 1):
            waiting = {column for column in columns if waits(column, sides)} - rebuilt.keys()
            rebuilt.update(dict.fromkeys(waiting, because))
            queue.extend(waiting)
    while queue:
        ident = queue.pop()
        around = RULES[ident.kind].around(have.facts[ident], sides)
        for dependent in sorted({*have.needed_by.get(ident, ()), *around}):
            if dependent in rebuilt or dependent not in want.facts:
                continue
            if _survives(dependent, ident, sides, kept) and not (
                dependent in around and _is_made_around(have.facts[dependent])
            ):
                continue
            rebuilt[dependent] = ident
            queue.append(dependent)
    return rebuilt


def _is_made_around(fact: Fact) -> bool:
    """Say whether that goes around something that is made anew: all but a column of a type, which waits."""
    return not isinstance(fact, Column) or fact.generated is not None


def _survives(dependent: Ident, lost: Ident, sides: Sides, kept: set[Ident]) -> bool:
    """Say whether a thing can stay although something that it depends on is dropped, for good or for a moment."""
    fact = sides.have.facts[dependent]
    if fact.parent == lost:
        return False
    if isinstance(fact, Table) and lost.kind == ForeignServer.kind:
        return False
    if dependent.kind == lost.kind == "column" and dependent.path[:2] != lost.path[:2]:
        if sides.detached(dependent.path[0], dependent.path[1]):
            return True
        heir = sides.want.facts[dependent]
        if lost not in sides.want.facts and isinstance(heir, Column) and not heir.inherited:
            return True  # the parent's is dropped from the parent ONLY
        return not (isinstance(fact, Column) and fact.inherited and _stays_under(fact, sides))
    if dependent.kind == lost.kind == Default.kind and lost.path[:2] not in {*above(dependent.path[:2], sides.want)}:
        return True  # what leaves a parent keeps the default that it had from there
    if holds(dependent, lost, sides):
        return not waits(dependent, sides)
    computed = isinstance(fact, Column) and fact.generated is not None and lost.kind in COMPUTES
    if dependent.kind in STAYS and not computed:
        return dependent.kind != Publication.kind or lost not in sides.moved
    if lost not in sides.want.facts and makes_room(sides.have.facts[lost], sides):
        return False
    # It is altered in place, so that it does not need the other one any longer. No ALTER of a constraint does that.
    return (
        dependent in kept
        and not isinstance(fact, Constraint)
        and lost not in sides.want.needs.get(dependent, frozenset())
        and not _is_succeeded(lost, sides.want.needs.get(dependent, frozenset()))
    )


def _is_succeeded(lost: Ident, needs: Collection[Ident]) -> bool:
    """Say whether another function of that name is needed: while both are there, a call may mean either one."""
    return any(
        need != lost and need.kind == lost.kind == "function" and need.path[:2] == lost.path[:2] for need in needs
    )


def comes_with_parent(change: Change, sides: Sides) -> bool:
    """Say whether PostgreSQL makes a change of a partition or an heir by itself, when the parent's is made."""
    have, want = change.have, change.want
    fact = want or have
    if isinstance(fact, Index | Constraint) and fact.parent_index:
        return _comes_with_index(change, sides)
    if isinstance(fact, Index):
        return False
    if isinstance(fact, Column) and fact.parent not in sides.have.facts:
        return False  # the statement that makes the table looks at it
    if isinstance(fact, Column | Default | Constraint) and sides.detached(fact.schema, fact.table):
        return False
    if not all(_stays_under(each, sides) for each in (have, want) if each) and not _from_kept_parents(change, sides):
        return False
    if not all(_inherited(each, sides.have if each is have else sides.want) for each in (have, want) if each):
        return False
    if isinstance(fact, Default) and have == want:
        ups = above((fact.schema, fact.table), sides.have)
        return not any(is_alone(Ident(fact.kind, (*up, fact.column)), sides) for up in ups)
    if not (have and want):
        # A default that the parents' changes leave here, while `want` has none, or the other way round.
        return not (isinstance(fact, Default) and all(fact.parent in side.facts for side in (sides.have, sides.want)))
    return isinstance(want, Constraint) or have == want


def _comes_with_index(change: Change, sides: Sides) -> bool:
    """Say whether an index or key of a partition comes and goes with the partitioned table's, under its own name."""
    have, want = change.have, change.want
    if not isinstance(want, Index | Constraint):
        return not (isinstance(have, Index | Constraint) and leaves(have, sides))
    if change.verb is Verb.REPLACE and isinstance(have, Index | Constraint) and leaves(have, sides):
        return False  # PostgreSQL would take it for the one of the table above: it does not look at DESC
    if change.verb is Verb.ALTER:
        return isinstance(have, Constraint) and not RULES[want.kind].alter(have, want, sides)
    return made_by_parent(want, sides) and not RULES[want.kind].create(want, (), sides).statements


def _inherited(fact: Fact, catalog: Catalog) -> bool:
    """Say whether a fact is a parent's, told once more for the partition or the heir."""
    if isinstance(fact, Default):
        column = catalog.facts[fact.parent]
        return isinstance(column, Column) and column.inherited and _parents_say_so(fact, catalog)
    return isinstance(fact, Column | Constraint) and fact.inherited


def _stays_under(fact: Fact, sides: Sides) -> bool:
    """Say whether the table of a part is under the same parents on both sides, or is on one side only."""
    if fact.parent is None:
        return True
    path = fact.parent.path[:2]
    on_both = all(Ident("table", path) in side.facts for side in (sides.have, sides.want))
    return not on_both or sides.have.get(Inheritance, *path) == sides.want.get(Inheritance, *path)


def _from_kept_parents(change: Change, sides: Sides) -> bool:
    """Say whether a check, or a column that comes or goes, is one of parents that the heir has before and after."""
    fact = change.want or change.have
    if not isinstance(fact, Constraint) and (not isinstance(fact, Column) or (change.want and change.have)):
        return False
    before, after = (side.get(Inheritance, fact.schema, fact.table) for side in (sides.have, sides.want))
    if before is None or after is None or RULES[Inheritance.kind].alter(before, after, sides) is None:
        return False
    kept = {*before.inherits} & {*after.inherits}
    for told, place, catalog in ((change.have, before, sides.have), (change.want, after, sides.want)):
        said = {each for each in place.inherits if Ident(fact.kind, (*each, fact.name)) in catalog.facts}
        if told and not (said and said <= kept):
            return False
    return True


def _parents_say_so(fact: Default, catalog: Catalog) -> bool:
    table = catalog.get(Table, fact.schema, fact.table)
    if table is None:
        return False
    parents = [*([table.partition_of] if table.partition_of else []), *table.inherits]
    said = [catalog.get(Default, *parent, fact.column) for parent in parents]
    return any(default is not None and default.expression == fact.expression for default in said)
