"""Planned tables in; the keys whose masks would tear references apart out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..catalog import Catalog, Constraint
from ..mask import MaskSpec
from .missing import Missing
from .profile import Profile
from .profile_text import line_for, mask_yaml
from .values import Relation, TablePlan, shown


def mismatched_masks(test: Catalog, tables: Iterable[TablePlan], profile: Profile) -> Iterator[Missing]:
    """Find foreign keys of which one side is masked and the other is not, or otherwise."""
    filled = {table.test for table in tables}
    for key in test.of(Constraint):
        here = (key.schema, key.table)
        if not key.references or here not in filled or key.references not in filled:
            continue
        for column, parent in zip(key.columns, key.referenced_columns, strict=True):
            own, other = _mask_of(profile, here, column), _mask_of(profile, key.references, parent)
            if own == other or own == "nullify":
                continue
            ends = f"{shown(here)}.{column} refers to {shown(key.references)}.{parent} ({key.name})"
            if other is None:
                yield Missing(
                    f"{ends}, and only the former is masked; mask the key it refers to in the same way",
                    line_for(key.references, parent, mask_yaml(own)),
                )
            else:
                yield Missing(
                    f"{ends}, and {'only the latter is masked' if own is None else 'their masks differ'};"
                    " mask it in the same way",
                    line_for(here, column, mask_yaml(other)),
                )


def _mask_of(profile: Profile, relation: Relation, column: str) -> MaskSpec | None:
    """Give the mask that the profile has for a column."""
    rule = profile.rule_for(*relation).columns.get(column)
    return rule.mask if rule else None
