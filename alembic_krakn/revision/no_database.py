"""A connection of SQLAlchemy's with no database behind it: each statement is heard, and nothing has any rows."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.pool import StaticPool
from sqlalchemy.util import await_only

from .inspected import Inspected
from .older import OlderEngine
from .standing import Standing

GREENLET = importlib.util.find_spec("greenlet") is not None  # without it nothing asynchronous can run in a revision
# The columns of the result, if it has one, and its rows.
Answer = tuple[Sequence[str] | None, Sequence[tuple[Any, ...]]]
Hear = Callable[[str], Answer]

_PLACES = re.compile(r"%(?:%|s|\(([^)]*)\)s)")


def no_database(standing: Standing, hear: Hear) -> OlderEngine:
    """Make an engine that hands every statement to `hear`, which gives the answer."""
    dialect = Inspected(standing)
    dialect.dbapi = psycopg  # type: ignore[assignment]  # for the classes of its exceptions
    pool = StaticPool(lambda: NoConnection(hear))  # type: ignore[arg-type]
    return OlderEngine(pool, dialect, URL.create("postgresql"))


class NoConnection:
    """What SQLAlchemy takes for a driver's connection."""

    autocommit = False
    closed = False

    def __init__(self, hear: Hear) -> None:
        self.hear = hear

    def cursor(self, *_arguments: Any, **_options: Any) -> _Cursor:
        return _Cursor(self.hear)

    def commit(self) -> None:
        """Do nothing: nothing is kept."""

    rollback = close = commit


class _Cursor:
    """What SQLAlchemy takes for a driver's cursor."""

    arraysize = 1
    rowcount = 0
    lastrowid = 0

    def __init__(self, hear: Hear) -> None:
        self.hear = hear
        self.rows: list[tuple[Any, ...]] = []
        self.description: list[tuple[Any, ...]] | None = None

    def execute(self, statement: Any, parameters: Any = None, **_options: Any) -> _Cursor:
        if GREENLET:  # op.run_async() insists on somebody having waited; nobody else can
            waiting = _no_time()
            with suppress(MissingGreenlet):
                await_only(waiting)
            waiting.close()
        text = statement if isinstance(statement, str) else _text(statement)
        columns, rows = self.hear(_filled(text, parameters or ()))
        self.description = None if columns is None else [(name, *[None] * 6) for name in columns]
        self.rows = list(rows)
        self.rowcount = len(self.rows)
        return self

    def executemany(self, statement: Any, _rows: Any) -> None:
        self.hear(statement if isinstance(statement, str) else _text(statement))

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.rows.pop(0) if self.rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        return [self.rows.pop(0) for _ in range(min(size or self.arraysize, len(self.rows)))]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.fetchmany(len(self.rows)) if self.rows else []

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def __enter__(self) -> _Cursor:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    setinputsizes = close

    async def _async_soft_close(self) -> None:
        """Do nothing; SQLAlchemy asks the cursors of asynchronous drivers for this."""


async def _no_time() -> None:
    """Take no time."""


def _text(statement: Any) -> str:
    return statement.decode() if isinstance(statement, bytes) else str(statement.as_string(None))


def _filled(text: str, parameters: Any) -> str:
    """Put parameters into a statement, as the drivers do that fill it in themselves."""
    in_order = iter(() if isinstance(parameters, dict) else parameters)

    def fill(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        try:
            return _literal(parameters[found[1]] if found[1] is not None else next(in_order))
        except (KeyError, StopIteration, TypeError):
            return found[0]

    return _PLACES.sub(fill, text)


def _literal(value: Any) -> str:
    if isinstance(value, tuple):  # as psycopg2 puts it behind IN
        return f"({', '.join(map(_literal, value)) or 'NULL'})"
    try:
        return sql.Literal(value).as_string(None)
    except psycopg.Error:  # of a type that the driver does not know
        return "NULL"
