"""Find tables whose columns stand in another order, which is no difference: two catalogs in, remarks out."""

from __future__ import annotations

from dataclasses import dataclass

from ..catalog import Catalog, Table
from ..names import Ident
from ..renames import Renames


@dataclass(frozen=True)
class ColumnOrder:
    """The columns that both sides have of one table, in the order of either side, by the names of `want`."""

    table: Ident
    have: tuple[str, ...]
    want: tuple[str, ...]


def column_orders(have: Catalog, want: Catalog, renames: Renames) -> tuple[ColumnOrder, ...]:
    """List the tables whose common columns stand in another order."""
    found = []
    for table in have.of(Table):
        now = renames.now(table.ident)
        names = [renames.now(column.ident).path[-1] for column in have.columns(table.schema, table.name)]
        wanted = [column.name for column in want.columns(*now.path)]
        one = tuple(name for name in names if name in wanted)
        other = tuple(name for name in wanted if name in names)
        if one != other:
            found.append(ColumnOrder(now, one, other))
    return tuple(found)


__all__ = ["ColumnOrder", "column_orders"]
