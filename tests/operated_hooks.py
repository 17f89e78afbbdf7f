"""Hooks that the stories of hooks call."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from psycopg import sql

from alembic_krakn.sync.hooks import Moment


def tell(moment: Moment) -> list[sql.Composable]:
    """Write down when it was called."""
    row = (moment.when, moment.table, moment.rows, list(moment.prod_revision or ()), list(moment.test_revision or ()))
    insert = sql.SQL("insert into told (said) values ({})")
    return [insert.format(sql.Literal(repr(row)))]


def several(_: Moment) -> Iterator[str]:
    """Give statements one after the other."""
    yield "update t set name = 'first' where id = 1"
    yield "update t set name = name || '!' where id = 1"


def nothing(_: Moment) -> None:
    """Find nothing to do."""


def number(_: Moment) -> int:
    """Give what is no SQL."""
    return 7


def broken(_: Moment) -> str:
    """Fail with something secret."""
    raise ValueError("secret-value")


not_callable = 7


def leaves(values: pl.Series) -> pl.Series:
    """Leave the program instead of masking."""
    raise SystemExit(str(values.to_list()))


def zero(values: pl.Series) -> pl.Series:
    """Give text that PostgreSQL cannot hold."""
    return values.str.replace_all(".", "\0")
