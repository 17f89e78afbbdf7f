"""Two addresses and a profile in; prod's rows, masked, in the test database, and a report of it, out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any, TypeVar

from ..connect import open_stream
from ..errors import Interrupted
from ..progress import Progress, Silent
from .load import Crew, Loaded, Pool, in_one_transaction
from .order import Manner, Order
from .prepare import Ready, prepared
from .problems import RowRefused
from .result import SyncResult, result_of
from .stream import Driver
from .unfit import unfit

T = TypeVar("T")
logger = logging.getLogger(__name__)


def run_sync(order: Order, manner: Manner | None = None, progress: Progress | None = None) -> SyncResult:
    """Fill test with prod's rows, or leave it as it was and say why."""
    manner, progress = manner or Manner(), progress or Silent()
    started, clock = datetime.now(timezone.utc), time.monotonic()
    with prepared(order, progress, manner.statement_timeout) as ready:
        something = ready.plan.tables or ready.plan.emptied
        try:
            loaded = _in_loop(_load(order, manner, ready, progress)) if something else Loaded()
        except RowRefused as refused:
            progress.step("counting the rows that do not fit")
            counted = unfit(ready.plan, ready.prod, ready.test)
            raise RowRefused("\n  ".join([str(refused), *map(str, counted)])) from None
    return result_of(ready.plan, loaded, started, time.monotonic() - clock)


async def _load(order: Order, manner: Manner, ready: Ready, progress: Progress) -> Loaded:
    """Gather a crew and load."""
    asyncio.get_running_loop().set_exception_handler(_quietly)
    async with _crew(order, manner, ready) as crew:
        return await in_one_transaction(ready, crew, progress)


@asynccontextmanager
async def _crew(order: Order, manner: Manner, ready: Ready) -> AsyncIterator[Crew]:
    """Open the connections, prod's in one snapshot, and the threads for the masks."""
    snapshot = ready.reader.export_snapshot()
    workers = ThreadPoolExecutor(2, thread_name_prefix="krakn-mask")
    opened: list[Driver] = []
    timeout = manner.statement_timeout
    try:
        source = await open_stream(order.prod, read_only=True, snapshot=snapshot, statement_timeout=timeout)
        opened.append(source)
        target = await open_stream(
            order.test, read_only=False, lock_timeout=manner.lock_timeout, statement_timeout=timeout
        )
        opened.append(target)
        yield Crew(Pool([source]), Pool([target]), workers)
    finally:
        for connection in opened:
            connection.terminate()
        workers.shutdown(wait=False, cancel_futures=True)


def _quietly(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note what asyncio says of futures that nobody waits for any more, without the values that it may show."""
    logger.debug("the event loop: %s", type(context.get("exception")).__name__)


def _in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run the event loop, uvloop's where the platform has it; Ctrl-C cancels the work, which rolls back."""
    try:
        try:
            import uvloop
        except ImportError:  # there is none for Windows, nor for PyPy
            return asyncio.run(work)
        return uvloop.run(work)
    except KeyboardInterrupt:
        interrupted = Interrupted("interrupted; everything is rolled back, test is as it was")
    raise interrupted
