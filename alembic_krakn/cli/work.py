"""What a task has done so far in; how far that is, how fast it goes and how long it will take, out."""

from __future__ import annotations

import time
from datetime import timedelta

from ..report.lines import amount

_BETWEEN = 5.0  # seconds between two lines about one task


class Work:
    """How far a task has come."""

    def __init__(self, total: int | None, size: int | None = None) -> None:
        self.total, self.size = total, size  # rows and bytes that are expected
        self.rows = self.bytes = 0
        self._began = self._said = time.monotonic()

    def add(self, rows: int, size: int) -> None:
        """Count what came."""
        self.rows += rows
        self.bytes += size

    def due(self) -> bool:
        """Tell whether enough time has passed since this was last true."""
        now = time.monotonic()
        if now - self._said < _BETWEEN:
            return False
        self._said = now
        return True

    @property
    def seconds(self) -> float:
        """Tell how long it has been going on."""
        return time.monotonic() - self._began

    @property
    def share(self) -> float | None:
        """Estimate how much is done, up to 1: by rows, or by bytes as long as these are not counted, as in binary."""
        if self.rows:
            return min(self.rows / self.total, 1.0) if self.total else None
        return min(self.bytes / self.size, 1.0) if self.size else None

    @property
    def left(self) -> float | None:
        """Estimate how many seconds are left."""
        return self.seconds * (1 - self.share) / self.share if self.share else None

    @property
    def told(self) -> str:
        """Say it in a few words: '1.2M of 3.0M rows, 123.0 MB, 120k/s, 0:00:14 left'."""
        known = f" of {short(self.total)}" if self.total else ""
        parts = [f"{short(self.rows)}{known} rows"] if self.rows else []
        parts += [amount(self.bytes)] if self.bytes else []
        parts += [f"{short(self.rows / self.seconds)}/s"] if self.rows else []
        parts += [f"{amount(self.bytes / self.seconds)}/s"] if self.bytes and not self.rows else []
        left = self.left
        return ", ".join([*parts, *([] if left is None else [f"{timedelta(seconds=round(left))} left"])])


def short(number: float) -> str:
    """Say a number in at most five letters: '950', '12k', '1.2M'."""
    if number < 1000:
        return f"{number:.0f}"
    for unit in ("k", "M", "G"):
        number /= 1000
        if number < 999.5:
            return f"{number:.1f}{unit}" if number < 9.95 else f"{number:.0f}{unit}"
    return f"{number:.0f}T"


__all__ = ["Work", "short"]
