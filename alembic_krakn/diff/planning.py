"""Plan the way from one catalog to another: compare, order, let creations join, compose the statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..catalog import Catalog, Column, Constraint, Function
from ..names import Ident, text_of
from ..renames import NO_RENAMES, Renames
from .bodies import bodies_unchecked
from .changes import Change, Hazard, Plan, Step, Verb
from .circles import joined, opened
from .compare import compare
from .heirs import handed_down
from .invalid import with_valid_indexes
from .levelling import levelled
from .moved_extensions import follow_extensions
from .order import Action, Arrangement, NoOrder, actions_of, arrange
from .renaming import rename
from .rules import RULES, Sides, gets_sequence, unwanted
from .rules.nulls import named


def plan(have: Catalog, want: Catalog, renames: Renames = NO_RENAMES) -> Plan:
    """Plan how `have` becomes `want`, in steps to run one after the other; what is renamed keeps its rows.

    All facts of changes and steps have the names that the renames lead to, but for the `have` of a RENAME.
    """
    have, want = levelled(have, with_valid_indexes(have, want))
    renamed = rename(have, want, renames)
    there = handed_down(follow_extensions(renamed.have, want), want)
    differences, led = _led(there, want)
    steps = bodies_unchecked([step for step in (*renamed.steps, *led) if step.statements])
    hazards = _hazards(steps)
    changes = _by_name([*renamed.changes, *differences])
    return Plan(
        changes=tuple(replace(change, hazards=(*change.hazards, *_told(change, hazards))) for change in changes),
        steps=tuple(steps),
        uncompared=_uncompared(have, want),
    )


def _led(have: Catalog, want: Catalog) -> tuple[list[Change], list[Step]]:
    """List the changes and the steps; where a view closes a circle, by way of one that only looks like it."""
    try:
        differences, sides, (order, before, into) = _arranged(have, want)
    except NoOrder as stuck:
        between = opened(have, want, stuck.circle)
        if between is None:
            raise
        first, then = _led(have, between), _led(between, want)
        return joined(first[0], then[0]), [*first[1], *then[1]]
    into = {**into, **_joining(order, before, sides)}
    members: dict[Action, list[Action]] = {action: [] for action in order}
    for part, whole in into.items():
        if part.verb is Verb.CREATE:
            members[into.get(whole, whole)].append(part)
    return differences, [_step(action, members[action], sides) for action in order if action not in into]


# What can be dropped and created again where no ALTER has a place.
REMADE = frozenset({"view", "function", "aggregate", "policy", "rule", "trigger", "default", "statistics"})


def _arranged(have: Catalog, want: Catalog) -> tuple[list[Change], Sides, Arrangement]:
    """List the changes and put them in an order that runs.

    A view, say, reads another table afterwards, which takes names of the old one, so that the old one must go first.
    """
    anew: set[Ident] = set()
    while True:
        differences = compare(have, want, anew)
        made = frozenset(change.ident for change in differences if change.verb in (Verb.CREATE, Verb.REPLACE))
        sides = Sides(have, want, made)
        try:
            return differences, sides, arrange(actions_of(differences), sides)
        except NoOrder as stuck:
            altered = {each.ident for each in stuck.circle if each.verb is Verb.ALTER and each.ident.kind in REMADE}
            if not altered:
                raise
            anew |= altered


def _hazards(steps: Iterable[Step]) -> dict[Ident, tuple[Hazard, ...]]:
    """Map each thing to the hazards of its steps; what is dropped and created again has those of both."""
    found: dict[Ident, tuple[Hazard, ...]] = {}
    for step in steps:
        found[step.ident] = tuple(dict.fromkeys((*found.get(step.ident, ()), *step.hazards)))
    return found


def _by_name(changes: list[Change]) -> list[Change]:
    """Sort changes by name; a thing is renamed before anything else happens to it."""
    return sorted(changes, key=lambda change: (change.ident, change.verb is not Verb.RENAME))


def _told(change: Change, hazards: Mapping[Ident, tuple[Hazard, ...]]) -> tuple[Hazard, ...]:
    return () if change.verb is Verb.RENAME else hazards.get(change.ident, ())


def _joining(order: list[Action], before: Mapping[Action, set[Action]], sides: Sides) -> dict[Action, Action]:
    """Map constraints to the CREATE TABLE that they can be part of: all that they need is there by then."""
    place = {action: number for number, action in enumerate(order)}
    joined: dict[Action, Action] = {}
    keys: set[tuple[Ident, tuple[str, ...]]] = set()  # of two keys over the same columns, CREATE TABLE makes one
    for action in order:
        fact = sides.want.facts.get(action.ident)
        if action.verb is not Verb.CREATE or not isinstance(fact, Constraint) or fact.options or fact.tablespace:
            continue
        table = Action(Verb.CREATE, fact.parent)
        if table not in place or not fact.validated or not fact.whole or fact.parent_index:
            continue  # PostgreSQL may have made an attached index, or would make one in partitions
        needs = (joined.get(need, need) for need in before[action])
        key = {(fact.parent, fact.columns)} if fact.type in ("p", "u") else set()
        if all(place[need] < place[table] or need == table for need in needs) and not key & keys:
            joined[action] = table
            keys |= key
    return joined


def _step(action: Action, members: list[Action], sides: Sides) -> Step:
    """Compose one action's statements."""
    rule = RULES[action.ident.kind]
    have, want = sides.have.facts.get(action.ident), sides.want.facts.get(action.ident)
    facts = sorted((named(sides.want.facts[member.ident], sides) for member in members), key=lambda fact: fact.ident)
    if action.verb is Verb.CREATE:
        assert want is not None
        want = named(want, sides)
        work = rule.create(want, facts, sides)
        work = work._replace(statements=[*work.statements, *unwanted(action.ident, sides)])
        have = None
    elif action.verb is Verb.DROP:
        assert have is not None
        work = rule.drop(have, sides)
        want = None
    else:
        altered = rule.alter(have, want, sides)
        assert altered is not None
        work = altered
    for function in (fact for fact in facts if isinstance(fact, Function)):  # of a type, which makes them
        work = work._replace(statements=[*work.statements, *unwanted(function.ident, sides)])
    for column in (want, *facts):
        identity = Ident("identity", column.ident.path) if isinstance(column, Column) else None
        if identity and gets_sequence(identity, sides):
            work = work._replace(statements=[*work.statements, *unwanted(identity, sides)])
    return Step(
        verb=action.verb,
        ident=action.ident,
        have=have,
        want=want,
        members=tuple(facts),
        statements=tuple(text_of(statement).strip() for statement in work.statements),
        hazards=tuple(dict.fromkeys(work.hazards)),
    )


def _uncompared(have: Catalog, want: Catalog) -> dict[str, int]:
    """Count what neither side's facts tell: the larger number of both sides, by kind."""
    return dict(sorted((Counter(have.uncompared) | Counter(want.uncompared)).items()))
