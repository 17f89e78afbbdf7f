"""An order in; prod's rows, masked, in the test database, and a report of it, out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

import psycopg

from ..connect import ConnectionLost
from ..errors import SyncError, ValidationFailed
from ..progress import Progress, Silent
from .load import Loaded, crew, in_one_transaction
from .looping import in_loop
from .order import Manner, Order
from .prepare import Ready, prepared
from .problems import AS_IT_WAS, RowRefused, said
from .result import SyncResult, result_of
from .swap import swap
from .unfit import unfit
from .upsert import merge_in_one_transaction


def run_sync(order: Order, manner: Manner | None = None, progress: Progress | None = None) -> SyncResult:
    """Fill test with prod's rows, or leave it as it was and say why."""
    manner, progress = manner or Manner(), progress or Silent()
    started, clock = datetime.now(timezone.utc), time.monotonic()
    with _told_as_one(), prepared(order, progress, manner) as ready:
        try:
            loaded = _load(ready, progress)
        except RowRefused as refused:
            progress.step("counting the rows that do not fit")
            counted = unfit(ready.plan, ready.prod, ready.test)
            kind = ValidationFailed if isinstance(refused, ValidationFailed) else SyncError
            raise kind("\n  ".join([str(refused), *map(str, counted)])) from None
    return result_of(ready.plan, ready.keep.table, loaded, started, time.monotonic() - clock)


@contextmanager
def _told_as_one() -> Iterator[None]:
    """Say in one sentence, without a value, what goes wrong around the load, where test is still as it was."""
    try:
        yield
    except psycopg.Error as exc:
        told = exc if isinstance(exc, ConnectionLost) else said(exc, "a server")
        raise SyncError(f"{told}; {AS_IT_WAS}") from None


def _load(ready: Ready, progress: Progress) -> Loaded:
    """Load in the manner that was asked for, if there is anything to load."""
    if not (ready.plan.tables or ready.plan.emptied):
        return Loaded()
    if ready.manner.swap:
        return swap(ready, progress)
    return in_loop(ready.age.limits(_in_place(ready, progress)))


async def _in_place(ready: Ready, progress: Progress) -> Loaded:
    """Gather a crew and load in one transaction."""
    order, manner = ready.order, ready.manner
    async with crew(order.prod, order.test, ready.reader.export_snapshot(), manner, paths=ready.paths) as gathered:
        if manner.mode != "replace":
            return await merge_in_one_transaction(ready, gathered, progress)
        return await in_one_transaction(ready, gathered, progress)


__all__ = ["run_sync"]
