"""Connections that take turns, work that goes on together, and whatever goes wrong there told without a value."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import asyncpg

from ...connect import Address, Side
from ...connect.stream import open_stream
from ...errors import SyncError
from ..order import Manner
from ..pace import Pace
from ..problems import AS_IT_WAS, CONFLICT, Conflict, explain
from ..stream import Driver
from ..values import TablePlan

T = TypeVar("T")
_UNHEARD = 5  # seconds in which one failure ends all other work
_ENDED = "prod ended the transaction that held it, as transaction_timeout does, or a proxy its way; run it again"
_PAUSES = (1, 2, 4)  # seconds, after which a standby server may have got on


class Pool:
    """Connections to one side; whoever asks first gets the next one that is free, or `renewed` where that is gone."""

    def __init__(self, connections: Sequence[Driver], renewed: Callable[[], Awaitable[Driver]] | None = None) -> None:
        self.size = len(connections)
        self._renewed = renewed
        self._free: asyncio.Queue[Driver] = asyncio.Queue()
        for connection in connections:
            self._free.put_nowait(connection)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Driver]:
        """Give a connection for as long as the block lasts."""
        connection = await self._free.get()
        try:
            if connection.is_closed() and self._renewed:
                connection = await self._renewed()
            yield connection
        finally:
            self._free.put_nowait(connection)

    async def run(self, statements: Iterable[str]) -> None:
        """Run statements one after the other on one connection."""
        async with self.one() as connection:
            for statement in statements:
                if statement:
                    await connection.execute(statement)


@dataclass(frozen=True)
class Crew:
    """All that works on a load: connections to prod in its snapshot and to test, threads for masks, and the pace."""

    prod: Pool
    test: Pool
    workers: Executor
    pace: Pace
    kept: Pool | None = None  # connections to what holds the rows of test that stay, where they have to move


@asynccontextmanager
async def crew(
    prod: Address,
    test: Address,
    snapshot: str,
    manner: Manner,
    *,
    paths: tuple[str, str],
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Crew]:
    """Open as many connections to both sides as there are jobs.

    `paths` are the search paths of both roles, `settings` are for the sessions on test.
    """
    of_prod, of_test = paths
    timeout = manner.statement_timeout
    source = partial(
        open_stream, prod, read_only=True, search_path=of_prod, snapshot=snapshot, statement_timeout=timeout
    )
    target = partial(
        open_stream,
        test,
        read_only=False,
        search_path=of_test,
        lock_timeout=manner.lock_timeout,
        statement_timeout=timeout,
        settings=settings,
    )
    workers = ThreadPoolExecutor(max(2, manner.jobs), thread_name_prefix="krakn-mask")
    opened: list[Driver] = []

    async def opened_by(opening: Callable[[], Awaitable[Driver]]) -> Driver:
        opened.append(await opening())
        return opened[-1]

    async def source_again() -> Driver:
        try:
            return await opened_by(source)
        except asyncpg.PostgresError:
            why = CONFLICT if opened[0].standby else _ENDED
            raise SyncError(f"prod's snapshot is gone: {why}; {AS_IT_WAS}") from None

    try:
        sources = Pool([await opened_by(source) for _ in range(manner.jobs)], source_again)
        targets = Pool([await opened_by(target) for _ in range(manner.jobs)])
        yield Crew(sources, targets, workers, Pace(manner.max_rate))
    finally:
        for connection in opened:
            connection.terminate()
        workers.shutdown(wait=False, cancel_futures=True)


async def together(work: Iterable[Awaitable[T]]) -> list[T]:
    """Wait for all of it; when one fails, stop the others and wait until they have stopped."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def patiently(work: Callable[[], Awaitable[T]], again: Callable[[], None]) -> T:
    """Do again, up to three times, what a standby server stopped; `again` hears of it."""
    for pause in _PAUSES:
        try:
            return await work()
        except Conflict:
            again()
            await asyncio.sleep(pause)
    return await work()


async def uncut(work: Coroutine[Any, Any, None]) -> None:
    """Do what must not be cut in two, as Ctrl-C would."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()


@asynccontextmanager
async def explained(
    doing: str, table: TablePlan | None = None, side: Side = Side.TEST, otherwise: str = AS_IT_WAS
) -> AsyncIterator[None]:
    """Turn whatever goes wrong into an error that shows no value; `otherwise` tells what a lost connection means."""
    try:
        yield
    except asyncpg.InFailedSQLTransactionError as exc:
        # Other work on the connection failed a moment before, and ends this as soon as it is heard of.
        await asyncio.sleep(_UNHEARD)
        raise explain(exc, doing, table, side, otherwise) from None
    except Exception as exc:  # whose own text may show values: its traceback ends here
        raise explain(exc, doing, table, side, otherwise) from None


__all__ = ["Crew", "Pool", "crew", "explained", "patiently", "together", "uncut"]
