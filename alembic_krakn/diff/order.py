"""Put actions into an order that runs: one graph out of both catalogs' dependencies, sorted with names as tie-break."""

from __future__ import annotations

import graphlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..catalog import (
    BaseType,
    Catalog,
    Column,
    Composite,
    Constraint,
    Default,
    Domain,
    DomainConstraint,
    Enum,
    Fact,
    Function,
    Grant,
    Index,
    Inheritance,
    Ownership,
    Range,
    ReplicaIdentity,
    Sequence,
)
from ..errors import PlanError
from ..names import Ident
from .changes import Change, Verb
from .rules import RULES, Sides, relation_names
from .rules.persistence import logging_first


class Action(NamedTuple):
    """One node of the graph: CREATE, ALTER or DROP of one thing."""

    verb: Verb
    ident: Ident


class Arrangement(NamedTuple):
    """Actions in their order, what must run before each of them, and which other action does the rest on the way."""

    order: list[Action]
    before: Mapping[Action, set[Action]]
    into: Mapping[Action, Action]


MOVED_OFF = frozenset({"enum", "domain", "composite type", "range type", "collation"})  # made anew under their columns
LOOSE = frozenset(
    (
        *("constraint", "default", "domain constraint", "policy", "rule", "trigger", "index", "statistics"),
        *("clustering", "replica identity"),
    )
)  # what can be done apart from its table
# Among the actions that may run, the one of the lowest rank goes first: what is in the way is dropped, then things
# are made from the ground up, then what is no longer needed goes. Dependencies always win.
FIRST = (
    *(
        "comment",
        "owner",
        "privileges",
        "event trigger",
        "publication",
        "policy",
        "rule",
        "trigger",
        "view",
        "materialized view",
    ),
    *("inheritance", "statistics", "clustering", "replica identity", "default", "constraint", "index"),
    "domain constraint",
)
BUILD = (
    *(
        "schema",
        "extension",
        "access method",
        "language",
        "collation",
        "shell type",
        "base type",
        "enum",
        "domain",
        "composite type",
        "range type",
        "sequence",
    ),
    *("foreign data wrapper", "foreign server", "user mapping", "table"),
    *(
        "column",
        "inheritance",
        "sequence ownership",
        "default",
        "constraint",
        "domain constraint",
        "index",
        "replica identity",
        "clustering",
    ),
    *("statistics", "function", "aggregate", "operator", "operator family", "operator class", "cast", "transform"),
    *("conversion", "text search parser", "text search template", "text search dictionary"),
    *("text search configuration",),
    *("view", "materialized view", "rule", "trigger", "policy", "event trigger", "publication"),
    *("comment", "privileges", "default privileges", "owner"),
)
LAST = (
    *("default privileges", "transform", "cast", "operator class", "operator family", "operator", "aggregate"),
    *("text search configuration", "text search dictionary", "text search template", "text search parser"),
    *("conversion", "function", "sequence ownership", "column", "table"),
    *("user mapping", "foreign server", "foreign data wrapper"),
    *("sequence", "range type", "composite type", "domain"),
    *("enum", "base type", "shell type", "collation", "language", "access method", "extension", "schema"),
)


def rank(action: Action, sides: Sides) -> tuple[int, bool, tuple[str, ...]]:
    """Give the place that an action would like to have."""
    kind = action.ident.kind
    if action.verb is not Verb.DROP:
        return len(FIRST) + BUILD.index(kind), _comes_second(sides.want.facts[action.ident]), action.ident.path
    if kind in FIRST:
        return FIRST.index(kind), False, action.ident.path
    return len(FIRST) + len(BUILD) + LAST.index(kind), False, action.ident.path


def _comes_second(fact: Fact) -> bool:
    """Say whether a thing comes behind others of its kind: a foreign key behind the keys that it needs, and a
    column's privileges behind its table's, as a REVOKE on the table takes them away.
    """
    return (isinstance(fact, Constraint) and fact.type == "f") or (isinstance(fact, Grant) and fact.type == "COLUMN")


def actions_of(changes: Iterable[Change]) -> list[Action]:
    """List the actions that changes ask for."""
    found = []
    for change in changes:
        if change.verb in (Verb.DROP, Verb.REPLACE):
            found.append(Action(Verb.DROP, change.ident))
        if change.verb in (Verb.CREATE, Verb.REPLACE):
            found.append(Action(Verb.CREATE, change.ident))
        if change.verb is Verb.ALTER:
            found.append(Action(Verb.ALTER, change.ident))
    return found


def absorbed(actions: Iterable[Action], apart: set[Action], sides: Sides) -> dict[Action, Action]:
    """Map the actions that another one does on the way to that one: a table is created with its columns, and so on.

    Those that stand apart are done by themselves all the same.
    """
    wanted = set(actions)
    into: dict[Action, Action] = {}
    for action in wanted - apart:
        catalog = sides.have if action.verb is Verb.DROP else sides.want
        for other in _hosts(action, catalog):
            if other in wanted:
                into[action] = other
                break
    for action in into:
        while (further := into.get(into[action])) is not None:
            into[action] = further
    return into


def _hosts(action: Action, catalog: Catalog) -> list[Action]:
    """List the actions that would do this one on the way, the likeliest first."""
    facts = catalog.facts
    fact = facts[action.ident]
    if isinstance(fact, Function) and action.verb is not Verb.ALTER:
        types = (other for other in catalog.tied(action.ident) if other.kind in ("base type", "range type"))
        return [Action(action.verb, type_) for type_ in types]
    if action.verb is Verb.DROP:
        hosts = [Action(Verb.DROP, fact.parent)] if fact.parent else []
        if isinstance(fact, Sequence):
            owner = facts.get(Ident("sequence ownership", (fact.schema, fact.name)))
            if isinstance(owner, Ownership):
                hosts.append(Action(Verb.DROP, Ident("column", (owner.table_schema, owner.table, owner.column))))
        return hosts
    if action.verb is Verb.CREATE and isinstance(fact, Column | Default | DomainConstraint | Inheritance):
        return [Action(Verb.CREATE, fact.parent)]
    return []


def edges(actions: Iterable[Action], into: Mapping[Action, Action], sides: Sides) -> dict[Action, set[Action]]:
    """Map each action that is done by itself to the ones that must run before it."""
    wanted = set(actions)
    before: dict[Action, set[Action]] = {into.get(action, action): set() for action in wanted}

    def must(first: Action, then: Action) -> None:
        if first in wanted and then in wanted:
            first, then = into.get(first, first), into.get(then, then)
            if first != then:
                before[then].add(first)

    for action in wanted:
        ident = action.ident
        if action.verb is Verb.DROP:
            must(action, Action(Verb.CREATE, ident))
        if action.verb is not Verb.CREATE:
            for need in _needs(ident, sides.have, wanted):
                if _detached(ident, need, sides):
                    continue
                must(action, Action(Verb.DROP, need))
                leaves = need.kind in MOVED_OFF and need not in sides.want.needs.get(ident, ())
                # a table that becomes permanent has no foreign key to an unlogged one; nothing else minds its settings
                settings = need.kind == "table" and ident.kind != "constraint"
                tied = need in sides.have.tied(ident)
                if (action.verb is Verb.DROP and not settings and not tied) or leaves:
                    must(action, Action(Verb.ALTER, need))
        if action.verb is not Verb.DROP:
            for need in _needs(ident, sides.want, wanted):
                if _detached(ident, need, sides):
                    continue
                must(Action(Verb.CREATE, need), action)
                if need not in sides.want.tied(ident):
                    must(Action(Verb.ALTER, need), action)
    around = (_around_inheritance(wanted, sides), _around_types(wanted, sides), _around_identities(wanted, sides))
    for first, then in (pair for pairs in around for pair in pairs):
        must(first, then)
    for first, then in _around_attached(wanted, sides):
        must(first, then)
    for earlier, later in logging_first(sides):
        must(Action(Verb.ALTER, earlier), Action(Verb.ALTER, later))
    for dropped, created in _same_name(wanted, sides):
        must(dropped, created)
    return before


def _around_identities(wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Let a replica identity leave an index before a column of that may be null."""
    for action in wanted:
        if action.ident.kind == ReplicaIdentity.kind and action.verb is not Verb.CREATE:
            for index in sides.have.needs.get(action.ident, ()):
                for column in sides.have.needs.get(index, ()):
                    if column.kind == Column.kind:
                        yield action, Action(Verb.ALTER, column)


def _around_attached(wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Pair what detaches a partition, or attaches it, with the indexes and keys that it keeps, or gets."""
    for action in wanted:
        catalog = sides.have if action.verb is Verb.DROP else sides.want
        fact = catalog.facts[action.ident]
        if isinstance(fact, Index) and fact.parent_index:
            yield Action(action.verb, Ident(Inheritance.kind, (fact.schema, fact.table))), action
        elif isinstance(fact, Constraint) and action.verb is Verb.ALTER:  # a parent's check takes the partition's along
            above = catalog.get(Inheritance, fact.schema, fact.table)
            for parent in above.parents if isinstance(above, Inheritance) else ():
                yield Action(Verb.DROP, Ident(Constraint.kind, (*parent, fact.name))), action


def _detached(ident: Ident, need: Ident, sides: Sides) -> bool:
    """Say whether a parent's column, or its default, is made anew while the partition's is by itself."""
    return ident.kind == need.kind and ident.path[:2] != need.path[:2] and need.path[:2] in sides.keyed_anew


def _needs(ident: Ident, catalog: Catalog, wanted: set[Action]) -> Iterator[Ident]:
    """Give what a thing needs; for the column of a partition or an heir that its parent's action makes, that one."""
    for need in catalog.needs.get(ident, ()):
        yield need
        if need.kind == "column" and not any(Action(verb, need) in wanted for verb in Verb):
            yield from (
                up for up in _needs(need, catalog, wanted) if up.kind == "column" and up.path[:2] != need.path[:2]
            )


def _around_inheritance(wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Pair what detaches a table, or attaches it, with what changes columns, checks and keys there: first the one,
    last the other.
    """
    changed: dict[tuple[str, ...], list[Action]] = defaultdict(list)
    for action in wanted:
        if action.ident.kind in ("column", "default") or _meets(action.ident, sides):
            changed[action.ident.path[:2]].append(action)
    for action in wanted:
        if action.ident.kind == Inheritance.kind and action.verb is Verb.ALTER:
            yield from _around_parents(action, changed, sides)
        elif action.ident.kind == Inheritance.kind:
            fact = (sides.have if action.verb is Verb.DROP else sides.want).facts[action.ident]
            parents = fact.parents if isinstance(fact, Inheritance) else ()
            # What is attached has the checks of its parent already, and its keys become those of its parent's keys.
            attached = Action(Verb.CREATE, Ident("table", action.ident.path)) not in wanted
            for table in (action.ident.path, *parents):
                for other in changed[table]:
                    # a parent's default goes down
                    if {"column": True, "default": table != action.ident.path}.get(other.ident.kind, attached):
                        yield (action, other) if action.verb is Verb.DROP else (other, action)
    for action in wanted:
        if action.verb is Verb.DROP and action.ident.kind == Default.kind:  # behind the parent's, which goes down here
            for parent in _above(action.ident.path[:2], sides.want):
                for verb in (Verb.CREATE, Verb.ALTER):
                    yield Action(verb, Ident(Default.kind, (*parent, action.ident.path[2]))), action
    # Bounds may not overlap, and there is one default partition: those that go make room for those that come.
    gone, fresh = _partitions(wanted, Verb.DROP, sides.have), _partitions(wanted, Verb.CREATE, sides.want)
    for parent in gone.keys() & fresh.keys():
        yield from ((first, then) for first in gone[parent] for then in fresh[parent])


def _meets(ident: Ident, sides: Sides) -> bool:
    """Say whether a thing is a check or a key, which a parent's and a partition's become one of."""
    facts = [side.facts.get(ident) for side in (sides.have, sides.want)]
    return any(isinstance(fact, Constraint) and fact.type in ("c", "p", "u") for fact in facts)


def _around_parents(
    action: Action, changed: Mapping[tuple[str, ...], list[Action]], sides: Sides
) -> Iterator[tuple[Action, Action]]:
    """Pair what gives an heir other parents with what changes there: what the new ones need before, the rest behind."""
    for other in changed[action.ident.path]:
        yield (action, other) if other.verb is Verb.DROP else (other, action)
    had, has = (set(side.facts[action.ident].needs) for side in (sides.have, sides.want))
    for parent in had ^ has:
        for other in changed[parent.path]:
            yield (other, action) if parent in has else (action, other)


def _above(table: tuple[str, ...], catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Give the tables that a table is under, at any depth."""
    under = catalog.get(Inheritance, *table)
    for parent in under.parents if under else ():
        yield parent
        yield from _above(parent, catalog)


def _partitions(wanted: set[Action], verb: Verb, catalog: Catalog) -> Mapping[tuple[str, str], list[Action]]:
    """Map tables to what attaches or detaches a partition of them."""
    found: dict[tuple[str, str], list[Action]] = defaultdict(list)
    for action in wanted:
        fact = catalog.facts.get(action.ident)
        if action.verb is verb and isinstance(fact, Inheritance) and fact.partition_of:
            found[fact.partition_of].append(action)
    return found


def _around_types(wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Pair what makes a type anew with what had to go for that, and comes back afterwards."""
    for action in wanted:
        have, want = (side.facts.get(action.ident) for side in (sides.have, sides.want))
        if isinstance(have, BaseType | Enum | Domain | Composite | Range) and want and action.verb is not Verb.CREATE:
            rule, alters = RULES[action.ident.kind], action.verb is Verb.ALTER
            made = action if alters else Action(Verb.CREATE, action.ident)
            for ident in rule.blockers(have, want, sides) if alters else rule.around(have, sides):
                yield Action(Verb.DROP, ident), action
                yield made, Action(Verb.CREATE, ident)


def _same_name(wanted: set[Action], sides: Sides) -> list[tuple[Action, Action]]:
    """Pair what is dropped with what is created under the same name, among all that shares pg_class's names."""
    dropped: dict[tuple[str, ...], list[Action]] = defaultdict(list)
    for action in wanted:
        if action.verb is not Verb.CREATE:
            for name in _lost_names(action, sides.have, sides.want):
                dropped[name].append(action)
    return [
        (other, action)
        for action in wanted
        if action.verb is not Verb.DROP
        for name in _lost_names(action, sides.want, sides.have)
        for other in dropped[name]
        if other.ident != action.ident
    ]


def _lost_names(action: Action, before: Catalog, after: Catalog) -> list[tuple[str, ...]]:
    """List the names that a thing has on one side and, unless it is altered, not on the other."""
    names = _names(before.facts[action.ident])
    if action.verb is Verb.ALTER:
        kept = _names(after.facts[action.ident])
        return [name for name in names if name not in kept]
    return names


def _names(fact: Fact) -> list[tuple[str, ...]]:
    """List the names that a fact shares with others: in its schema, among routines, or on its table."""
    if fact.kind in ("function", "aggregate"):
        return [("routine", *fact.ident.path)]
    names: list[tuple[str, ...]] = [*relation_names(fact)]
    if isinstance(fact, Constraint):
        names.append(("constraint", *fact.ident.path))
    if isinstance(fact, Column) and fact.not_null_name:
        names.append(("constraint", fact.schema, fact.table, fact.not_null_name))
    return names


def arrange(actions: list[Action], sides: Sides) -> Arrangement:
    """Put the actions in an order that runs; those that another one does on the way have no place of their own.

    Two tables that refer to each other, or a function that takes the rows of the table whose check calls it, wait for
    each other only because their constraints and defaults go with the tables: those then get a place of their own.
    """
    apart: set[Action] = set()
    while True:
        into = absorbed(actions, apart, sides)
        before = edges(actions, into, sides)
        circle = _circle(before)
        if not circle:
            return Arrangement(_sorted(before, sides), before, into)
        loose = [part for part, whole in into.items() if whole in circle and part.ident.kind in LOOSE]
        loose = [part for part in loose if _waits(part, circle, into, sides)] or loose
        if not loose:
            raise _no_order(circle)
        apart.update(loose)


def _circle(before: Mapping[Action, set[Action]]) -> set[Action]:
    """Give actions that wait for each other, if there are any; the same ones in every run."""
    try:
        graphlib.TopologicalSorter(before).prepare()
    except graphlib.CycleError:
        ordered = {action: sorted(before[action], key=_place) for action in sorted(before, key=_place)}
        try:
            graphlib.TopologicalSorter(ordered).prepare()
        except graphlib.CycleError as exc:
            return set(exc.args[1])
    return set()


def _place(action: Action) -> tuple[Ident, str]:
    return action.ident, action.verb.value


def _waits(part: Action, circle: set[Action], into: Mapping[Action, Action], sides: Sides) -> bool:
    """Say whether a part is what makes its whole wait for another one of a circle, or that one wait for it."""
    others = circle - {into[part]}
    near = {near for side in (sides.have, sides.want) for near in _near(part.ident, side)}
    return any(into.get(other, other) in others for ident in near for other in (Action(verb, ident) for verb in Verb))


def _near(ident: Ident, catalog: Catalog) -> Iterator[Ident]:
    yield from catalog.needs.get(ident, ())
    yield from catalog.needed_by.get(ident, ())


def _no_order(circle: Iterable[Action]) -> PlanError:
    stuck = ", ".join(sorted(f"{action.verb.value} {action.ident}" for action in circle))
    return PlanError(
        f"no order runs: {stuck} wait for each other; please report this with both schemas (pg_dump --schema-only)"
    )


def _sorted(before: Mapping[Action, set[Action]], sides: Sides) -> list[Action]:
    """Sort the actions topologically, the lowest rank first among those that may run."""
    waiting = {action: len(needs) for action, needs in before.items()}
    after: dict[Action, list[Action]] = defaultdict(list)
    for action, needs in before.items():
        for need in needs:
            after[need].append(action)
    ready = [(rank(action, sides), action.verb.value, action) for action, count in waiting.items() if not count]
    heapq.heapify(ready)
    done: list[Action] = []
    while ready:
        action = heapq.heappop(ready)[2]
        done.append(action)
        for other in after[action]:
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(ready, (rank(other, sides), other.verb.value, other))
    return done
