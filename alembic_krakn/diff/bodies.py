"""Let SQL functions be created whose text PostgreSQL could not read yet, or ever: steps in, steps out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from ..catalog import Catalog, Fact, Function
from .changes import Step, Verb

# Only this transaction: a function's text is then taken as it is, and read when the function is called.
UNCHECKED = "SET LOCAL check_function_bodies = off"

_NAME = r"(?:\"(?:[^\"]|\"\")+\"|[^\W\d][\w$]*)"
_RELATION = re.compile(
    rf"\b(?:from|join|into|update)\s+(?:only\s+)?({_NAME}(?:\.{_NAME})?)(?!\s*\()(?![\w$.])", re.IGNORECASE
)
_COMMON = re.compile(rf"({_NAME})\s*(?:\([^()]*\)\s*)?as\s+(?:not\s+)?(?:materialized\s+)?\(", re.IGNORECASE)
# FROM and UPDATE that no table follows
_OTHERWISE = re.compile(
    r"\b(?:extract|substring|trim|overlay)\s*\([^()]*|\bdistinct\s+from\b|\bupdate\s+(?:set|of|nowait|skip)\b",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|\$\w*\$", re.DOTALL)  # dollar quotes begin and end the text
_RELATIONS = frozenset({"table", "view", "materialized view", "sequence"})


def bodies_unchecked(steps: list[Step], want: Catalog) -> list[Step]:
    """Let the first SQL function be created all the same whose text names something that is created after it, or a
    table that there is none of: what nobody has called for long may have lost it.

    PostgreSQL does not tell what a function's text depends on, so no order can be found for it; pg_dump leaves the
    texts unchecked for the same reason.
    """
    later: set[str] = set()
    first = None
    there = {ident.path for ident in want.facts if ident.kind in _RELATIONS}
    there |= {path[-1:] for path in there}  # whatever the search path is
    for number in range(len(steps) - 1, -1, -1):
        step = steps[number]
        text = _text(step.want)
        if not later.isdisjoint(re.findall(r"\w+", text)) or _is_lost(text, there):
            first = number
        if step.verb is Verb.CREATE and len(step.ident.path) > 1:
            later.add(step.ident.path[1])
    if first is None:
        return steps
    chosen = replace(steps[first], statements=(UNCHECKED, *steps[first].statements))
    return [*steps[:first], chosen, *steps[first + 1 :]]


def _text(fact: Fact | None) -> str:
    """Give the text of an SQL function that PostgreSQL keeps as it is written."""
    if isinstance(fact, Function) and fact.language == "sql" and not fact.parsed:
        return fact.definition
    return ""


def _is_lost(text: str, there: Collection[tuple[str, ...]]) -> bool:
    """Say whether a text reads a table that is not there; one taken for such by mistake is only not checked."""
    return any(name not in there and not name[0].startswith(("pg_", "information_schema")) for name in _read(text))


def _read(text: str) -> Iterator[tuple[str, ...]]:
    """Give the names of the tables that a text reads or writes."""
    bare = _OTHERWISE.sub(" ", _LITERAL.sub(" ", text))
    common = {_spelled(found) for found in _COMMON.findall(bare)}
    for found in _RELATION.findall(bare):
        name = tuple(map(_spelled, re.findall(_NAME, found)))
        if len(name) > 1 or name[0] not in common:
            yield name


def _spelled(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word.lower()


__all__ = ["bodies_unchecked"]
