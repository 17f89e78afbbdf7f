"""A table with masks that keep values apart in; how many distinct values the same rows hold on either side, out.

A hash of columns that arrive as they are chooses the rows, so that both sides choose the same ones, and few of them:
counting the distinct values of all rows takes longer than copying them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from ..catalog import Catalog
from ..names import Name, comma, text_of
from .check import hash_of
from .portion import primary_key
from .values import WHOLE, ColumnPlan, Part, TablePlan, shown

if TYPE_CHECKING:
    from .stream import Driver

ROWS = 4096  # about; a table with no more is looked at whole

Values = Mapping[str, frozenset[int]]  # by column: hashes of what it holds


@dataclass(frozen=True)
class Sample:
    """Which rows of a table are looked at, and which columns of them."""

    table: TablePlan
    columns: tuple[ColumnPlan, ...]
    by: tuple[ColumnPlan, ...]  # whose hash chooses the rows
    one_in: int  # a power of two

    def prod_query(self, part: Part = WHOLE) -> str:
        """Compose the query on prod, for one part of the table."""
        hashes = self._hashes([column.select for column in self.columns if column.select is not None])
        chosen = self._chosen([column.prod_check for column in self.by if column.prod_check is not None])
        narrowed = part if chosen is None else part.narrowed(chosen)
        return text_of(self.table.at(part).rows_of_prod(hashes, narrowed))

    def test_query(self, table: TablePlan) -> str:
        """Compose the query on test, for the table or a partition of it."""
        hashes = self._hashes([Name(column.name) for column in self.columns])
        chosen = self._chosen([column.test_check for column in self.by if column.test_check is not None])
        query = sql.SQL("SELECT {} FROM {}").format(hashes, table.in_test)
        return text_of(query + sql.SQL(" WHERE ") + chosen if chosen is not None else query)

    def _hashes(self, values: Sequence[sql.Composable]) -> sql.Composable:
        one = sql.SQL(
            "pg_catalog.array_agg(DISTINCT"
            ' pg_catalog.hashtextextended(({})::pg_catalog.text COLLATE pg_catalog."C", 0))'
        )
        return comma(one.format(value) for value in values)

    def _chosen(self, values: Sequence[sql.Composable]) -> sql.Composable | None:
        if self.one_in == 1:
            return None
        return sql.SQL("({} & {}) = 0").format(hash_of(values), sql.Literal(self.one_in - 1))

    async def run(self, connection: Driver, query: str) -> Values:
        """Run one of the two queries."""
        row = await connection.fetchrow(query)
        assert row is not None
        # NULL is no value, and hashes to none.
        return {
            column.name: frozenset(hashed for hashed in found or () if hashed is not None)
            for column, found in zip(self.columns, row, strict=True)
        }

    def say(self, on_prod: Sequence[Values], on_test: Sequence[Values]) -> list[str]:
        """Say which columns have more or fewer distinct values in all parts on test than on prod."""
        told = []
        for name in (column.name for column in self.columns):
            want, have = (len(frozenset().union(*(part[name] for part in parts))) for parts in (on_prod, on_test))
            if want != have:
                told.append(
                    f"{shown(self.table.test)}.{name} is masked and has {have} distinct values in test, prod has"
                    f" {want}{'' if self.one_in == 1 else f', in one of {self.one_in:,} rows'}"
                )
        return told


def sample_of(table: TablePlan, test: Catalog, rows: int) -> Sample | None:
    """Choose what to look at; None where no mask keeps values apart, or nothing can choose rows of a large table."""
    columns = tuple(c for c in table.sent if c.masker is not None and c.masker.injective and not c.numbered)
    one_in = 1
    while rows > ROWS * one_in:
        one_in *= 2
    by = _key(table, test) or table.checked
    return Sample(table, columns, by, one_in) if columns and (by or one_in == 1) else None


def _key(table: TablePlan, test: Catalog) -> tuple[ColumnPlan, ...]:
    """Give the columns of the primary key, where all of them arrive as they are; a key is quick to hash."""
    checked, key = {column.name: column for column in table.checked}, primary_key(test, table.test)
    return tuple(checked[name] for name in key) if checked.keys() >= set(key) else ()


__all__ = ["Sample", "Values", "sample_of"]
