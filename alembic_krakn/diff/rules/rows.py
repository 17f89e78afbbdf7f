"""Columns that hold rows of a table or a view wait as text while PostgreSQL writes that table anew, or makes it anew.

A column and both catalogs go in; what it waits for, and the statements before and behind that, come out.
"""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from ...catalog import Catalog, Column, Composite, Default, Inheritance, Table, View
from ...names import Ident, Name, verbatim
from .anew import types_made_anew
from .base import Sides
from .column_types import of_one_type, type_changes
from .definitions import storage_of
from .holders import RELATIONS
from .layouts import from_json


def waits(column: Ident, sides: Sides) -> bool:
    """Say whether a column can wait as text, as it is of the same type before and after, or of arrays of that."""
    was, now = (side.facts.get(column) for side in (sides.have, sides.want))
    if not (isinstance(was, Column) and isinstance(now, Column)):
        return False
    return of_one_type(was, now) and not (was.generated or now.generated)


def holds(column: Ident, lost: Ident, sides: Sides) -> bool:
    """Say whether a column holds rows of something that goes, if only for a moment, and no type takes its place."""
    stays = lost.kind != Composite.kind or _relation(lost, sides.want).kind != Composite.kind
    return stays and column in sides.holders.get(lost, ())


def written_anew(table: Ident, sides: Sides) -> Iterator[Ident]:
    """Give what changes in a table, or above it, in a way that PostgreSQL refuses while a column holds its rows."""
    path = (table.path[0], table.path[1])
    was, now = (side.get(Table, *path) for side in (sides.have, sides.want))
    if was is None or now is None or table.kind != Table.kind:
        return
    if (was.persistence, was.method) != (now.persistence, now.method):
        yield table
    types = types_made_anew(sides.have, sides.want)
    for column in sides.have.columns(*path):
        after = sides.want.facts.get(column.ident)
        if isinstance(after, Column) and _is_written(column, after):
            yield column.ident
        yield from sorted(types & sides.have.needs.get(column.ident, frozenset()))
    for column in sides.want.columns(*path):
        if column.ident not in sides.have.facts and _comes_with_values(column, sides):
            yield column.ident
    place = sides.have.get(Inheritance, *path)
    for parent in place.parents if place else ():
        yield from written_anew(Ident(Table.kind, parent), sides)


def _is_written(have: Column, want: Column) -> bool:
    computed = (have.generated, have.identity is None) != (want.generated, want.identity is None)
    return computed or type_changes(have, want)


def _comes_with_values(column: Column, sides: Sides) -> bool:
    default = Ident(Default.kind, column.ident.path) in sides.want.facts
    return default or bool(column.generated or column.identity) or column.type_kind == "d"


def is_parked(column: Column, sides: Sides) -> bool:
    """Say whether a column holds rows and waits in this plan."""
    return column.ident in sides.made and bool(_held(column, sides)) and waits(column.ident, sides)


def parked(column: Column, sides: Sides) -> list[sql.Composable]:
    """Compose what lets a column wait as text."""
    lead = _lead(column)
    default = [lead + sql.SQL(" DROP DEFAULT")] if sides.have.parts(column.ident, Default) else []
    text = sql.SQL("to_json({})::text" if _by_name(column, sides) else "{}::text").format(Name(column.name))
    using = sql.SQL("" if column.of_foreign else " USING {}").format(text)
    return [*default, sql.SQL("{} TYPE text").format(lead) + using]


def unparked(column: Column, sides: Sides) -> list[sql.Composable]:
    """Compose what brings a waiting column back."""
    lead = _lead(column)
    back = sql.SQL("{} TYPE {}").format(lead, verbatim(column.type))
    restored: list[sql.Composable]
    if column.of_foreign:
        restored = [back]  # it has no rows to cast
    elif _by_name(column, sides):
        restored = [*from_json(column, back)]
    else:
        restored = [sql.SQL("{} USING {}::{}").format(back, Name(column.name), verbatim(column.type))]
    return [*restored, *storage_of(column)]


def _held(column: Column, sides: Sides) -> list[Ident]:
    return sorted(relation for relation, columns in sides.holders.items() if column.ident in columns)


def _by_name(column: Column, sides: Sides) -> bool:
    """Say whether the rows have other columns afterwards, or have them in another order."""
    for relation in _held(column, sides):
        names = _names(relation, sides.have)
        if names != _names(_relation(relation, sides.want), sides.want):
            return True
        parts = (Ident(Column.kind, (*relation.path, name)) for name in names)
        if relation.kind == Table.kind and any(part in sides.made for part in parts):
            return True
    return False


def _relation(ident: Ident, catalog: Catalog) -> Ident:
    """Give what has the name of a relation in a catalog, of whatever kind."""
    idents = (Ident(kind, ident.path) for kind in sorted(RELATIONS))
    return next((each for each in idents if each in catalog.facts), ident)


def _names(ident: Ident, catalog: Catalog) -> list[str]:
    fact = catalog.facts.get(ident)
    if isinstance(fact, Composite):
        return [each.name for each in fact.attributes]
    if isinstance(fact, View):
        return [each.name for each in fact.columns]
    return [column.name for column in catalog.columns(*ident.path)]


def _lead(column: Column) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ALTER COLUMN {}").format(Name(column.schema, column.table), Name(column.name))
