"""What is ready in; a new database with prod's rows in the place of test, or test as it was, out."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
from psycopg import sql

from ...catalog import Catalog, Table
from ...connect import Address, open_stream, open_test
from ...errors import SyncError
from ...names import Name, text_of
from ...progress import Progress
from ..elsewhere import without_foreign
from ..load import Load, Loaded, Pool, crew
from ..load.crew import explained
from ..looping import in_loop
from ..order import Manner, Order
from ..plan import plan_sync
from ..prepare import Ready
from ..profile import Profile
from ..stream import Driver
from ..values import Relation, TablePlan
from .beside import Neighbourhood, neighbourhood
from .home import home_of
from .site import build, prove, read_whole, refuse_incomplete, site_of

_SETTINGS = {
    "maintenance_work_mem": "256MB",
    "row_security": "off",
    # Until the rename, which is waited for, nothing here is anybody's.
    "synchronous_commit": "off",
}
_POSITIONS = """
    SELECT schemaname AS schema, sequencename AS name, last_value FROM pg_catalog.pg_sequences
    WHERE last_value IS NOT NULL
"""


def swap(order: Order, manner: Manner, ready: Ready, progress: Progress) -> Loaded:
    """Build test's schema in a new database, fill it by several connections, check it, and put it in test's place."""
    with neighbourhood(order.test) as near:
        with open_test(order.test) as old:
            home, whole = home_of(old), read_whole(old)
        refuse_incomplete(whole)
        for left in near.unfinished():
            near.drop(left)
        progress.step("creating a database beside test")
        name = near.create(home)
        with _dropped_if_it_fails(near, name):
            there = order.test.with_database(name)
            site = site_of(whole, ready.structure.emptied, _tables(whole))
            progress.step("building test's schema there")
            with open_test(there) as target:
                build(target, site.bare)
            bare = replace(ready, structure=site.structure)
            loaded = in_loop(_load(order, there, manner, bare, _kept(whole, ready), progress))
            progress.step("building what comes last")
            with open_test(there) as target:
                build(target, whole)
                prove(target, whole)
            _expect_same_schema(order.test, whole)
            progress.step("putting it in the place of test")
            near.put(name, home)
        for former in near.former()[manner.keep :]:
            near.drop(former)
    return loaded


@contextlib.contextmanager
def _dropped_if_it_fails(near: Neighbourhood, name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # What went wrong says more than what goes wrong now, and the next run drops it as well.
        with contextlib.suppress(psycopg.Error):
            near.drop(name)
        raise


async def _load(
    order: Order, there: Address, manner: Manner, ready: Ready, kept: tuple[TablePlan, ...], progress: Progress
) -> Loaded:
    """Gather a crew for the new database, and one connection to the old one, whose own tables move along."""
    snapshot, patient = ready.reader.export_snapshot(), replace(manner, lock_timeout="0")
    async with (
        crew(order.prod, there, snapshot, patient, settings=_SETTINGS) as gathered,
        _holding(order.test, kept, manner) as old,
    ):
        positions = [
            text_of(
                sql.SQL("SELECT pg_catalog.setval({}, {})").format(
                    sql.Literal(text_of(Name(row["schema"], row["name"]))), sql.Literal(row["last_value"])
                )
            )
            for row in await old.fetch(_POSITIONS)
        ]
        async with explained("setting sequences"):
            await gathered.test.run(positions)
        return await Load(ready, replace(gathered, kept=Pool([old])), progress, kept=kept, alone=True).run()


@asynccontextmanager
async def _holding(test: Address, kept: tuple[TablePlan, ...], manner: Manner) -> AsyncIterator[Driver]:
    """Open test at one moment, and let nobody write into the tables that are kept until this ends."""
    old = await open_stream(test, read_only=False, lock_timeout=manner.lock_timeout)
    try:
        async with explained("reading the tables of test that are kept"):
            await old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            if names := ", ".join(text_of(Name(*table.test)) for table in kept):
                await old.execute(f"LOCK TABLE {names} IN SHARE MODE")
        yield old
    finally:
        old.terminate()


def _kept(whole: Catalog, ready: Ready) -> tuple[TablePlan, ...]:
    """Plan how the rows move that only test has: of tables that are skipped, of Alembic's own and the like."""
    here = without_foreign(whole)
    replaced = {*(table.test for table in ready.plan.tables), *ready.plan.emptied}
    everything = plan_sync(here, here, Profile(), version_tables=frozenset()).tables
    return tuple(table for table in everything if table.test not in replaced)


def _tables(whole: Catalog) -> set[Relation]:
    return {(table.schema, table.name) for table in whole.of(Table)}


def _expect_same_schema(test: Address, whole: Catalog) -> None:
    with open_test(test) as old:
        if read_whole(old).facts != whole.facts:
            raise SyncError("test's schema has changed since the plan was made; run it again; test is as it was")


__all__ = ["swap"]
