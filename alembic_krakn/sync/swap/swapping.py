"""What is ready in; a new database with prod's rows in the place of test, or test as it was, out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import psycopg

from ...catalog import Catalog, Table
from ...connect import Address, open_test
from ...errors import SyncError
from ...progress import Progress
from ..load import Load, Loaded, Pool, crew
from ..load.crew import explained
from ..looping import in_loop
from ..order import Manner, Order
from ..prepare import Ready
from ..values import Relation, TablePlan
from .beside import Neighbourhood, neighbourhood
from .home import home_of
from .kept import holding, kept_tables, positions
from .site import build, prove, read_whole, refuse_incomplete, site_of

_SETTINGS = {
    "maintenance_work_mem": "256MB",
    "row_security": "off",
    # Until the rename, which is waited for, nothing here is anybody's.
    "synchronous_commit": "off",
}


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
            loaded = in_loop(_load(order, there, manner, bare, kept_tables(whole, ready), progress))
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
        holding(order.test, kept, manner) as old,
    ):
        async with explained("setting sequences"):
            await gathered.test.run(await positions(old))
        return await Load(ready, replace(gathered, kept=Pool([old])), progress, kept=kept, alone=True).run()


def _tables(whole: Catalog) -> set[Relation]:
    return {(table.schema, table.name) for table in whole.of(Table)}


def _expect_same_schema(test: Address, whole: Catalog) -> None:
    with open_test(test) as old:
        if read_whole(old).facts != whole.facts:
            raise SyncError("test's schema has changed since the plan was made; run it again; test is as it was")


__all__ = ["swap"]
