"""Planned tables in; the columns by which values would arrive that another column masks, out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..catalog import Catalog, Column, Table
from .missing import Missing
from .profile import Profile
from .profile_text import line_for, mask_yaml, scalar
from .values import ColumnPlan, Relation, TablePlan, shown


def tainted(prod: Catalog, test: Catalog, tables: Iterable[TablePlan], profile: Profile) -> Iterator[Missing]:
    """Find what prod computes from masked values, copies them a second time, or inherits a masked column."""
    plans = {table.test: table for table in tables}
    for table in plans.values():
        masked = {source: column for column in table.columns if column.mask for source in column.source}
        for column in table.sent:
            if column.mask or not column.source:
                continue
            for why, like in (*_again(table, column, masked, profile), *_computed(table, column, masked, prod)):
                yield _missing(table.test, column, why, like, profile)
    for heir in test.of(Table):
        for parent in heir.inherits:
            if parent in plans and (heir.schema, heir.name) in plans:
                yield from _inherited(plans[parent], plans[heir.schema, heir.name], profile)


def _again(
    table: TablePlan, column: ColumnPlan, masked: Mapping[str, ColumnPlan], profile: Profile
) -> Iterator[tuple[str, tuple[Relation, str]]]:
    rule = profile.rule_for(*table.test).columns.get(column.name)
    for name in column.source:
        if name in masked and not (rule and rule.from_):
            other = masked[name].name
            yield f"it copies {name} of prod, which {other} masks", (table.test, other)


def _computed(
    table: TablePlan, column: ColumnPlan, masked: Mapping[str, ColumnPlan], prod: Catalog
) -> Iterator[tuple[str, None]]:
    have = None if table.from_query else prod.get(Column, *table.prod, column.source[0])
    if have is None or not have.generated:
        return
    needs = prod.needs.get(have.ident, frozenset())
    parts = {need.path[2] for need in needs if need.kind == "column" and need.path[:2] == table.prod}
    if names := sorted(masked[part].name for part in parts & masked.keys()):
        yield f"prod computes it from {', '.join(names)}, which is masked", None


def _inherited(parent: TablePlan, heir: TablePlan, profile: Profile) -> Iterator[Missing]:
    masked = {column.name for column in parent.columns if column.mask}
    rules = profile.rule_for(*heir.test).columns
    for column in heir.sent:
        rule = rules.get(column.name)
        if column.name in masked and column.source and not column.mask and not (rule and rule.from_):
            why = f"it is inherited from {shown(parent.test)}, where it is masked"
            yield _missing(heir.test, column, why, (parent.test, column.name), profile)


def _missing(
    relation: Relation, column: ColumnPlan, why: str, like: tuple[Relation, str] | None, profile: Profile
) -> Missing:
    """Say it, with the mask that the other column has; a `from` of its own says that it is meant, if it can be."""
    told = f"{shown(relation)}.{column.name}: {why}; mask it too"
    if like is None:
        return Missing(told, line_for(relation, column.name, "mask: hash"))
    (table, name), source = like, column.source[0]
    mask = mask_yaml(profile.rule_for(*table).columns[name].mask)
    masked, plain = (line_for(relation, column.name, rule) for rule in (mask, f"from: {scalar(source)}"))
    return Missing(f"{told}, or say that it shall come as it is", f"{masked}\n      or {plain}")


__all__ = ["tainted"]
