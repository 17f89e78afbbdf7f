"""Names that one thing gives up and another one gets: actions in, pairs of them out."""

from __future__ import annotations

from collections import defaultdict

from ..catalog import Catalog, Column, Constraint, Fact
from .changes import Verb
from .ranks import Action
from .rules import Sides, relation_names


def around_names(wanted: set[Action], sides: Sides) -> list[tuple[Action, Action]]:
    """Pair what is dropped with what is created in its place."""
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
    """List the names that a fact shares with others: in its schema, among routines, or on its table.

    The primary keys of a table share one, whatever they are called.
    """
    if fact.kind in ("function", "aggregate"):
        return [("routine", *fact.ident.path)]
    names: list[tuple[str, ...]] = [*relation_names(fact)]
    if isinstance(fact, Constraint):
        names.append(("constraint", *fact.ident.path))
        if fact.type == "p":
            names.append(("primary key", fact.schema, fact.table))
    if isinstance(fact, Column) and fact.not_null_constraint:
        names.append(("constraint", fact.schema, fact.table, fact.not_null_constraint))
    return names
