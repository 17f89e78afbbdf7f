"""Draw progress: steps and tasks go in; bars on a terminal's stderr, or an occasional plain line, come out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TaskID, TextColumn
from rich.progress_bar import ProgressBar
from rich.text import Text

from ..report.lines import count
from .output import Output, is_terminal

PATIENCE = 1.0  # seconds; what takes no longer needs no words
BETWEEN = 5.0  # seconds between two lines about one task


@contextmanager
def drawn(output: Output) -> Iterator[Plain | Bars]:
    """Give the progress that fits stderr; what it drew is gone afterwards."""
    if output.quiet:
        yield Plain(output)
    elif is_terminal(sys.stderr):
        bars = Bars(output)
        with bars.drawing:
            yield bars
    else:
        yield Plain(output)


@dataclass
class _Work:
    """How far a task has come."""

    total: int | None
    began: float
    said: float
    done: int = 0


class Plain:
    """Lines for a log: steps with -v, and how far tasks have come that take more than a moment."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.tasks: dict[str, _Work] = {}

    def pause(self) -> AbstractContextManager[object]:
        """Leave the terminal to a question."""
        return nullcontext()

    def step(self, text: str) -> None:
        """Say a step, if asked to."""
        self.output.explain(text)

    def start(self, task: str, total: int | None) -> None:
        """Remember when a task began."""
        now = time.monotonic()
        self.tasks[task] = _Work(total, now, now)

    def advance(self, task: str, units: int, size: int = 0) -> None:
        """Say now and then how far a task has come."""
        work, now = self.tasks[task], time.monotonic()
        work.done += units
        if now - work.said >= BETWEEN:
            work.said = now
            known = f" of about {work.total:,}" if work.total else ""
            self.output.remark(f"{task}: {work.done:,}{known} rows, {rate(work.done, now - work.began)}")

    def finish(self, task: str) -> None:
        """Say that a task is done, if it took long."""
        work = self.tasks.pop(task)
        seconds = time.monotonic() - work.began
        if seconds > PATIENCE:
            self.output.remark(f"{task}: {count(work.done, 'row')} in {seconds:.1f} s")


class _Bar(BarColumn):
    """A bar, of tasks only."""

    def render(self, task: Task) -> ProgressBar | Text:  # type: ignore[override]
        return Text("") if task.fields.get("is_step") else super().render(task)


class _Rate(TextColumn):
    """The rows done, of how many, and how fast."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        if task.fields.get("is_step"):
            return Text("")
        known = f" of {task.total:,.0f}" if task.total else ""
        return Text(f"{task.completed:,.0f}{known} rows  {rate(task.completed, task.elapsed or 0)}", style="dim")


class Bars:
    """The step in hand, and a bar for each task in hand."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.drawing = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            _Bar(bar_width=20),
            _Rate(),
            console=output.remarks,
            transient=True,
        )
        self.tasks: dict[str, TaskID] = {}
        self.current: TaskID | None = None

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Leave the terminal to a question."""
        self.drawing.stop()
        yield
        self.drawing.start()

    def step(self, text: str) -> None:
        """Show the step; with -v, it stays."""
        if self.output.verbose:
            self.output.explain(text)
            return
        if self.current is not None:
            self.drawing.remove_task(self.current)
        self.current = self.drawing.add_task(text, total=None, is_step=True)

    def start(self, task: str, total: int | None) -> None:
        """Show a bar."""
        self.tasks[task] = self.drawing.add_task(task, total=total)

    def advance(self, task: str, units: int, size: int = 0) -> None:
        """Move the bar; an estimated total grows with what arrives."""
        number = self.tasks[task]
        self.drawing.advance(number, units)
        now = self.drawing.tasks[self.drawing.task_ids.index(number)]
        if now.total is not None and now.completed > now.total:
            self.drawing.update(number, total=now.completed)

    def finish(self, task: str) -> None:
        """Take the bar away."""
        self.drawing.remove_task(self.tasks.pop(task))


def rate(units: float, seconds: float) -> str:
    """Say how fast it goes: '120,000/s'."""
    return f"{units / seconds:,.0f}/s" if seconds > 0 else "-/s"


__all__ = ["Bars", "Plain", "drawn", "rate"]
