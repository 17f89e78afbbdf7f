"""Bytes that came from prod in; a wait, where more of them came than may, out."""

from __future__ import annotations

import asyncio
import time

_CREDIT = 0.1  # seconds' worth of bytes that may come at once after a pause
_SHORTEST = 0.01  # seconds; an event loop that sleeps for less wakes too late too often


class Pace:
    """How fast all streams of a run together may read prod; who has to wait reads nothing, so prod waits as well."""

    def __init__(self, rate: float | None = None) -> None:
        """Take megabytes a second, a million bytes each; None is no limit."""
        self._rate = rate and rate * 1e6
        self._due = time.monotonic()  # when all that has come should have come

    async def keep(self, size: int) -> None:
        """Wait until so many more bytes are within the rate."""
        if not self._rate:
            return
        now = time.monotonic()
        self._due = max(self._due, now - _CREDIT) + size / self._rate
        if self._due - now >= _SHORTEST:
            await asyncio.sleep(self._due - now)


__all__ = ["Pace"]
