"""Which rows lie outside of a partition: its bounds and the key of the partitioned table in, a condition out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from psycopg import sql

from ..catalog import Inheritance, Table
from ..names import Name, text_of
from .rows import Rows, Unaskable

# One comma of a list, or what may not be cut: a string, a quoted name.
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|.", re.DOTALL)

_RANGE = re.compile(r"FOR VALUES FROM (\((?:'(?:[^']|'')*'|[^'])*?\)) TO (\(.*\))", re.DOTALL)


def outside(rows: Rows, place: Inheritance) -> str:
    """Compose when a row of a table lies outside of the bounds that the table shall have as a partition."""
    parent = _parent(rows, place)
    if place.bound and place.bound != "DEFAULT":
        condition = f"({_inside(rows, parent, place.bound)}) IS NOT TRUE"
    else:
        others = [
            f"({_inside(rows, parent, other.bound)})"
            for other in rows.want.of(Inheritance)
            if other.partition_of == place.partition_of and other.bound and other.bound != "DEFAULT"
        ]
        condition = f"({' OR '.join(others)}) IS TRUE" if others else "false"
    above = rows.want.get(Inheritance, parent.schema, parent.name)
    return f"{condition} OR {outside(rows, above)}" if above and above.partition_of else condition


def claimed(rows: Rows, default: Inheritance, bound: str) -> str:
    """Compose when a row of a default partition belongs to one with that bound."""
    return f"({_inside(rows, _parent(rows, default), bound)}) IS TRUE"


def key_columns(rows: Rows, place: Inheritance) -> list[str]:
    """Name the columns that decide into which partition a row goes, at every level."""
    parent = _parent(rows, place)
    words = set(_TOKEN.findall(parent.partition_key or "")) | set(re.findall(r"\w+", parent.partition_key or ""))
    found = [
        column.name for column in rows.want.columns(parent.schema, parent.name) if text_of(Name(column.name)) in words
    ]
    above = rows.want.get(Inheritance, parent.schema, parent.name)
    return [*found, *(key_columns(rows, above) if above and above.partition_of else [])]


def _parent(rows: Rows, place: Inheritance) -> Table:
    parent = rows.want.get(Table, *(place.partition_of or ()))
    assert parent is not None
    return parent


def _inside(rows: Rows, parent: Table, bound: str) -> str:
    """Compose when a row lies within bounds, as `FOR VALUES ...` tells them."""
    strategy, _, listed = (parent.partition_key or "").partition(" ")
    keys = [f"({key})" for key in _parts(listed)]
    if strategy == "LIST":
        values = list(_parts(bound.removeprefix("FOR VALUES IN ")))
        known = [value for value in values if value != "NULL"]
        conditions = [f"{keys[0]} IN ({', '.join(known)})"] if known else []
        return " OR ".join(conditions + [f"{keys[0]} IS NULL"] * ("NULL" in values))
    if strategy == "RANGE":
        bounds = _RANGE.fullmatch(bound)
        assert bounds is not None
        low, high = (list(_parts(bounds[number])) for number in (1, 2))
        return " AND ".join([*(f"{key} IS NOT NULL" for key in keys), _from(keys, low), _below(keys, high)])
    found = re.fullmatch(r"FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)", bound)
    there = rows.relation(parent.ident)
    if found is None or there is None:
        raise Unaskable(f"prod has no {parent.ident} yet, which hashes the key")
    name = text_of(sql.Literal(text_of(Name(*there))))
    return (
        f"pg_catalog.satisfies_hash_partition({name}::pg_catalog.regclass, {found[1]}, {found[2]}, {', '.join(keys)})"
    )


def _from(keys: list[str], values: list[str]) -> str:
    """Compose key >= bound, one column after the other."""
    if not keys:
        return "true"
    if values[0] in ("MINVALUE", "MAXVALUE"):
        return "true" if values[0] == "MINVALUE" else "false"
    return f"({keys[0]} > {values[0]} OR ({keys[0]} = {values[0]} AND {_from(keys[1:], values[1:])}))"


def _below(keys: list[str], values: list[str]) -> str:
    if not keys:
        return "false"
    if values[0] in ("MINVALUE", "MAXVALUE"):
        return "false" if values[0] == "MINVALUE" else "true"
    return f"({keys[0]} < {values[0]} OR ({keys[0]} = {values[0]} AND {_below(keys[1:], values[1:])}))"


def _parts(listed: str) -> Iterator[str]:
    """Split '(a, lower(b), 'x, y')' at its own commas."""
    yield from (part.strip() for part in _split(_TOKEN.findall(listed.strip()[1:-1])))


def _split(tokens: Iterable[str]) -> Iterator[str]:
    depth, part = 0, ""
    for token in tokens:
        if token == "," and not depth:
            yield part
            part = ""
            continue
        depth += (token in "([") - (token in ")]")
        part += token
    yield part
