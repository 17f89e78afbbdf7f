"""Databases for tests: DDL goes in; the URL of a fresh database comes out, or the catalog that the DDL would make."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row, tuple_row

from alembic_krakn import embedded
from alembic_krakn.catalog import Catalog, read_catalog
from alembic_krakn.catalog.reader import Ask

_serial = itertools.count(1)


class Databases:
    """Makes databases on a server, and drops them."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._made: list[str] = []
        self._admin = psycopg.connect(server, autocommit=True)
        self.version = self._admin.info.server_version // 10000
        # Through the WAL, which PostgreSQL 15 and later prefer, a database takes twice as long to make and to drop.
        self._manner = sql.SQL(" STRATEGY file_copy" if self.version >= 15 else "")
        self._empty: psycopg.Connection[DictRow] | None = None

    def __call__(self, *scripts: str, name: str | None = None) -> str:
        """Give the URL of a fresh database in which some DDL has run; it goes when the test ends."""
        self._made.append(name or f"krakn_test_{os.getpid()}_{next(_serial)}")
        url = self._create(self._made[-1])
        scripts = tuple(filter(str.strip, scripts))
        if scripts:
            with psycopg.connect(url, autocommit=True) as conn:
                for script in scripts:
                    conn.execute(script)
        return url

    def catalog(self, *scripts: str) -> Catalog:
        """Read the catalog that an empty database would have after some DDL, which is taken back.

        That spares a database; and PostgreSQL has long planned what is asked there.
        """
        with self.taken_back(*scripts) as conn:
            return read_within(conn)

    @contextmanager
    def taken_back(self, *scripts: str) -> Iterator[psycopg.Connection[DictRow]]:
        """Run some DDL in an empty database, in a transaction that is taken back in the end."""
        if self._empty is None:
            name = f"krakn_test_{os.getpid()}_empty"
            self._empty = psycopg.connect(self._create(name), row_factory=dict_row)
        try:
            for script in filter(str.strip, scripts):
                self._empty.execute(script)
                self._empty.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self._empty.execute("SET LOCAL search_path = pg_catalog")
            yield self._empty
        finally:
            self._empty.rollback()

    @contextmanager
    def briefly(self, *scripts: str) -> Iterator[list[str]]:
        """Make a database for each script, which goes before the test ends: for the length of one example."""
        before = len(self._made)
        try:
            yield [self(script) for script in scripts]
        finally:
            self.drop(before)

    def drop(self, but: int = 0) -> None:
        """Drop what was made for the test, but for the first so many."""
        while len(self._made) > but:
            self._drop(self._made.pop())

    def close(self) -> None:
        """Drop the rest."""
        self.drop()
        if self._empty is not None:
            name = self._empty.info.dbname
            self._empty.close()
            self._drop(name)
        self._admin.close()

    def _create(self, name: str) -> str:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0{}").format(sql.Identifier(name), self._manner)
        self._admin.execute(create)
        return embedded.with_database(self._server, name)

    def _drop(self, name: str) -> None:
        self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def read_within(conn: psycopg.Connection[DictRow]) -> Catalog:
    """Read the catalog in the open transaction; what was asked before on this connection is planned already."""
    return read_catalog(asking(conn))


def asking(conn: psycopg.Connection[Any]) -> Ask:
    """Give what a catalog is read by: a query in, its columns and its rows out."""
    cursor = conn.cursor(row_factory=tuple_row)

    def ask(query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        rows = cursor.execute(query, prepare=True).fetchall()  # type: ignore[arg-type]  # it is our own
        return [column.name for column in cursor.description or ()], rows

    return ask
