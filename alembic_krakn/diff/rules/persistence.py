"""Say in which order tables that foreign keys join can become unlogged, or logged again."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import Constraint, Table
from ...names import Ident
from .base import Sides


def logging_first(sides: Sides) -> Iterator[tuple[Ident, Ident]]:
    """Pair tables whose logging changes, the one to alter first in front.

    No logged table may refer to an unlogged one: the referring table becomes unlogged first, the other logged first.
    """
    after = _after(sides)
    for key in _keys(sides):
        referring, referred = _ends(key)
        if _leads(referred, referring, after):
            continue  # such a key is dropped meanwhile
        becomes = sides.want.facts[referring]
        assert isinstance(becomes, Table)
        yield (referring, referred) if becomes.persistence == "u" else (referred, referring)


def in_a_circle(table: Table, sides: Sides) -> set[Ident]:
    """Give the foreign keys of a table that lead back to it, over tables whose logging changes as well."""
    after = _after(sides)
    keys = (key for key in _keys(sides) if key.parent == table.ident)
    return {key.ident for key in keys if _leads(_ends(key)[1], table.ident, after)}


def _after(sides: Sides) -> dict[Ident, set[Ident]]:
    """Map tables to those that they refer to."""
    found: dict[Ident, set[Ident]] = {}
    for key in _keys(sides):
        referring, referred = _ends(key)
        found.setdefault(referring, set()).add(referred)
    return found


def _leads(start: Ident, end: Ident, after: dict[Ident, set[Ident]]) -> bool:
    seen: set[Ident] = set()
    queue = [start]
    while queue:
        table = queue.pop()
        if table == end:
            return True
        if table not in seen:
            seen.add(table)
            queue.extend(after.get(table, ()))
    return False


def _keys(sides: Sides) -> Iterator[Constraint]:
    """Give the foreign keys of `have` between two tables whose logging changes."""
    changing = {
        table.ident
        for table in sides.have.of(Table)
        if (then := sides.want.get(Table, table.schema, table.name)) and then.persistence != table.persistence
    }
    for key in sides.have.of(Constraint) if changing else ():
        if key.references and len(changing.intersection(ends := _ends(key))) == 2 and ends[0] != ends[1]:
            yield key


def _ends(key: Constraint) -> tuple[Ident, Ident]:
    assert key.references is not None
    return Ident("table", (key.schema, key.table)), Ident("table", key.references)
