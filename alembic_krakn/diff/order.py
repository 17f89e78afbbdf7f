"""Put actions into an order that runs: one graph out of both catalogs' dependencies, sorted with names as tie-break."""

from __future__ import annotations

import graphlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..catalog import Catalog, Column, Default, DomainConstraint, Function, Inheritance, Ownership, Sequence, Typing
from ..errors import PlanError
from ..names import Ident
from .changes import Verb
from .edges import edges
from .ranks import Action, actions_of, rank
from .rules import Sides, comes_by_serial
from .wishes import Wish, wishes


class Arrangement(NamedTuple):
    """Actions in their order, what must run before each of them, and which other action does the rest on the way."""

    order: list[Action]
    before: Mapping[Action, set[Action]]
    into: Mapping[Action, Action]


class NoOrder(PlanError):
    """Some actions wait for each other."""

    def __init__(self, circle: Iterable[Action]) -> None:
        stuck = ", ".join(sorted(f"{action.verb.value} {action.ident}" for action in circle))
        super().__init__(
            f"no order runs: {stuck} wait for each other; please report this with both schemas (pg_dump --schema-only)"
        )
        self.circle = frozenset(circle)


LOOSE = frozenset(
    (
        *("constraint", "default", "domain constraint", "policy", "rule", "trigger", "index", "statistics"),
        *("clustering", "replica identity"),
    )
)  # what can be done apart from its table


def absorbed(actions: Iterable[Action], apart: set[Action], sides: Sides) -> dict[Action, Action]:
    """Map the actions that another one does on the way to that one: a table is created with its columns, and so on.

    Those that stand apart are done by themselves all the same.
    """
    wanted = set(actions)
    into: dict[Action, Action] = {}
    for action in wanted - apart:
        for other in _hosts(action, sides):
            if other in wanted:
                into[action] = other
                break
    for action in into:
        while (further := into.get(into[action])) is not None:
            into[action] = further
    return into


def _hosts(action: Action, sides: Sides) -> list[Action]:
    """List the actions that would do this one on the way, the likeliest first."""
    catalog = sides.have if action.verb is Verb.DROP else sides.want
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
    if action.verb is Verb.CREATE and isinstance(fact, Sequence | Ownership):
        column = comes_by_serial(fact, sides)
        return [Action(Verb.CREATE, column)] if column else []
    if action.verb is Verb.CREATE and isinstance(fact, Column | Default | DomainConstraint | Inheritance | Typing):
        return [Action(Verb.CREATE, fact.parent)]
    return []


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
            waiting = _with_wishes(before, wishes(actions, sides), into)
            return Arrangement(_sorted(waiting, sides), waiting, into)
        loose = [part for part, whole in into.items() if whole in circle and part.ident.kind in LOOSE]
        closest = [part for part in loose if _waits(part, circle, into, sides)]
        loose = closest or _tied(loose, circle, edges(actions, {}, sides), into) or loose
        if not loose:
            raise NoOrder(circle)
        apart.update(loose)


def _with_wishes(
    before: Mapping[Action, set[Action]], wished: set[Wish], into: Mapping[Action, Action]
) -> Mapping[Action, set[Action]]:
    """Let what had better wait wait as well, where that leads into no circle."""
    pairs = {(into.get(first, first), into.get(then, then)) for first, then in wished}
    pairs = {(first, then) for first, then in pairs if first != then and first not in before[then]}
    while pairs:
        waiting = {action: set(needs) for action, needs in before.items()}
        for first, then in pairs:
            waiting[then].add(first)
        circle = _circle(waiting)
        if not circle:
            return waiting
        pairs = {(first, then) for first, then in pairs if not (first in circle and then in circle)}
    return before


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


def _tied(
    loose: list[Action], circle: set[Action], before: Mapping[Action, set[Action]], into: Mapping[Action, Action]
) -> list[Action]:
    """Give the parts that something in another whole of a circle must run before, or behind."""
    tied: set[Action] = set()
    for then, needs in before.items():
        for first in needs:
            ends = into.get(first, first), into.get(then, then)
            if ends[0] != ends[1] and circle.issuperset(ends):
                tied |= {first, then}
    return [part for part in loose if part in tied]


def _near(ident: Ident, catalog: Catalog) -> Iterator[Ident]:
    yield from catalog.needs.get(ident, ())
    yield from catalog.needed_by.get(ident, ())


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


__all__ = ["Action", "Arrangement", "NoOrder", "actions_of", "arrange"]
