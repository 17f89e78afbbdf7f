"""A column that test computes in; what of its row it is made of, out."""

from __future__ import annotations

from ..catalog import Catalog, Column


def inputs(test: Catalog, column: Column) -> list[str]:
    """List the columns of its row that a generated column is computed from."""
    return sorted(
        need.path[2]
        for need in test.needs.get(column.ident, frozenset())
        if need.kind == "column" and need.path[:2] == (column.schema, column.table)
    )


__all__ = ["inputs"]
