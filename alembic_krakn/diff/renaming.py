"""Rename first: `have`, `want` and renames in; the RENAME steps, and `have` as it is called after them, out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ..catalog import (
    Catalog,
    Constraint,
    Enum,
    Fact,
    Index,
    Inheritance,
    Ownership,
    Policy,
    Schema,
    Table,
    TriggerState,
)
from ..names import Ident, text_of
from ..renames import RELATIONS, Renames
from .changes import Change, Step, Verb
from .moving import ON_TABLES, TYPES, rename_steps
from .respell import Speller
from .rules import RULES, Sides, relation_names
from .rules.inheritance import above

# What can be renamed in a schema or in the database: ALTER keyword name RENAME TO.
NAMED = frozenset(
    {
        *(*RELATIONS, *TYPES, "domain", "index", "sequence", "collation", "statistics", "function", "aggregate"),
        *("text search dictionary", "text search configuration", "schema", "publication", "event trigger"),
    }
)
_ALIKE = (Index, Constraint, Policy)  # without rows of their own, so that the same under another name is a rename


class Renamed(NamedTuple):
    """`have` as it is called after the renames, what a person reads of them, and their steps, before all others."""

    have: Catalog
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()


def rename(have: Catalog, want: Catalog, renames: Renames) -> Renamed:
    """Carry out the renames that lead from something of `have` to something of `want`; others are left alone.

    An index, a constraint or a policy that is the same under another name is renamed as well, known or not.
    """
    known = usable(renames, have, want)
    while (more := _with_alike(known, have, want)) != known:  # an index of a partition follows that of its parent
        known = more
    if not known:
        return Renamed(have)
    aside = _aside(known, have)
    known = _followed(replace(known, things={**known.things, **aside}), have)
    speller = Speller(have, want, known)
    after = speller.catalog()
    created = [want.facts[ident] for ident in _new_schemas(known, after, want)]
    after = replace(after, facts={**after.facts, **{fact.ident: fact for fact in created}})
    steps = [
        *(Step(Verb.CREATE, fact.ident, want=fact, statements=_create(fact, have, want)) for fact in created),
        *rename_steps(known, speller, after),
    ]
    shown = {step.ident: step for step in steps if step.ident not in aside.values()}
    changes = [Change(step.verb, step.ident, step.have, step.want) for step in shown.values()]
    return Renamed(after, tuple(changes), tuple(steps))


def _create(fact: Fact, have: Catalog, want: Catalog) -> tuple[str, ...]:
    return tuple(map(text_of, RULES[fact.kind].create(fact, (), Sides(have, want)).statements))


def usable(renames: Renames, have: Catalog, want: Catalog) -> Renames:
    """Keep the renames that lead from something of `have` to something of `want`, and add what follows from them."""
    return _followed(_sound(renames, have, want), have)


def _sound(renames: Renames, have: Catalog, want: Catalog) -> Renames:
    """Keep the renames of what is there on both sides, under its table's new name."""
    things = {was: now for was, now in renames.things.items() if was in have.facts and now in want.facts and was != now}
    whole = Renames(things)
    things = {
        was: now
        for was, now in things.items()
        if was.kind not in ON_TABLES or (whole.relation(was.path) == now.path[:2] and not _leaves_copies(was, have))
    }
    labels: dict[Ident, dict[str, str]] = {}
    for ident, renamed in renames.labels.items():
        enum, wanted = have.facts.get(ident), want.facts.get(Renames(things).now(ident))
        if isinstance(enum, Enum) and isinstance(wanted, Enum):
            kept = {was: now for was, now in renamed.items() if was in enum.labels and now in wanted.labels}
            if kept:
                labels[ident] = kept
    return Renames(things, labels)


def _leaves_copies(ident: Ident, have: Catalog) -> bool:
    """Say whether a trigger's copies on partitions would keep their name, as up to 14; then it is made anew."""
    table = have.get(Table, *ident.path[:2]) if ident.kind == "trigger" and have.version < 150000 else None
    return table is not None and table.partition_key is not None


def _followed(renames: Renames, have: Catalog) -> Renames:
    """Add what PostgreSQL renames or moves on the way: heirs' columns; indexes and own sequences of a moved table."""
    things = dict(renames.things)
    moved = {path: now for path, now in renames.tables.items() if path[0] != now[0]}
    for fact in have.facts.values() if moved else ():
        if isinstance(fact, Index) and (fact.schema, fact.table) in moved:
            things.setdefault(fact.ident, Ident("index", (moved[fact.schema, fact.table][0], fact.name)))
        if isinstance(fact, Ownership) and (fact.table_schema, fact.table) in moved:
            schema = moved[fact.table_schema, fact.table][0]
            things.setdefault(fact.parent, Ident("sequence", (schema, fact.sequence)))
    for state in have.of(TriggerState):  # a copy of a trigger is renamed with the one that it was made from
        for up in state.above:
            if (trigger := Ident("trigger", (*up, state.name))) in things:
                place = (*renames.relation(state.parent.path), things[trigger].path[2])
                things.setdefault(state.ident, Ident(state.kind, place))
    heirs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for inheritance in have.of(Inheritance):
        for parent in inheritance.parents:
            heirs[parent].append((inheritance.schema, inheritance.table))
    queue = [ident for ident in things if ident.kind == "column"]
    while queue and heirs:
        column = queue.pop()
        for heir in heirs.get((column.path[0], column.path[1]), ()):
            inherited = Ident("column", (*heir, column.path[2]))
            table = renames.now(Ident("table", heir)).path
            if inherited in have.facts and inherited not in things:
                things[inherited] = Ident("column", (*table, things[column].path[2]))
                queue.append(inherited)
    return replace(renames, things=things)


def _with_alike(renames: Renames, have: Catalog, want: Catalog) -> Renames:
    """Add what is the same under another name, and holds no rows."""
    after = Speller(have, want, renames)
    fresh: dict[tuple[object, ...], list[Ident]] = defaultdict(list)
    for ident in sorted(want.facts.keys() - have.facts.keys() - set(renames.things.values())):
        fact = want.facts[ident]
        if isinstance(fact, _ALIKE) and not getattr(fact, "inherited", False):
            fresh[_nameless(fact)].append(ident)
    if not fresh:
        return renames
    merged = set(_merged(have))
    alike = {
        ident: fact
        for kind in _ALIKE
        for fact in have.of(kind)
        if not getattr(fact, "inherited", False) and (ident := fact.ident) not in renames.things and ident not in merged
    }
    things: dict[Ident, Ident] = {}
    for ident in sorted(ident for ident in alike if after.called(ident) not in want.facts):
        if found := fresh.get(_nameless(after.fact(alike[ident]))):
            things[ident] = found.pop(0)
    return replace(renames, things={**renames.things, **things}) if things else renames


def _merged(have: Catalog) -> Iterator[Ident]:
    """Give the checks that tables and heirs of theirs have both by themselves: RENAME would go down to the heirs' own,
    which it refuses to rename there.
    """
    for place in have.of(Inheritance):
        for check in have.parts(place.parent, Constraint):
            ups = [Ident(check.kind, (*table, check.name)) for table in above(place.parent.path, have)]
            if check.type == "c" and not check.inherited and (found := [up for up in ups if up in have.facts]):
                yield from (check.ident, *found)


def _nameless(fact: Fact) -> tuple[object, ...]:
    """Give all of a fact that counts, but its name."""
    return fact.parent, replace(fact, name="")  # type: ignore[call-arg]  # all of _ALIKE have one


def _aside(renames: Renames, have: Catalog) -> dict[Ident, Ident]:
    """Give another name to what has one that is needed, and is not renamed itself: it will be dropped later on."""
    holders = {name: fact for fact in have.facts.values() for name in relation_names(fact)}
    found: dict[Ident, Ident] = {}
    for was, now in renames.things.items():
        holder = have.facts.get(_before(was, now))
        if holder is None and (was.kind in NAMED or was.kind == "constraint"):
            wanted = [now.path[:2]] if was.kind in NAMED else [(now.path[0], now.path[2])]
            holder = next((holders[name] for name in wanted if name in holders), None)
        if holder and holder.ident not in renames.things and holder.ident != was:
            *path, name = holder.ident.path[: 2 if holder.kind in ("function", "aggregate") else None]
            rest = holder.ident.path[len(path) + 1 :]
            found[holder.ident] = Ident(holder.kind, (*path, f"{name[:50]}__krakn_old", *rest))
    return found


def _before(was: Ident, now: Ident) -> Ident:
    """Give the identity in `have` of whatever has the name that something is to get."""
    return Ident(was.kind, (*was.path[:2], now.path[2])) if was.kind in ON_TABLES else now


def _new_schemas(renames: Renames, after: Catalog, want: Catalog) -> list[Ident]:
    """List the schemas that things move to and that are not there yet."""
    needed = {Ident("schema", (now.schema,)) for now in renames.things.values() if now.schema is not None}
    return sorted(ident for ident in needed if ident not in after.facts and isinstance(want.facts.get(ident), Schema))
