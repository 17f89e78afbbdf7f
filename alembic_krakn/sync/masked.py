"""A planned column and the mask that its rule names in; the same column with a masker that fits it, out."""

from __future__ import annotations

from dataclasses import replace

from psycopg import sql

from ..catalog import Catalog, Column
from ..mask import ColumnInfo, MaskKey, MaskSpec, build
from .lineage import must_differ, root_key
from .values import ColumnPlan, shown


def with_mask(plan: ColumnPlan, mask: MaskSpec, column: Column, test: Catalog, key: MaskKey | None) -> ColumnPlan:
    """Put a mask on a column, or raise a KraknError that says why it does not fit."""
    masker = build(mask, _info(column, test), key)
    nullified = mask == "nullify"
    if nullified:  # the values need not leave prod
        plan = replace(plan, select=sql.SQL("NULL::text"), plain=False)
    return replace(
        plan, mask=masker.label, masker=None if nullified else masker, binary=False, prod_check=None, test_check=None
    )


def _info(column: Column, test: Catalog) -> ColumnInfo:
    """Describe the column that masked values must fit: for a foreign key, the key that it refers to."""
    key = root_key(test, column)
    return ColumnInfo(
        table=shown((column.schema, column.table)),
        column=column.name,
        type=key.type,
        base_type=key.base_type,
        nullable=not column.not_null,
        unique=must_differ(test, key),
    )
