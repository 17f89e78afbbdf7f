"""A planned table in; its number of rows and an order-independent 64-bit checksum, on either side, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import add
from typing import TYPE_CHECKING

from psycopg import sql

from ..names import Name, comma, text_of
from .values import WHOLE, Part, TablePlan, shown

if TYPE_CHECKING:
    from .stream import Driver

_MODULUS = 2**64


@dataclass(frozen=True)
class Sum:
    """How many rows there are, and the sum of their hashes modulo 2**64."""

    rows: int
    checksum: str | None  # 16 hex digits; None where no column is compared
    nulls: tuple[int, ...] = ()  # of the masked columns whose masks leave NULL alone

    def __add__(self, other: Sum) -> Sum:
        """Give what both parts of a table add up to."""
        both = (
            None
            if self.checksum is None or other.checksum is None
            else _shown(int(self.checksum, 16) + int(other.checksum, 16))
        )
        alike = len(self.nulls) == len(other.nulls)  # else one of both was only counted
        nulls = tuple(map(add, self.nulls, other.nulls)) if alike else ()
        return Sum(self.rows + other.rows, both, nulls)


def prod_query(table: TablePlan, part: Part = WHOLE) -> str:
    """Compose the query on prod."""
    values = [column.prod_check for column in table.checked if column.prod_check is not None]
    counted = [column.select for column in table.counted if column.select is not None]
    return text_of(table.rows_of_prod(_sums(values, counted), part))


def test_query(table: TablePlan) -> str:
    """Compose the query on test."""
    values = [column.test_check for column in table.checked if column.test_check is not None]
    sums = _sums(values, [Name(column.name) for column in table.counted])
    return text_of(sql.SQL("SELECT {} FROM {}").format(sums, table.in_test))


def rows_only(table: TablePlan) -> TablePlan:
    """Give the same table with nothing to compare but the number of rows."""
    return replace(
        table, columns=tuple(replace(column, prod_check=None, test_check=None, masker=None) for column in table.columns)
    )


def hash_of(values: Iterable[sql.Composable]) -> sql.Composed:
    """Compose the 64-bit hash of some values, which is the same on every server."""
    return sql.SQL("pg_catalog.hash_record_extended(ROW({}), 0)").format(comma(values))


async def run(connection: Driver, query: str) -> Sum:
    """Run one of the two queries."""
    # With fetchrow(), which asks for one row and no more, PostgreSQL would start no parallel workers.
    ((rows, total, *held),) = await connection.fetch(query)
    return Sum(rows, None if total is None else _shown(int(total)), tuple(rows - values for values in held))


def _shown(total: int) -> str:
    return f"{total % _MODULUS:016x}"


def _sums(values: Sequence[sql.Composable], counted: Sequence[sql.Composable]) -> sql.Composable:
    # The sum of an empty table is 0, and not unknown.
    total = sql.SQL("coalesce(pg_catalog.sum({}), 0)::pg_catalog.text")
    return comma(
        [
            sql.SQL("pg_catalog.count(*)"),
            total.format(hash_of(values)) if values else sql.SQL("NULL"),
            *(sql.SQL("pg_catalog.count({})").format(value) for value in counted),
        ]
    )


def say(table: TablePlan, on_prod: Sum, on_test: Sum) -> str:
    """Say how two sums differ."""
    relation = table.test
    if on_prod.rows != on_test.rows:
        return f"{shown(relation)} has {on_test.rows} rows in test, prod has {on_prod.rows}"
    for column, have, want in zip(table.counted, on_test.nulls, on_prod.nulls, strict=True):
        if have != want:
            return f"{shown(relation)}.{column.name} is masked and has {have} NULLs in test, prod has {want}"
    return (
        f"{shown(relation)}: the checksum of its {on_test.rows} rows is {on_test.checksum} in test and"
        f" {on_prod.checksum} in prod"
        + ("; the profile's SQL must give the same whenever it is asked, as random() does not" if table.own_sql else "")
    )
