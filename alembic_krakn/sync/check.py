"""A planned table in; its number of rows and an order-independent 64-bit checksum, on either side, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from psycopg import sql

from ..names import Name, text_of
from .values import WHOLE, Part, Relation, TablePlan, shown

if TYPE_CHECKING:
    from .stream import Driver

_MODULUS = 2**64


@dataclass(frozen=True)
class Sum:
    """How many rows there are, and the sum of their hashes modulo 2**64."""

    rows: int
    checksum: str | None  # 16 hex digits; None where no column is compared

    def __add__(self, other: Sum) -> Sum:
        """Give what both parts of a table add up to."""
        both = (
            None
            if self.checksum is None or other.checksum is None
            else _shown(int(self.checksum, 16) + int(other.checksum, 16))
        )
        return Sum(self.rows + other.rows, both)


def prod_query(table: TablePlan, part: Part = WHOLE) -> str:
    """Compose the query on prod."""
    return text_of(table.rows_of_prod(_sums([c.prod_check for c in table.checked if c.prod_check is not None]), part))


def test_query(table: TablePlan) -> str:
    """Compose the query on test."""
    sums = _sums([column.test_check for column in table.checked if column.test_check is not None])
    only = sql.SQL("" if table.partitioned else "ONLY ")
    return text_of(sql.SQL("SELECT {} FROM {}{}").format(sums, only, Name(*table.test)))


def rows_only(table: TablePlan) -> TablePlan:
    """Give the same table with nothing to compare but the number of rows."""
    return replace(table, columns=tuple(replace(column, prod_check=None, test_check=None) for column in table.columns))


async def run(connection: Driver, query: str) -> Sum:
    """Run one of the two queries."""
    row = await connection.fetchrow(query)
    assert row is not None
    total = row["total"]
    return Sum(row["rows"], None if total is None else _shown(int(total)))


def _shown(total: int) -> str:
    return f"{total % _MODULUS:016x}"


def _sums(values: Sequence[sql.Composable]) -> sql.Composable:
    if not values:
        return sql.SQL("pg_catalog.count(*) AS rows, NULL AS total")
    # The sum of an empty table is 0, and not unknown.
    return sql.SQL(
        "pg_catalog.count(*) AS rows,"
        " coalesce(pg_catalog.sum(pg_catalog.hash_record_extended(ROW({}), 0)), 0)::pg_catalog.text AS total"
    ).format(sql.SQL(", ").join(values))


def say(relation: Relation, on_prod: Sum, on_test: Sum) -> str:
    """Say how two sums differ."""
    if on_prod.rows != on_test.rows:
        return f"{shown(relation)} has {on_test.rows} rows in test, prod has {on_prod.rows}"
    return (
        f"{shown(relation)}: the checksum of its {on_test.rows} rows is {on_test.checksum} in test and"
        f" {on_prod.checksum} in prod"
    )
