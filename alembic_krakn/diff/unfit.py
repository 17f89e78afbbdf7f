"""Find what a choice has put together that no database can have: a mixed catalog and both sides in, an error out.

A default, a partition key and a partition's bounds are texts about a column, which pg_depend does not tell: they are of
the type that the column has on their own side.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ..catalog import Catalog, Column, Default, Enum, Inheritance, Table
from ..errors import PlanError
from ..names import Ident, Name, text_of
from .patterns import written
from .rules import Sides
from .rules.column_types import using_expression


def refuse_unfit(found: Catalog, chosen: Collection[Ident], have: Catalog, want: Catalog) -> None:
    """Raise an error where a chosen thing and one that is not chosen do not fit each other."""
    for ident, other, why in (
        *_defaults(found, chosen, have, want),
        *_keys(found),
        *_bounds(found, chosen, have, want),
    ):
        stays = "is chosen" if ident in chosen else "is not chosen and stays"
        raise PlanError(
            f"{ident} {stays}, but {why}; choose both or neither, with --only or --exclude {written(other)!r} and"
            f" {written(ident)!r}"
        )


def _defaults(
    found: Catalog, chosen: Collection[Ident], have: Catalog, want: Catalog
) -> Iterator[tuple[Ident, Ident, str]]:
    """Give the defaults that are of another type than their column, or values that an enum does not have."""
    for default in found.of(Default):
        if have.facts.get(default.ident) == want.facts.get(default.ident):
            continue
        side = want if default.ident in chosen else have
        then, now = side.facts[default.parent], found.facts[default.parent]
        assert isinstance(then, Column)
        assert isinstance(now, Column)
        if then.type != now.type and using_expression(then, now, Sides(have, want)) is not None:
            yield default.ident, now.ident, f"its expression is of type {then.type}, and the column of type {now.type}"
        for enum in (found.facts[need] for need in found.needs.get(now.ident, ()) if need.kind == Enum.kind):
            assert isinstance(enum, Enum)
            name = re.escape(text_of(Name(enum.schema, enum.name)))
            said = re.findall(rf"'((?:[^']|'')*)'::{name}(?![\w\[])", default.expression)
            if lost := sorted({label.replace("''", "'") for label in said} - {*enum.labels}):
                yield default.ident, enum.ident, f"it is {lost[0]!r}, which {enum.ident} does not have"


def _keys(found: Catalog) -> Iterator[tuple[Ident, Ident, str]]:
    """Give the partitioned tables without a column that they are partitioned by."""
    for table in found.of(Table):
        for name in table.partition_columns:
            column = Ident(Column.kind, (table.schema, table.name, name))
            if column not in found.facts:
                yield table.ident, column, f"{column}, by which it is partitioned, is not there"


def _bounds(
    found: Catalog, chosen: Collection[Ident], have: Catalog, want: Catalog
) -> Iterator[tuple[Ident, Ident, str]]:
    """Give the partitions whose bounds are of another type, or of another key, than their table's."""
    for place in found.of(Inheritance):
        if place.partition_of is None or have.facts.get(place.ident) == want.facts.get(place.ident):
            continue
        side = want if place.ident in chosen else have
        then, now = (each.get(Table, *place.partition_of) for each in (side, found))
        if then is None or now is None or place.bound in (None, "DEFAULT"):
            continue
        if then.partition_key != now.partition_key:
            why = f"its bounds are of {then.partition_key}, and {now.ident} is partitioned by {now.partition_key}"
            yield place.ident, now.ident, why
        for name in now.partition_columns:
            was, column = (each.get(Column, *place.partition_of, name) for each in (side, found))
            if was and column and was.category != column.category:
                why = f"its bounds are of type {was.type}, and {column.ident} is of type {column.type}"
                yield place.ident, column.ident, why
