"""A column in; the key that its values come from by foreign keys, and whether they are unique, out."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalog import Catalog, Column, Constraint, Index
from ..names import Ident


def is_unique(catalog: Catalog, column: Column) -> bool:
    """Tell whether a unique index or key, or one that excludes equal values, covers this column alone."""
    table = Ident("table", (column.schema, column.table))
    keys = (key.columns for key in catalog.parts(table, Constraint) if key.type in ("p", "u") or _excludes_equals(key))
    indexes = (tuple(key.column for key in index.keys) for index in catalog.parts(table, Index) if index.unique)
    return (column.name,) in {*keys, *indexes}


def _excludes_equals(key: Constraint) -> bool:
    return key.type == "x" and all(operator.endswith(".=") for operator in key.operators)


def root_key(catalog: Catalog, column: Column) -> Column:
    """Follow single-column foreign keys to the key that a column's values come from."""
    seen: set[Ident] = set()
    while column.ident not in seen:
        seen.add(column.ident)
        for _, parent in references(catalog, column):
            column = parent
            break
    return column


def references(catalog: Catalog, column: Column) -> Iterator[tuple[Constraint, Column]]:
    """List the foreign keys of a column with the column that each refers to."""
    for key in catalog.parts(Ident("table", (column.schema, column.table)), Constraint):
        if key.references and column.name in key.columns:
            at = key.columns.index(column.name)
            parent = catalog.get(Column, *key.references, key.referenced_columns[at])
            if parent is not None:
                yield key, parent
