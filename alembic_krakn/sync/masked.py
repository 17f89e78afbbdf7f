"""A planned column and the mask that its rule names in; the same column with a masker that fits it, out."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from psycopg import sql

from ..catalog import Catalog, Column
from ..mask import ColumnInfo, FakeMask, MaskKey, MaskSpec, build
from .lineage import must_differ, root_key
from .profile import Profile
from .values import ColumnPlan, shown


def with_mask(
    plan: ColumnPlan, mask: MaskSpec, column: Column, test: Catalog, key: MaskKey | None, unique: Container[str]
) -> ColumnPlan:
    """Put a mask on a column, or raise a KraknError that says why it does not fit; of some groups, fakes are unique."""
    info = _info(column, test, like_unique=isinstance(mask, FakeMask) and mask.group in unique)
    masker = build(mask, info, key)
    nullified = mask == "nullify"
    if nullified:  # the values need not leave prod
        plan = replace(plan, select=sql.SQL("NULL::text"), plain=False)
    return replace(
        plan, mask=masker.label, masker=None if nullified else masker, binary=False, prod_check=None, test_check=None
    )


def unique_groups(profile: Profile, test: Catalog) -> frozenset[str]:
    """Name the groups of fakes of which one column is unique: in the others, equal values become the same fakes."""
    masks = (
        (test.get(Column, *relation, name), rule.mask)
        for relation in profile.named_tables
        for name, rule in profile.rule_for(*relation).columns.items()
    )
    return frozenset(
        mask.group
        for column, mask in masks
        if isinstance(mask, FakeMask) and column is not None and must_differ(test, root_key(test, column))
    )


def _info(column: Column, test: Catalog, *, like_unique: bool) -> ColumnInfo:
    """Describe the column that masked values must fit: for a foreign key, the key that it refers to."""
    key = root_key(test, column)
    return ColumnInfo(
        table=shown((column.schema, column.table)),
        column=column.name,
        type=key.type,
        base_type=key.base_type,
        nullable=not column.not_null,
        unique=must_differ(test, key),
        like_unique=like_unique,
    )
