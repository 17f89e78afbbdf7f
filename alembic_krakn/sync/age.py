"""How old prod's snapshot may become in; work that needs it, stopped when it is older, out."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg

from ..connect import ReadOnlyConnection
from ..errors import KraknError, SyncError

T = TypeVar("T")
_UNITS = {"us": 1e-6, "": 1e-3, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


class Age:
    """The age of a snapshot that is taken now, and its limit in PostgreSQL's words; "0" is none."""

    def __init__(self, limit: str) -> None:
        self.limit, self._began = limit, time.monotonic()
        self._seconds = seconds_of(limit)

    @property
    def left(self) -> float | None:
        """Tell for how many seconds the snapshot may go on; None is for ever."""
        return max(self._began + self._seconds - time.monotonic(), 0.0) if self._seconds else None

    @contextmanager
    def watched(self, reader: ReadOnlyConnection) -> Iterator[None]:
        """Stop what the connection asks when the snapshot is too old, and refuse to go on."""
        if self.left is None:
            yield
            return
        alarm = threading.Timer(self.left, reader.cancel)
        alarm.daemon = True
        alarm.start()
        try:
            yield
        except (KraknError, psycopg.errors.QueryCanceled):
            if self.left:
                raise
        finally:
            alarm.cancel()
        if not self.left:
            raise self._problem()

    async def limits(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work, and stop it when the snapshot is too old; a commit that has begun is not stopped."""
        if self.left is None:
            return await work
        task, late = asyncio.ensure_future(work), False
        while not task.done():
            try:
                await asyncio.wait({task}, timeout=None if late else self.left)
            except asyncio.CancelledError:
                task.cancel()  # what the work makes of Ctrl-C is the answer
                continue
            if not task.done():
                late = True
                task.cancel()
        if late and (task.cancelled() or task.exception()):
            raise self._problem()
        return task.result()

    def _problem(self) -> SyncError:
        return SyncError(
            f"prod's snapshot is older than --max-snapshot-age allows ({self.limit}), and as long as it is open, VACUUM"
            " on prod removes nothing that was deleted or updated after it began, in any table; sync faster (--swap"
            " --jobs), from a standby server, or only a part of prod (sample, where), or allow more; test is as it was"
        )


def seconds_of(duration: str) -> float:
    """Give a duration in PostgreSQL's words in seconds: '2h', '1.5min', '500' milliseconds."""
    number, unit = re.fullmatch(r"([\d.]+)\s*([a-z]*)", duration.strip()).groups()  # type: ignore[union-attr]  # checked
    return float(number) * _UNITS[unit]


__all__ = ["Age"]
