"""Tell which end of a foreign key changes its type first: a key and both catalogs in, pairs of columns out."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import Column, Constraint, Inheritance
from ...names import Ident
from .base import Sides
from .column_types import type_changes

# Types of one family of operators, which PostgreSQL compares with each other as they are.
_FAMILIES = (
    frozenset({"smallint", "integer", "bigint"}),
    frozenset({"real", "double precision"}),
    frozenset({"date", "timestamp without time zone", "timestamp with time zone"}),
    frozenset({"text", "character varying", "name"}),
    frozenset({"inet", "cidr"}),
)


def in_turn(key: Constraint, sides: Sides) -> Iterator[tuple[Ident, Ident] | None]:
    """Pair columns whose types change with those of the key's other end that must change behind them.

    PostgreSQL builds the key anew at each change, and the types of that moment must go together. None stands for two
    columns that go together in no order.
    """
    for one, other in zip(key.columns, key.referenced_columns, strict=False):
        assert key.references is not None
        own, referred = (
            _changed(Ident(Column.kind, (*table, name)), sides)
            for table, name in (((key.schema, key.table), one), (key.references, other))
        )
        if own is None or referred is None or own == referred:
            continue
        (had, has), (met, meets) = (_types(ident, sides) for ident in (own, referred))
        if not _refers(had, meets, sides):
            yield (own, referred) if _refers(has, met, sides) else None
        elif not _refers(has, met, sides):
            yield referred, own


def _changed(column: Ident, sides: Sides) -> Ident | None:
    """Give the column that an ALTER gives another type, which is a parent's for most columns of heirs."""
    was, now = (side.facts.get(column) for side in (sides.have, sides.want))
    if isinstance(was, Column) and isinstance(now, Column) and type_changes(was, now):
        return column
    place = sides.have.get(Inheritance, *column.path[:2])
    above = (Ident(Column.kind, (*parent, column.path[2])) for parent in (place.parents if place else ()))
    return next((found for parent in above if (found := _changed(parent, sides))), None)


def _types(column: Ident, sides: Sides) -> tuple[str, str]:
    was, now = (side.facts[column] for side in (sides.have, sides.want))
    assert isinstance(was, Column)
    assert isinstance(now, Column)
    return was.base_type, now.base_type


def _refers(own: str, referred: str, sides: Sides) -> bool:
    """Say whether a foreign key goes from the one type to the other."""
    family = any({own, referred} <= each for each in _FAMILIES)
    return own == referred or family or sides.have.casts.get((own, referred)) == "i"
