"""A column in; the key that its values come from by foreign keys, and whether they must differ, out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..catalog import Catalog, Column, Constraint, Index
from ..names import Ident
from .computed import inputs
from .values import Relation


@dataclass(frozen=True)
class UniqueKey:
    """What no two rows of a table, or of some of its rows, have in common."""

    columns: frozenset[str] = frozenset()
    computed: tuple[str, ...] = ()  # expressions
    whole: bool = True  # of all rows, and not of those with a condition

    def reads(self, name: str) -> bool:
        """Tell whether a column is in it, or in one of its expressions."""
        return name in self.columns or any(re.search(rf"\b{re.escape(name)}\b", text) for text in self.computed)

    def within(self, columns: frozenset[str]) -> bool:
        """Tell whether those columns have it, so that no two rows have the same in them."""
        return self.whole and not self.computed and self.columns <= columns


def unique_keys(catalog: Catalog, relation: Relation) -> Iterator[UniqueKey]:
    """List the unique keys and indexes of a table, and the constraints that exclude equal values."""
    table = Ident("table", relation)
    for key in catalog.parts(table, Constraint):
        if key.type in ("p", "u") or _excludes_equals(key):
            yield key_of(key)
    for index in catalog.parts(table, Index):
        if index.unique:
            yield key_of(index)


def key_of(fact: Constraint | Index) -> UniqueKey:
    """Tell what a unique key or index is of."""
    if isinstance(fact, Constraint):
        return UniqueKey(frozenset(fact.columns))
    columns = frozenset(part.column for part in fact.keys if part.column is not None)
    return UniqueKey(
        columns, tuple(part.expression for part in fact.keys if part.column is None), fact.predicate is None
    )


def must_differ(catalog: Catalog, column: Column) -> bool:
    """Tell whether rows may be told apart by this column alone, so that what becomes of its values must differ."""
    keys = list(unique_keys(catalog, (column.schema, column.table)))
    made = {
        each.name
        for each in catalog.columns(column.schema, column.table)
        if each.generated and column.name in inputs(catalog, each)
    }
    for key in keys:
        names = {column.name, *made}
        if any(map(key.reads, names)) and not any(other.within(key.columns - names) for other in keys):
            return True
    return False


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
