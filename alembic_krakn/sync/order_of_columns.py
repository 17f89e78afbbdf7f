"""Planned tables in; which of their columns stand where a column that was dropped and made anew would stand, out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..catalog import Catalog, Column
from .values import ColumnPlan, Origin, TablePlan


@dataclass(frozen=True)
class Pair:
    """A table that has its name on both sides, and the columns that are copied from one to the other."""

    table: TablePlan
    have: Mapping[str, Column]
    want: Sequence[Column]
    copied: Mapping[str, Column]  # test's names, prod's columns

    @cached_property
    def appended(self) -> set[str]:
        """Name the copied columns that stand after a new one, or no longer in prod's order: they were added later."""
        last, found, later = 0, set(), False
        for column in self.want:
            have = self.copied.get(column.name)
            later = later or have is None or have.position < last
            last = have.position if have else last
            if have and later:
                found.add(column.name)
        return found

    @cached_property
    def overtaken(self) -> set[str]:
        """Name the copied columns that now stand behind ones that prod has behind them."""
        last, found = 0, set()
        for column in self.want:
            have = self.copied.get(column.name)
            if have and have.position < last:
                found.add(column.name)
            last = max(last, have.position if have else 0)
        return found


def pair_of(prod: Catalog, test: Catalog, table: TablePlan) -> Pair:
    """Pair a planned table's columns on both sides."""
    have = {column.name: column for column in prod.columns(*table.prod)}
    copied = {column.name: have[name] for column in table.columns if (name := _counterpart(column)) in have}
    return Pair(table, have, test.columns(*table.test), copied)


def _counterpart(column: ColumnPlan) -> str | None:
    """Name prod's column that is this one there; an expression makes of it what another type wants."""
    if column.origin is Origin.EXPRESSION:
        return column.name
    return column.source[0] if len(column.source) == 1 else None


def migrated(pairs: Iterable[Pair]) -> bool:
    """Tell whether the order of test's columns is the work of migrations: what was appended is mostly changed, too.

    Where test was made from models, columns stand in the models' order, and those that moved are as they were.
    """
    changed = [
        pair.copied[column.name].type != column.type
        for pair in pairs
        for column in pair.want
        if column.name in pair.appended
    ]
    return sum(changed) * 2 >= len(changed)


def appends(pairs: Iterable[Pair]) -> bool:
    """Tell whether new columns come last wherever there are some, nearly, as only migrations leave them.

    Of many tables few may have others, or few columns of a few tables.
    """
    fresh = [pair for pair in pairs if any(column.name not in pair.copied for column in pair.want)]
    behind, copied = sum(len(pair.appended) for pair in fresh), sum(len(pair.copied) for pair in fresh)
    tables = sum(bool(pair.appended) for pair in fresh)
    return len(fresh) > 2 and (tables * 5 <= len(fresh) or behind * 10 <= copied)


__all__ = ["Pair", "appends", "migrated", "pair_of"]
