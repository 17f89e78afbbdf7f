"""Say what must run before what around partitions and heirs: actions and both catalogs in, pairs of actions out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ..catalog import Catalog, Column, Constraint, Default, Inheritance
from ..names import Ident
from .changes import Verb
from .heirs import is_rid_of
from .ranks import Action
from .rules import Sides
from .rules.inheritance import above
from .rules.nulls import hands_not_null
from .rules.tables import comes_back


def around_inheritance(wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
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
            attached = Action(action.verb, Ident("table", action.ident.path)) not in wanted
            for table in (action.ident.path, *parents):
                for other in changed[table]:
                    # a parent's default goes down
                    if {"column": True, "default": table != action.ident.path}.get(other.ident.kind, attached):
                        yield (action, other) if action.verb is Verb.DROP else (other, action)
    for action in wanted:
        if action.verb is Verb.DROP and action.ident.kind == Default.kind:  # behind the parent's, which goes down here
            whole = Action(Verb.DROP, Ident("table", action.ident.path[:2]))
            if sides.detached(*action.ident.path[:2]) or whole in wanted:
                continue
            back = Action(Verb.CREATE, action.ident)
            for parent in above(action.ident.path[:2], sides.want):
                comes = Ident("table", parent), Ident(Column.kind, (*parent, action.ident.path[2]))
                if any(Action(Verb.CREATE, each) in wanted for each in comes):
                    continue  # what is attached to a new table, or merged with a new column, keeps its own
                ups = Ident(Default.kind, (*parent, action.ident.path[2]))
                if not comes_back(ups, sides):
                    for verb in (Verb.CREATE, Verb.ALTER):
                        yield Action(verb, ups), back if back in wanted else action
    # Bounds may not overlap, and there is one default partition: those that go make room for those that come.
    gone, fresh = _partitions(wanted, Verb.DROP, sides.have), _partitions(wanted, Verb.CREATE, sides.want)
    for parent in gone.keys() & fresh.keys():
        yield from ((first, then) for first in gone[parent] for then in fresh[parent])


def goes_with_parents(ident: Ident, wanted: set[Action], sides: Sides) -> bool:
    """Say whether a default that ends goes with a parent's, which comes in another form, and down here once more."""
    if ident.kind != Default.kind or Action(Verb.CREATE, ident) in wanted:
        return False
    ups = (Ident(Default.kind, (*parent, ident.path[2])) for parent in above(ident.path[:2], sides.want))
    return any(Action(Verb.DROP, up) in wanted and up in sides.want.facts and not comes_back(up, sides) for up in ups)


def is_merged(action: Action, parents: Ident, wanted: set[Action], sides: Sides) -> bool:
    """Say whether a column comes or goes, with its default, that is an heir's own as well as its parent's.

    PostgreSQL merges the parent's new one with one that is there, and drops none that is still the parent's.
    """
    verb = action.verb
    ident, parents = (
        Ident(Column.kind, each.path)
        if each.kind == Default.kind and Action(verb, Ident(Column.kind, each.path)) in wanted
        else each
        for each in (action.ident, parents)
    )
    if {ident.kind, parents.kind} != {Column.kind} or verb is Verb.ALTER or Action(verb, parents) not in wanted:
        return False
    if any(Action(verb, Ident("table", each.path[:2])) in wanted for each in (ident, parents)):
        return False
    place = sides.have.get(Inheritance, *ident.path[:2])
    column = (sides.have if verb is Verb.DROP else sides.want).facts[ident]
    if place is None or place.partition_of or not isinstance(column, Column) or column.inherited:
        return False
    before, after = (list(above(ident.path[:2], side)) for side in (sides.have, sides.want))
    return before == after and parents.path[:2] in before


def around_checks(wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Let a parent's check go before the heir's own, and come back behind that."""
    for action in wanted:
        fact = sides.have.facts.get(action.ident)
        if action.verb is Verb.DROP and isinstance(fact, Constraint) and fact.type == "c":
            if Action(Verb.DROP, fact.parent) in wanted:  # the heir goes before its parent
                continue
            for table in above(fact.parent.path, sides.have):
                check = Ident(Constraint.kind, (*table, fact.name))
                yield Action(Verb.DROP, check), action
            for table in above(fact.parent.path, sides.want):
                fresh = Action(Verb.CREATE, Ident(Constraint.kind, (*table, fact.name)))
                yield action, fresh
                for dependent in sides.want.needed_by.get(action.ident, ()):
                    yield fresh, Action(Verb.CREATE, dependent)


def _meets(ident: Ident, sides: Sides) -> bool:
    """Say whether a thing is a check or a key, which a parent's and a partition's become one of."""
    facts = [side.facts.get(ident) for side in (sides.have, sides.want)]
    return any(isinstance(fact, Constraint) and fact.type in ("c", "p", "u") for fact in facts)


def _around_parents(
    action: Action, changed: Mapping[tuple[str, ...], list[Action]], sides: Sides
) -> Iterator[tuple[Action, Action]]:
    """Pair what gives an heir other parents with what changes there: what the new ones need before, the rest behind."""
    for other in changed[action.ident.path]:
        was, now = (side.facts.get(other.ident) for side in (sides.have, sides.want))
        freed = isinstance(was, Column) and isinstance(now, Column) and hands_not_null(was) and not hands_not_null(now)
        yield (action, other) if other.verb is Verb.DROP or freed else (other, action)
    had, has = (set(side.facts[action.ident].needs) for side in (sides.have, sides.want))
    for parent in had ^ has:
        for other in changed[parent.path]:
            yield (other, action) if parent in has else (action, other)


def around_keys(wanted: set[Action], sides: Sides) -> Iterator[tuple[Action, Action]]:
    """Let no foreign key refer to a table from which a partition with rows is detached, or to which one comes back; and
    let none that goes stay behind in a partition.
    """
    for verb, catalog in ((Verb.DROP, sides.have), (Verb.CREATE, sides.want)):
        places = _partitions(wanted, verb, catalog)
        for action in wanted if places else ():
            fact = catalog.facts.get(action.ident)
            if not (action.verb is verb and isinstance(fact, Constraint) and fact.references):
                continue
            for parent in places:
                tables = {parent, *above(parent, catalog)}
                for place in places[parent]:
                    if verb is Verb.CREATE and fact.references in tables:
                        yield place, action
                    elif verb is Verb.DROP and (
                        fact.references in tables
                        or (fact.parent.path in tables and is_rid_of(fact, place.ident.path, sides.want))
                    ):
                        yield action, place


def _partitions(wanted: set[Action], verb: Verb, catalog: Catalog) -> Mapping[tuple[str, str], list[Action]]:
    """Map tables to what attaches or detaches a partition of them."""
    found: dict[tuple[str, str], list[Action]] = defaultdict(list)
    for action in wanted:
        fact = catalog.facts.get(action.ident)
        if action.verb is verb and isinstance(fact, Inheritance) and fact.partition_of:
            found[fact.partition_of].append(action)
    return found
