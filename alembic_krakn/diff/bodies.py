"""Let functions be created whose text PostgreSQL could not read yet, not by itself, or ever: steps in, steps out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..catalog import Fact, Function
from .changes import Step

# Only this transaction: a function's text is then taken as it is, and read when the function is called.
UNCHECKED = "SET LOCAL check_function_bodies = off"

_DECLARED = re.compile(r"\bdeclare\b(.*?)\bbegin\b", re.IGNORECASE | re.DOTALL)
_LITERAL = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_TYPE = re.compile(
    r"\s*(?:\"(?:[^\"]|\"\")+\"|[^\W\d][\w$]*)\s+(?:constant\s+)?([\w$]+)(?!\s*[.%]|[\w$])", re.IGNORECASE
)
_OTHERWISE = re.compile(r"\s*\S+\s+(?:alias\s+for|(?:no\s+)?(?:scroll\s+)?cursor)\b", re.IGNORECASE)
_PLAIN = frozenset(
    {
        *("int", "integer", "int2", "int4", "int8", "smallint", "bigint", "numeric", "decimal", "real", "float"),
        *("float4", "float8", "text", "varchar", "char", "name", "bytea", "bool", "boolean", "oid", "regclass"),
        *("date", "time", "timetz", "timestamp", "timestamptz", "interval", "json", "jsonb", "uuid", "xml", "record"),
        *("double", "character", "bit", "refcursor", "inet", "cidr", "tsvector", "tsquery"),
    }
)


def bodies_unchecked(steps: list[Step]) -> list[Step]:
    """Let the first function be created all the same whose text PostgreSQL may refuse here, though it is in use.

    It may name what is created after it, what only the function's own search_path finds, or what there is nothing of
    any longer. PostgreSQL does not tell what a text depends on, so neither is known; pg_dump leaves all texts
    unchecked for the same reasons. PL/pgSQL reads no more of a text than the types of its variables.
    """
    first = next((number for number, step in enumerate(steps) if _may_be_refused(step.want)), None)
    if first is None:
        return steps
    chosen = replace(steps[first], statements=(UNCHECKED, *steps[first].statements))
    return [*steps[:first], chosen, *steps[first + 1 :]]


def _may_be_refused(fact: Fact | None) -> bool:
    if not isinstance(fact, Function) or fact.parsed:
        return False
    return fact.language == "sql" or (fact.language == "plpgsql" and any(_declared(fact.definition)))


def _declared(text: str) -> Iterator[str]:
    """Give the variables of a PL/pgSQL text whose type is not one that everybody has."""
    for section in _DECLARED.findall(_LITERAL.sub(" ", text)):
        for variable in filter(str.strip, section.split(";")):
            plain = _TYPE.match(variable)
            known = plain is not None and plain[1].lower() in _PLAIN
            if not known and not _OTHERWISE.match(variable):
                yield variable


__all__ = ["bodies_unchecked"]
