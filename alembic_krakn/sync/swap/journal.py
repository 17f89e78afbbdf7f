"""What is finished in a new database, kept there until it takes test's place, so that another run can go on with it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Set

import psycopg

from ... import __version__
from ...catalog import Catalog
from ...connect import WritableConnection
from ..attempt import attempt
from ..check import Sum
from ..load import Finished
from ..prepare import Ready
from ..stream import Driver, Streamed
from ..values import Relation

SCHEMA = "krakn_unfinished"
_BEGIN = """
    CREATE SCHEMA krakn_unfinished;
    CREATE TABLE krakn_unfinished.run (
        fingerprint pg_catalog.text NOT NULL, prepared pg_catalog.bool NOT NULL DEFAULT false
    );
    CREATE TABLE krakn_unfinished.done (
        schema pg_catalog.text, name pg_catalog.text, rows pg_catalog.int8, bytes pg_catalog.int8,
        seconds pg_catalog.float8, checksum pg_catalog.text, PRIMARY KEY (schema, name)
    );
"""
_NOTE = "INSERT INTO krakn_unfinished.done VALUES ($1, $2, $3, $4, $5, $6)"


def fingerprint(ready: Ready, whole: Catalog) -> str:
    """Sum up all that decides what rows and what schema come out: rules, key, both schemas, krakn itself."""
    order = ready.order
    parts = [
        __version__,
        order.prod.shown,
        order.profile.fingerprint,
        order.key.fingerprint if order.key else "",
        *(repr(fact) for catalog in (ready.prod.catalog, whole) for _, fact in sorted(catalog.facts.items())),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def begin(target: WritableConnection, mark: str) -> None:
    """Begin a journal in a database that is empty."""
    with target.transaction():
        target.execute(_BEGIN)
        target.execute("INSERT INTO krakn_unfinished.run (fingerprint) VALUES (%s)", (mark,))


async def prepare_once(test: Driver, work: Callable[[], Awaitable[None]]) -> None:
    """Do what comes before all tables, unless an earlier run has done it; it is noted together with what it did."""
    if await test.fetchval("SELECT prepared FROM krakn_unfinished.run"):
        return
    async with attempt(test):
        await work()
        await test.execute("UPDATE krakn_unfinished.run SET prepared = true")


def mark_of(target: WritableConnection) -> str | None:
    """Give the fingerprint of the run that began here; None where none came so far."""
    try:
        rows = target.fetch("SELECT fingerprint FROM krakn_unfinished.run")
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None
    return rows[0]["fingerprint"] if rows else None


def finished(target: WritableConnection) -> Mapping[Relation, Finished]:
    """List what is finished."""
    return {
        (row["schema"], row["name"]): Finished(
            Streamed(row["rows"], row["bytes"], 0.0, row["seconds"]), Sum(row["rows"], row["checksum"])
        )
        for row in target.fetch("TABLE krakn_unfinished.done")
    }


async def note(unlogged: Set[Relation], test: Driver, relation: Relation, one: Finished) -> None:
    """Write down that a table is finished; not of an `unlogged` one, whose rows may be gone later."""
    if relation in unlogged:
        return
    streamed = one.streamed
    await test.execute(_NOTE, *relation, streamed.rows, streamed.size, streamed.seconds, one.total.checksum)


def end(target: WritableConnection) -> None:
    """Throw the journal away."""
    target.execute("DROP SCHEMA krakn_unfinished CASCADE")


__all__ = ["SCHEMA", "begin", "end", "fingerprint", "finished", "mark_of", "note", "prepare_once"]
