"""Two addresses and a profile in; prod's rows, masked, in the test database, and a report of it, out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from datetime import datetime, timezone
from typing import Any, TypeVar

from ..connect import Address, open_stream
from ..errors import Interrupted
from ..mask import MaskKey
from ..progress import Progress, Silent
from ..renames import Renames
from .load import Load, Loaded
from .plan import ALEMBIC_VERSION
from .prepare import Ready, prepared
from .profile import Profile
from .result import SyncResult, result_of
from .values import Relation

T = TypeVar("T")
logger = logging.getLogger(__name__)


def run_sync(
    prod: Address,
    test: Address,
    profile: Profile,
    renames: Renames | None = None,
    key: MaskKey | None = None,
    *,
    progress: Progress | None = None,
    version_tables: frozenset[Relation] = ALEMBIC_VERSION,
    lock_timeout: str = "10s",
    statement_timeout: str = "0",
) -> SyncResult:
    """Fill test with prod's rows in one transaction, or leave it as it was and say why.

    `statement_timeout` is for one statement on either side, in PostgreSQL's words; a table's COPY is one. "0" is none.
    """
    progress = progress or Silent()
    started, clock = datetime.now(timezone.utc), time.monotonic()
    with prepared(prod, test, profile, renames, key, version_tables, progress) as ready:
        something = ready.plan.tables or ready.plan.emptied
        loaded = (
            _in_loop(_load(prod, test, ready, (lock_timeout, statement_timeout), progress)) if something else Loaded()
        )
    return result_of(ready.plan, loaded, started, time.monotonic() - clock)


async def _load(prod: Address, test: Address, ready: Ready, timeouts: tuple[str, str], progress: Progress) -> Loaded:
    """Open both streams and load."""
    lock_timeout, statement_timeout = timeouts
    asyncio.get_running_loop().set_exception_handler(_quietly)
    expected = {table.test: ready.sizes[table.test].rows or None for table in ready.plan.tables if not table.where}
    snapshot = ready.reader.export_snapshot()
    source = await open_stream(prod, read_only=True, snapshot=snapshot, statement_timeout=statement_timeout)
    try:
        target = await open_stream(
            test, read_only=False, lock_timeout=lock_timeout, statement_timeout=statement_timeout
        )
        try:
            load = Load(ready, source, target, progress)
            return await load.run(expected)
        finally:
            target.terminate()
    finally:
        source.terminate()


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
