"""Say what must run before what: actions and both catalogs in, the edges of the graph between them out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from ..catalog import Catalog, Collation, Column, Inheritance, Publication, Typing
from ..names import Ident
from .changes import Verb
from .handing_on import around_names
from .keys import around_indexes
from .ranks import Action
from .rules import RULES, Sides
from .rules.anew import KINDS, called_so, in_no_place
from .rules.column_types import of_one_type
from .rules.holders import holders
from .rules.nulls import hands_not_null
from .rules.persistence import logging_first
from .rules.retype import makes_room
from .rules.rows import written_anew
from .under import around_checks, around_inheritance, around_keys, goes_with_parents, is_merged

MOVED_OFF = frozenset({"enum", "domain", "composite type", "range type", "collation"})  # made anew under their columns


def edges(actions: Iterable[Action], into: Mapping[Action, Action], sides: Sides) -> dict[Action, set[Action]]:
    """Map each action that is done by itself to the ones that must run before it."""
    wanted = set(actions)
    before: dict[Action, set[Action]] = {into.get(action, action): set() for action in wanted}

    def must(first: Action, then: Action) -> None:
        if first in wanted and then in wanted:
            first, then = into.get(first, first), into.get(then, then)
            if first != then:
                before[then].add(first)

    needed = (way(action, wanted, sides) for action in wanted for way in (_as_it_goes, _as_it_comes))
    around = (
        *(around_inheritance(wanted, sides), around_keys(wanted, sides), around_indexes(wanted, sides)),
        *(_around_types(wanted, sides), _around_typings(wanted, sides), around_checks(wanted, sides)),
        *(_around_extensions(sides), _around_rows(sides), around_names(wanted, sides)),
    )
    for first, then in (pair for pairs in (*needed, *around) for pair in pairs):
        must(first, then)
    for earlier, later in logging_first(sides):
        must(Action(Verb.ALTER, earlier), Action(Verb.ALTER, later))
    return before


def _as_it_goes(action: Action, wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Pair what changes a thing, or drops it, with what does so to what it needs in `have`."""
    ident = action.ident
    if action.verb is Verb.DROP:
        yield action, Action(Verb.CREATE, ident)
    for need in _needs(ident, sides.have, wanted) if action.verb is not Verb.CREATE else ():
        if _detached(ident, need, sides) or _taken_over(action, need, sides) or _left(action, need, wanted):
            continue
        if action.verb is Verb.DROP and goes_with_parents(ident, wanted, sides):
            continue
        if is_merged(action, need, wanted, sides) or _kept(action, need, sides):
            yield Action(Verb.DROP, need), action
            continue
        needless = need not in sides.want.needs.get(ident, ())
        if action.verb is Verb.DROP or needless:
            yield action, Action(Verb.DROP, need)
        # a table that becomes permanent has no foreign key to an unlogged one; nothing else minds its settings
        settings = need.kind == "table" and ident.kind != "constraint"
        tied = need in sides.have.tied(ident)
        # a published table cannot become unlogged, either
        left = needless and (need.kind in MOVED_OFF or ident.kind == Publication.kind)
        if (action.verb is Verb.DROP and not settings and not tied) or left:
            yield action, Action(Verb.ALTER, need)


def _as_it_comes(action: Action, wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Pair what creates a thing, or changes it, with what does so to what it needs in `want`."""
    ident = action.ident
    for need in _needs(ident, sides.want, wanted) if action.verb is not Verb.DROP else ():
        if _detached(ident, need, sides):
            continue
        if is_merged(action, need, wanted, sides):
            yield action, Action(Verb.CREATE, need)
        elif _makes_room(action, need, sides):
            yield action, Action(Verb.CREATE, need)
            yield action, Action(Verb.ALTER, need)
        else:
            yield Action(Verb.CREATE, need), action
            if need not in sides.want.tied(ident):
                yield Action(Verb.ALTER, need), action


def _detached(ident: Ident, need: Ident, sides: Sides) -> bool:
    """Say whether a parent's column, or its default, is made anew while the partition's is by itself."""
    return ident.kind == need.kind and ident.path[:2] != need.path[:2] and need.path[:2] in sides.keyed_anew


def _left(action: Action, need: Ident, wanted: set[Action]) -> bool:
    """Say whether a column changes that has its parent no longer by then."""
    ident = action.ident
    if action.verb is not Verb.ALTER or {ident.kind, need.kind} != {Column.kind} or ident.path[:2] == need.path[:2]:
        return False
    return Action(Verb.DROP, Ident(Inheritance.kind, ident.path[:2])) in wanted


def _kept(action: Action, need: Ident, sides: Sides) -> bool:
    """Say whether a column of an heir changes that becomes its own as its parent's goes: before, it cannot."""
    ident = action.ident
    if action.verb is not Verb.ALTER or {ident.kind, need.kind} != {Column.kind} or ident.path[:2] == need.path[:2]:
        return False
    before, after = (side.get(Inheritance, *ident.path[:2]) for side in (sides.have, sides.want))
    return before == after and need not in sides.want.facts


def _makes_room(action: Action, need: Ident, sides: Sides) -> bool:
    """Say whether the NOT NULL of a table changes before a parent's comes over it, behind which nothing else can."""
    if action.verb is not Verb.ALTER or {action.ident.kind, need.kind} != {Column.kind}:
        return False
    own, parent = ([side.facts.get(ident) for side in (sides.have, sides.want)] for ident in (action.ident, need))
    kept = all(isinstance(each, Column) and each.not_null for each in own) and not _comes(action.ident, sides)
    comes = isinstance(parent[1], Column) and hands_not_null(parent[1])
    had = isinstance(parent[0], Column) and hands_not_null(parent[0]) and not _comes(need, sides)
    return kept and comes and not had


def _comes(column: Ident, sides: Sides) -> bool:
    """Say whether a column has its NOT NULL from a parent alone, which gets it only now."""
    own = sides.have.facts.get(column)
    if not isinstance(own, Column) or not own.not_null or own.not_null_local or sides.have.version < 180000:
        return False
    ups = [
        need
        for need in sides.have.needs.get(column, ())
        if need.kind == Column.kind and need.path[:2] != column.path[:2]
    ]
    parents = [(up, sides.have.facts[up]) for up in ups]
    return not any(isinstance(each, Column) and hands_not_null(each) and not _comes(up, sides) for up, each in parents)


def _taken_over(action: Action, need: Ident, sides: Sides) -> bool:
    """Say whether a thing loses one that it needs with that, and not by its own change.

    So does a column with a type that goes for one of another kind, and a publication with a table that goes.
    """
    if action.ident.kind == Publication.kind and need.kind in ("table", Column.kind):
        return action.verb is Verb.ALTER and Ident("table", need.path[:2]) not in sides.want.facts
    was, now = (side.facts.get(action.ident) for side in (sides.have, sides.want))
    stays = isinstance(was, Column) and isinstance(now, Column) and of_one_type(was, now)
    return action.verb is Verb.ALTER and stays and makes_room(sides.have.facts[need], sides)


def _needs(ident: Ident, catalog: Catalog, wanted: set[Action]) -> Iterator[Ident]:
    """Give what a thing needs; for what a parent's action makes in a partition or an heir, the table too, and for a
    column that of the parent.
    """
    for need in catalog.needs.get(ident, ()):
        yield need
        if need.kind in ("column", "constraint", "index") and not any(Action(verb, need) in wanted for verb in Verb):
            table = catalog.facts[need].parent
            if table and table != catalog.facts[ident].parent:
                yield table
        if need.kind == Column.kind:
            ups = (up for up in _needs(need, catalog, wanted) if up.kind == Column.kind)
            yield from (up for up in ups if up.path[:2] != need.path[:2])


def _around_types(wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Pair what makes a type anew with what had to go for that, and comes back afterwards."""
    for action in wanted:
        have = sides.have.facts.get(action.ident)
        if action.verb is Verb.CREATE or not isinstance(have, (*KINDS, Collation)):
            continue
        if (want := called_so(have, sides.want)) is None:
            continue
        rule, alters = RULES[action.ident.kind], action.verb is Verb.ALTER
        made = action if alters else Action(Verb.CREATE, want.ident)
        for ident in rule.blockers(have, want, sides) if alters else rule.around(have, sides):
            if not goes_with_parents(ident, wanted, sides):
                yield Action(Verb.DROP, ident), action
            yield made, Action(Verb.CREATE, ident)
        for ident in sides.want.needed_by.get(want.ident, ()):
            if ident.kind == Column.kind:  # a partition is made with what it has from above, and may be parted by that
                yield made, Action(Verb.CREATE, Ident("table", ident.path[:2]))
                yield made, Action(Verb.CREATE, Ident(Inheritance.kind, ident.path[:2]))
        for ident in sides.have.needed_by.get(have.ident, ()):
            if ident.kind == Column.kind:
                yield Action(Verb.DROP, Ident(Inheritance.kind, ident.path[:2])), action
                if not alters or in_no_place(have, want):  # what is on it for the first time takes its new type
                    yield from ((made, Action(Verb.CREATE, each)) for each in sides.want.needed_by.get(ident, ()))


def _around_extensions(sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Let what is called by a type of an extension, a function say, go before the extension moves to another schema."""
    for ident in sides.called_otherwise:
        for extension in sides.moved_extensions:
            yield Action(Verb.DROP, ident), Action(Verb.ALTER, extension.ident)


def _around_rows(sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Let columns hold no rows of a table while PostgreSQL writes it anew: those that wait, leave or come."""
    there = holders(sides.want)
    for relation in sides.holders.keys() | there.keys():
        before, after = sides.holders.get(relation, frozenset()), there.get(relation, frozenset())
        columns = (column.ident for side in (sides.have, sides.want) for column in side.columns(*relation.path))
        for part in {*written_anew(relation, sides), *columns}:
            for verb in Verb:
                change = Action(verb, part)
                yield from ((Action(Verb.DROP, column), change) for column in before)
                yield from ((Action(Verb.ALTER, column), change) for column in before - after)
                yield from ((change, Action(Verb.CREATE, column)) for column in after)
                yield from ((change, Action(Verb.ALTER, column)) for column in after - before)


def _around_typings(wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Let a table's columns change while it is of no type, and come in the order that its type has them in."""
    fresh: dict[tuple[str, ...], list[Column]] = defaultdict(list)
    for action in wanted:
        if action.ident.kind == Column.kind:
            typing = Ident(Typing.kind, action.ident.path[:2])
            yield Action(Verb.DROP, typing), action
            yield action, Action(Verb.CREATE, typing)
            column = sides.want.facts.get(action.ident)
            if action.verb is Verb.CREATE and isinstance(column, Column) and typing in sides.want.facts:
                fresh[typing.path].append(column)
    for columns in fresh.values():
        for one, other in pairwise(sorted(columns, key=lambda column: column.position)):
            yield Action(Verb.CREATE, one.ident), Action(Verb.CREATE, other.ident)
