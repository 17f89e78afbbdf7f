"""Say which place an action would like to have: an action and both catalogs in, a key to sort by out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..catalog import Column, Constraint, Fact, Grant
from ..names import Ident
from .changes import Change, Verb
from .rules import Sides


class Action(NamedTuple):
    """One node of the graph: CREATE, ALTER or DROP of one thing."""

    verb: Verb
    ident: Ident


# Among the actions that may run, the one of the lowest rank goes first: what is in the way is dropped, then things
# are made from the ground up, then what is no longer needed goes. Dependencies always win.
FIRST = (
    *(
        "default privileges",
        "comment",
        "owner",
        "privileges",
        "event trigger",
        "publication",
        "policy",
        "rule",
        "trigger state",
        "trigger",
        "transform",
        "view",
        "materialized view",
    ),
    *("inheritance", "table type", "statistics", "clustering", "replica identity", "default", "constraint", "index"),
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
        "cast",  # as soon as its function is there: PostgreSQL does not tell what reads by it
        "sequence",
    ),
    *("foreign data wrapper", "foreign server", "user mapping", "table"),
    *(
        "column",
        "table type",
        "inheritance",
        "sequence ownership",
        "default",
        "constraint",
        "domain constraint",
        "index",
        "replica identity",
        "clustering",
    ),
    *("statistics", "function", "aggregate", "operator", "operator family", "operator class", "transform"),
    *("conversion", "text search parser", "text search template", "text search dictionary"),
    *("text search configuration",),
    *("view", "materialized view", "rule", "trigger", "trigger state", "policy", "event trigger", "publication"),
    *("comment", "privileges"),
)
LAST = (
    *("cast", "operator class", "operator family", "operator", "aggregate"),
    *("text search configuration", "text search dictionary", "text search template", "text search parser"),
    *("conversion", "function", "sequence ownership", "column", "table"),
    *("user mapping", "foreign server", "foreign data wrapper"),
    *("sequence", "range type", "composite type", "domain"),
    *("enum", "base type", "shell type", "collation", "language", "access method", "extension", "schema"),
)

# Behind all else: what is created has the default privileges that there are, and he who gives a thing away may not
# be allowed to alter it any longer.
END = ("default privileges", "owner")


def rank(action: Action, sides: Sides) -> tuple[int, bool, tuple[str, ...]]:
    """Give the place that an action would like to have."""
    kind = action.ident.kind
    if action.verb is not Verb.DROP and kind in END:
        return len(FIRST) + len(BUILD) + len(LAST) + END.index(kind), False, action.ident.path
    if action.verb is not Verb.DROP:
        fact = sides.want.facts[action.ident]
        path = _in_order(fact) if action.verb is Verb.CREATE else fact.ident.path
        return len(FIRST) + BUILD.index(kind), _comes_second(fact), path
    if kind in FIRST:
        return FIRST.index(kind), False, action.ident.path
    if action.ident in sides.called_otherwise or (kind == "cast" and action.ident in sides.made):
        return len(FIRST), False, action.ident.path
    return len(FIRST) + len(BUILD) + LAST.index(kind), False, action.ident.path


def _in_order(fact: Fact) -> tuple[str, ...]:
    """Give what new facts of a kind are sorted by: the name; for columns, their place in the table."""
    path = fact.ident.path
    return (*path[:2], f"{fact.position:04}", path[2]) if isinstance(fact, Column) else path


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
