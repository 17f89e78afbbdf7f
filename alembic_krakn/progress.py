"""What long work tells whoever waits for it: steps, and how far the step in hand has come."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Progress(Protocol):
    """Hear how work goes on. The library calls it; `cli/` draws it."""

    def step(self, text: str) -> None:
        """Hear that a step begins, as a short sentence: 'reading the catalog of prod'."""

    def beside(self, text: str) -> AbstractContextManager[object]:
        """Hear that a step begins while others go on, and when it is over: 'building index public.i'."""

    def start(self, task: str, total: int | None, size: int | None = None) -> None:
        """Hear that a task of about `total` units (rows) and `size` bytes begins; None where nobody knows."""

    def advance(self, task: str, units: int, size: int = 0) -> None:
        """Hear that `units` more units, of `size` bytes together, are done."""

    def finish(self, task: str) -> None:
        """Hear that a task is done."""


class Silent:
    """The progress that nobody watches."""

    def step(self, text: str) -> None:
        """Say nothing."""

    def beside(self, text: str) -> AbstractContextManager[object]:
        """Take it for a step as any."""
        self.step(text)
        return nullcontext()

    def start(self, task: str, total: int | None, size: int | None = None) -> None:
        """Say nothing."""

    def advance(self, task: str, units: int, size: int = 0) -> None:
        """Say nothing."""

    def finish(self, task: str) -> None:
        """Say nothing."""
