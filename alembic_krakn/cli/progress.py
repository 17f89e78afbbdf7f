"""Draw progress: steps and tasks go in; bars on a terminal's stderr, lines for a log, or JSON, come out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from ..progress import Silent
from ..report.lines import amount, count
from .logs import Logged
from .output import Output, is_terminal
from .work import Work

PATIENCE = 1.0  # seconds; what takes no longer needs no words
_NAME = 24  # letters, so that with all the rest of a line there is room in 80


@contextmanager
def drawn(output: Output) -> Iterator[Plain | Bars | Logged]:
    """Give the progress that fits stderr; what it drew is gone afterwards."""
    if output.as_json and not output.quiet:
        yield Logged()
    elif not output.quiet and is_terminal(sys.stderr):
        bars = Bars(output)
        with bars.drawing:
            yield bars
    else:
        yield Plain(output)


class Plain(Silent):
    """Lines for a log: steps with -v, and how far tasks have come that take more than a moment."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.tasks: dict[str, Work] = {}

    def pause(self) -> AbstractContextManager[object]:
        """Leave the terminal to a question."""
        return nullcontext()

    def step(self, text: str) -> None:
        """Say a step, if asked to."""
        self.output.explain(text)

    def start(self, task: str, total: int | None, size: int | None = None) -> None:
        """Remember when a task began."""
        self.tasks[task] = Work(total, size)

    def advance(self, task: str, units: int, size: int = 0) -> None:
        """Say now and then how far a task has come."""
        work = self.tasks[task]
        work.add(units, size)
        if work.due():
            self.output.remark(f"{task}: {work.told}")

    def finish(self, task: str) -> None:
        """Say that a task is done, if it took long."""
        work = self.tasks.pop(task)
        if work.seconds > PATIENCE:
            sent = f", {amount(work.bytes)}," if work.bytes else ""
            self.output.remark(f"{task}: {count(work.rows, 'row')}{sent} in {work.seconds:.1f} s")


class _Name(ProgressColumn):
    """The name of a table, which gives way to the rest of its line."""

    def render(self, task: Task) -> Text:
        text = Text(task.description)
        text.truncate(_NAME, overflow="ellipsis", pad=True)
        return text


class _Told(ProgressColumn):
    """How far a task has come, in words."""

    def render(self, task: Task) -> Text:
        work: Work = task.fields["work"]
        return Text(work.told, style="dim")


class Bars:
    """The steps in hand, and a bar for each task in hand."""

    def __init__(self, output: Output) -> None:
        self.output = output
        line = Column(no_wrap=True, overflow="ellipsis")
        self.steps = Progress(SpinnerColumn(), TextColumn("{task.description}", markup=False, table_column=line))
        self.bars = Progress(_Name(), BarColumn(bar_width=6), _Told(line))
        self.drawing = Live(Group(self.steps, self.bars), console=output.remarks, transient=True, refresh_per_second=10)
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
            self.steps.remove_task(self.current)
        self.current = self.steps.add_task(text, total=None)

    @contextmanager
    def beside(self, text: str) -> Iterator[None]:
        """Show a step below the one in hand until it is over; with -v, it stays."""
        if self.output.verbose:
            self.output.explain(text)
            yield
            return
        task = self.steps.add_task(text, total=None)
        try:
            yield
        finally:
            self.steps.remove_task(task)

    def start(self, task: str, total: int | None, size: int | None = None) -> None:
        """Show a bar, or let it begin anew."""
        if task in self.tasks:
            self.finish(task)
        self.tasks[task] = self.bars.add_task(task, total=None, work=Work(total, size))

    def advance(self, task: str, units: int, size: int = 0) -> None:
        """Move the bar."""
        number = self.tasks[task]
        work = self.bars.tasks[self.bars.task_ids.index(number)].fields["work"]
        work.add(units, size)
        if (share := work.share) is not None:
            self.bars.update(number, total=1.0, completed=share)

    def finish(self, task: str) -> None:
        """Take the bar away."""
        self.bars.remove_task(self.tasks.pop(task))


__all__ = ["Bars", "Plain", "drawn"]
