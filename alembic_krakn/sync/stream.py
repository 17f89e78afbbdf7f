"""Rows of one table out of prod, through the masks, into test, with how long each of the three was waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import asyncpg

from .blocks import BLOCK, Blocks, Driver
from .pace import Pace
from .values import Part, TablePlan


@dataclass(frozen=True)
class Waits:
    """How many seconds a stream waited for each of the three that work on it."""

    prod: float = 0.0
    masks: float = 0.0
    test: float = 0.0

    def __add__(self, other: Waits) -> Waits:
        """Add up two streams."""
        return Waits(self.prod + other.prod, self.masks + other.masks, self.test + other.test)


@dataclass(frozen=True)
class Streamed:
    """What went through."""

    rows: int
    size: int  # bytes, as test took them
    began: float  # on a clock of this process
    ended: float
    waits: Waits = Waits()

    def __add__(self, other: Streamed) -> Streamed:
        """Give what two parts of a table were together."""
        return Streamed(
            self.rows + other.rows,
            self.size + other.size,
            min(self.began, other.began),
            max(self.ended, other.ended),
            self.waits + other.waits,
        )

    @property
    def seconds(self) -> float:
        """Tell how long it took, from the first row to the last."""
        return self.ended - self.began


async def stream_table(
    prod: Driver,
    test: Driver,
    table: TablePlan,
    part: Part,
    workers: Executor,
    tell: Callable[[int, int], None],
    *,
    freeze: bool,
    pace: Pace,
    large: bool,
) -> Streamed:
    """Stream one part of a table; `tell` hears of each block how many rows (0 in binary) and bytes it has.

    `large` is for a table whose rows may not fit into memory.
    `freeze` is for a table that test's transaction has made or emptied: its rows need no second visit by VACUUM.
    """
    began, size = time.monotonic(), 0
    on_prod = on_masks = on_test = 0.0
    blocks = Blocks(table, workers, pace)
    reader = asyncio.ensure_future(blocks.read(prod, part, large=large))

    async def masked() -> AsyncIterator[bytes]:
        nonlocal size, on_prod, on_masks, on_test
        asked = time.monotonic()
        while (block := await blocks.next()) is not None:
            came = time.monotonic()
            data = await block
            ready = time.monotonic()
            yield data
            taken = time.monotonic()
            on_prod, on_masks, on_test = on_prod + came - asked, on_masks + ready - came, on_test + taken - ready
            size += len(data)
            tell(0 if table.binary else data.count(b"\n"), len(data))
            asked = time.monotonic()
        await reader  # where reading failed, writing must fail as well and not end

    copying = test.copy_to_table(
        table.target[1],
        schema_name=table.target[0],
        columns=[column.name for column in table.sent],
        source=masked(),
        format=table.format,
        freeze=True if freeze else None,
    )
    try:
        status = await _unless_lost(test, copying)
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    waits = Waits(on_prod, on_masks, on_test)
    return Streamed(int(status.split()[-1]), size, began, time.monotonic(), waits)


async def _unless_lost(connection: Driver, work: Coroutine[Any, Any, str]) -> str:
    """Wait for work on a connection, and fail when the connection goes: asyncpg would wait for ever to write."""
    task, lost = asyncio.ensure_future(work), asyncio.Event()
    watch = asyncio.ensure_future(lost.wait())

    def notice(_: object) -> None:
        lost.set()

    connection.add_termination_listener(notice)
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            # What the server said last, if anything, has arrived before the end.
            await asyncio.wait({task}, timeout=1)
        if not task.done():
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        try:
            return task.result()
        except RuntimeError:  # uvloop's, of a transport that is closed
            if lost.is_set():
                raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation") from None
            raise
    finally:
        connection.remove_termination_listener(notice)
        for future in (task, watch):
            future.cancel()
        await asyncio.gather(task, watch, return_exceptions=True)


__all__ = ["BLOCK", "Driver", "Streamed", "Waits", "stream_table"]
