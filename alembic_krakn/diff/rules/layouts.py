"""Carry values of composite types over to other attributes: a column before and after in, expressions out.

The text of a row tells attributes by their place, its JSON tells them by their name, at any depth and in arrays.
"""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from ...catalog import Column, Composite, Fact
from ...names import Ident, Name, comma, verbatim
from .base import Sides

_HOLD = frozenset({"composite type", "domain", "range type"})


def as_text(fact: Fact, column: Column, sides: Sides) -> sql.Composed:
    """Compose the text that the new type can read."""
    name = Name(column.name)
    if not _layout_changes(fact.ident, sides):
        return name + verbatim("::text")
    if by_name(fact, column, sides):
        return sql.SQL("to_json({})::text").format(name)
    after = sides.want.facts[fact.ident]
    assert isinstance(fact, Composite)
    assert isinstance(after, Composite)
    before = {each.name for each in fact.attributes}
    values = comma(
        sql.SQL("({}).{}").format(name, Name(each.name)) if each.name in before else sql.SQL("NULL")
        for each in after.attributes
    )
    return sql.SQL("CASE WHEN {} IS DISTINCT FROM NULL THEN ROW({})::text END").format(name, values)


def by_name(fact: Fact, column: Column, sides: Sides) -> bool:
    """Say whether what the type has otherwise is inside of an array, or of another type."""
    inside = any(_layout_changes(each, sides) for each in _held(fact.ident, sides))
    return inside or (column.type.endswith("[]") and _layout_changes(fact.ident, sides))


def from_json(column: Column, alter: sql.Composable) -> Iterator[sql.Composable]:
    """Compose what reads the JSON of values; only a record's attributes are told by name, so one is around them."""
    box = Name(column.schema, column.table.encode()[:50].decode(errors="ignore") + "__krakn_box")
    yield sql.SQL("CREATE TYPE {} AS (value {})").format(box, verbatim(column.type))
    record = sql.SQL("(json_populate_record(NULL::{}, json_build_object('value', {}::json))).value")
    yield sql.SQL("{} USING {}").format(alter, record.format(box, Name(column.name)))
    yield sql.SQL("DROP TYPE {}").format(box)


def _layout_changes(ident: Ident, sides: Sides) -> bool:
    """Say whether a type, or one that it is made of, has other attributes, or has them in another order."""
    was, now = sides.have.facts[ident], sides.want.facts.get(ident)
    pair = isinstance(was, Composite) and isinstance(now, Composite) and (was.attributes, now.attributes)
    if pair and [each.name for each in pair[0]] != [each.name for each in pair[1]]:
        return True
    return any(_layout_changes(each, sides) for each in _held(ident, sides))


def _held(ident: Ident, sides: Sides) -> Iterator[Ident]:
    return (each for each in sides.have.needs.get(ident, ()) if each.kind in _HOLD)
