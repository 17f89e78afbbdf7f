"""One part of a table of prod in; its rows, masked, in blocks of about 2 MiB out, in order and as they are asked for.

A row that is larger than a block by itself is masked as it comes, so that no row is in memory as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import TypeAlias

from ..connect.stream import Stream
from ..mask import Line, mask_block
from .pace import Pace
from .problems import ReadingFailed, conflicts
from .values import Part, TablePlan

BLOCK = 1 << 21
_WAITING = 3  # blocks between the two ends: one is masked, one is written, one is ready

Driver: TypeAlias = Stream


class Blocks:
    """The blocks of one part, a few of them at a time."""

    def __init__(self, table: TablePlan, workers: Executor, pace: Pace) -> None:
        self._table, self._workers, self._pace = table, workers, pace
        self._maskers, self._width = table.maskers, len(table.sent)
        self._ready: asyncio.Queue[Awaitable[bytes] | None] = asyncio.Queue(_WAITING)
        self._parts: list[bytes] = []  # of the next block
        self._size = 0
        self._rows = 0  # that have come
        self._line: Line | None = None  # a large row, until it ends

    async def next(self) -> Awaitable[bytes] | None:
        """Wait for the next block, which may still be masked; None is the end."""
        return await self._ready.get()

    async def read(self, prod: Driver, part: Part, *, large: bool) -> None:
        """Read all of them, at the pace at which they are taken; `large` where rows may not fit into memory."""
        table, standby = self._table, prod.standby
        try:
            if large:
                prod.slice_rows()
            if table.direct and part.condition is None:
                names = [column.source[0] for column in table.sent]
                await prod.copy_from_table(
                    table.prod[1], schema_name=table.prod[0], columns=names, output=self._take, format=table.format
                )
            else:
                await prod.copy_from_query(table.query(part), output=self._take, format=table.format)
        except Exception as exc:
            failed = ReadingFailed(self._rows, standby=standby)
            failed.__cause__ = exc
            if conflicts(failed):
                prod.terminate()  # if the server has not done it: the transaction is of no use any more
            await self._ready.put(None)
            raise failed from exc
        await self._hand_over()
        await self._ready.put(None)

    async def _take(self, chunk: bytes) -> None:
        await self._pace.keep(len(chunk))
        self._rows += 0 if self._table.binary else chunk.count(b"\n")
        if self._maskers and (self._line or not chunk.endswith(b"\n")):
            await self._take_apart(chunk)
        else:
            self._parts.append(chunk)
            self._size += len(chunk)
        if self._size >= BLOCK:
            await self._hand_over()

    async def _take_apart(self, chunk: bytes) -> None:
        """Mask a large row as far as it has come, and keep the rows that come with it."""
        while chunk:
            if self._line:
                end = chunk.find(b"\n") + 1 or len(chunk)
                work = self._in_thread(self._line.feed, bytes(chunk[:end]))
                await self._ready.put(work)
                await asyncio.wait([work])  # what follows depends on what the line has had
                if chunk[:end].endswith(b"\n"):
                    self._line = None
            else:
                end = chunk.rfind(b"\n") + 1
                self._parts.append(chunk[:end])
                self._size += end
                if end < len(chunk):
                    await self._hand_over()
                    self._line = Line(self._width, self._maskers)
            chunk = chunk[end:]

    async def _hand_over(self) -> None:
        data = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        if data and self._maskers:
            await self._ready.put(self._in_thread(mask_block, data, self._width, self._maskers))
        elif data:
            ready: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            ready.set_result(data)
            await self._ready.put(ready)

    def _in_thread(self, work: Callable[..., bytes], *arguments: object) -> asyncio.Future[bytes]:
        return asyncio.get_running_loop().run_in_executor(self._workers, work, *arguments)


__all__ = ["BLOCK", "Blocks", "Driver"]
