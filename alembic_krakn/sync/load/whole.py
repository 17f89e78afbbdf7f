"""What is ready and a crew of one connection to test in; everything loaded in one transaction, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import asyncpg

from ...catalog import Answer, Catalog, Fact, assemble, present, queries
from ...errors import SyncError
from ...names import Ident
from ...progress import Progress
from ..holders import holders
from ..hooks import own_path
from ..prepare import Ready
from ..stream import Driver
from ..structure import Structure, lock_statement
from ..triggers import TRIGGERS, disable, restore
from ..turns import beside_others
from ..values import as_arrays
from .crew import Crew, explained, uncut
from .ending import run_hooks
from .flow import Load
from .large_objects import Numbers, numbers_of
from .loaded import Loaded

_SETTINGS = (
    # For building indexes; with PostgreSQL's own 64 MB, sorting a few million keys goes to disk.
    "SET LOCAL maintenance_work_mem = '256MB'",
    "SET LOCAL row_security = off",
    # Before an index of the same table can be built, nothing may be left to check.
    "SET CONSTRAINTS ALL IMMEDIATE",
)
_PATIENCE = 5  # seconds to wait for a rollback
_UNKNOWN = "whether test has the new rows is not known; look at it"


async def in_one_transaction(ready: Ready, crew: Crew, progress: Progress) -> Loaded:
    """Lock and empty test's tables, load, and commit; or roll back and say why."""
    async with whole_or_nothing(ready, crew, progress):
        progress.step("emptying the tables of test")
        load = Load(ready, crew, progress)
        async with explained("emptying the tables of test"), crew.test.one() as test:
            triggers, load.former = await _clear(test, ready)
        loaded = await load.run()
        async with explained("enabling the triggers of test"):
            await crew.test.run(restore(triggers))
    return loaded


@asynccontextmanager
async def whole_or_nothing(
    ready: Ready, crew: Crew, progress: Progress, mode: str = "ACCESS EXCLUSIVE"
) -> AsyncIterator[None]:
    """Lock test's tables in a transaction that is committed if all goes well and their schema is as it was."""
    async with crew.test.one() as test:
        transaction = test.transaction()
        await transaction.start()
    try:
        progress.step("locking the tables of test")
        async with explained("locking the tables of test"), crew.test.one() as test:
            await beside_others(test, ready.order.test.shown)
            await _lock(test, ready, mode)
        async with crew.test.one() as test:
            await run_hooks(test, ready, progress, "before")
        yield
        async with explained("proving that test's schema is as before"), crew.test.one() as test:
            otherwise = "krakn did not bring back all of test's schema; please report this"
            if ready.hooks.at:
                otherwise = "a hook of the profile has changed what tables of test are made of, which a sync must not"
            await _expect_same_schema(test, ready, otherwise)
        progress.step("committing")
        async with explained("committing", otherwise=_UNKNOWN):
            await uncut(transaction.commit())
    except BaseException:
        # Where the connection is gone, or is closed because nothing comes back, the server rolls back by itself:
        # asyncpg waits for ever for the answer to its cancel request when the server had failed already, and up to 0.31
        # has the statement behind a COPY that failed end as if somebody had interrupted.
        gone = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncio.TimeoutError, asyncio.CancelledError)
        with suppress(*gone):
            await asyncio.wait_for(transaction.rollback(), _PATIENCE)
        raise


async def _lock(test: Driver, ready: Ready, mode: str) -> None:
    """Lock the tables, which are as they were when the plan was made."""
    await _run(test, _SETTINGS)
    await lock(test, ready, ready.structure, mode)
    await _expect_same_schema(test, ready, "test's schema has changed since the plan was made; run it again")


async def lock(test: Driver, ready: Ready, structure: Structure, mode: str = "ACCESS EXCLUSIVE") -> None:
    """Lock every table that is touched, or say who is in the way."""
    try:
        await test.execute(lock_statement(structure, mode))
    except asyncpg.LockNotAvailableError:
        tables, own = {*structure.emptied, *structure.neighbours}, test.get_server_pid()
        who = await asyncio.to_thread(holders, ready.order.test, tables, own) or "somebody uses a table of test"
        raise SyncError(f"{who}; end that session, or raise --lock-timeout") from None


async def _clear(test: Driver, ready: Ready) -> tuple[list[asyncpg.Record], Numbers]:
    """Empty the tables, with nothing left in the way of rows; give triggers as they were, and what rows named."""
    structure = ready.structure
    triggers = await test.fetch(TRIGGERS, *as_arrays(structure.emptied))
    await _run(test, [*disable(triggers), *structure.drop])
    former = await numbers_of(test, ready.objects.named_before)
    await _run(test, [structure.truncate])
    return list(triggers), former


async def _expect_same_schema(test: Driver, ready: Ready, otherwise: str) -> None:
    """Compare what test's tables are made of with the catalog that the plan was made from."""
    async with own_path(test, "pg_catalog"):
        asked = queries(await _answer(test, present()))
        now = assemble({name: await _answer(test, query) for name, query in asked.items()})
    have, want = (_parts(catalog, ready.structure) for catalog in (now, ready.test))
    if have != want:
        odd = sorted(ident for ident in have.keys() | want.keys() if have.get(ident) != want.get(ident))
        raise SyncError(f"{otherwise} ({', '.join(map(str, odd[:5]))}{', ...' if len(odd) > 5 else ''})")


def _parts(catalog: Catalog, structure: Structure) -> dict[Ident, Fact]:
    """Give the facts of all tables that are touched."""
    tables = [Ident("table", relation) for relation in (*structure.emptied, *structure.neighbours)]
    return {ident: catalog.facts[ident] for ident in catalog.closure(tables) if ident in catalog.facts}


async def _answer(test: Driver, query: str) -> Answer:
    found = await test.fetch(query)
    return Answer([*found[0].keys()], [*map(tuple, found)]) if found else Answer()


async def _run(test: Driver, statements: Iterable[str]) -> None:
    for statement in statements:
        if statement:
            await test.execute(statement)


__all__ = ["in_one_transaction", "lock", "whole_or_nothing"]
