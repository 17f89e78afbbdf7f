"""Events of a command in; one JSON object a line on stderr, for programs that gather logs, out."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime, timezone
from typing import Literal, TypeAlias

from ..progress import Silent
from .work import Work

Level: TypeAlias = Literal["debug", "info", "warning", "error"]


def write(level: Level, event: str, **facts: str | float | None) -> None:
    """Write one line; what is not known is left out."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    known = {name: value for name, value in facts.items() if value is not None}
    with suppress(OSError):  # who does not read on, or a disk that is full
        sys.stderr.write(json.dumps({"time": now, "level": level, "event": event, **known}) + "\n")
        sys.stderr.flush()


class Logged(Silent):
    """The progress that programs read: steps, and for each table when it begins, now and then, and when it is done."""

    def __init__(self) -> None:
        self.tasks: dict[str, Work] = {}

    def pause(self) -> AbstractContextManager[object]:
        """Have nothing to pause."""
        return nullcontext()

    def step(self, text: str) -> None:
        """Log a step."""
        write("info", "step", message=text)

    def start(self, task: str, total: int | None, size: int | None = None) -> None:
        """Log that a table begins."""
        self.tasks[task] = Work(total, size)
        write("info", "table_started", table=task, expected_rows=total, expected_bytes=size)

    def advance(self, task: str, units: int, size: int = 0) -> None:
        """Log now and then how far a table has come."""
        work = self.tasks[task]
        work.add(units, size)
        if work.due():
            left = work.left
            write(
                "info",
                "table_progress",
                table=task,
                rows=work.rows,
                bytes=work.bytes,
                seconds=round(work.seconds, 3),
                seconds_left=None if left is None else round(left, 1),
            )

    def finish(self, task: str) -> None:
        """Log that a table is done."""
        work = self.tasks.pop(task)
        write("info", "table_done", table=task, rows=work.rows, bytes=work.bytes, seconds=round(work.seconds, 3))


__all__ = ["Level", "Logged", "write"]
