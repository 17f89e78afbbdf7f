"""Print for a person or a pipe: results go to stdout, remarks to stderr, colours only where somebody sees them."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TextIO

import rich.table
from rich.console import Console
from rich.text import Text

from ..errors import KraknError
from ..report.lines import Line, Style, Table
from . import logs

_COLOURS = {
    Style.PLAIN: "",
    Style.HEADING: "bold",
    Style.ADDED: "green",
    Style.REMOVED: "red",
    Style.CHANGED: "yellow",
    Style.ALARM: "bold red",
    Style.WARNING: "magenta",
    Style.GOOD: "green",
    Style.DIM: "dim",
}
# Names and definitions come out of databases, and a terminal would obey what they hold.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WIDEST = 120
_LEVELS: Mapping[Style, logs.Level] = {Style.ALARM: "error", Style.WARNING: "warning", Style.DIM: "debug"}
_ENDLESS = 10_000  # columns of a pipe


class Output:
    """Where one command prints, and how much it says."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False, as_json: bool = False) -> None:
        self.quiet = quiet
        self.as_json = as_json  # what is said on stderr
        self.verbose = verbose
        _open_what_is_closed()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a letter that the terminal lacks shall not end the command
                stream.reconfigure(errors="backslashreplace")
        self.results = _console(sys.stdout)
        self.remarks = _console(sys.stderr)

    def show(self, result: Iterable[Line | Table]) -> None:
        """Print a result; on a terminal it is laid out to fit."""
        width = min(self.results.width, _WIDEST) if is_terminal(sys.stdout) else None
        with _unless_nobody_reads():
            for each in result:
                if isinstance(each, Table):
                    self._print_table(each, width or _ENDLESS)
                    continue
                for part in _laid(each, self.results, width):
                    self.results.print(part, soft_wrap=True)
            sys.stdout.flush()

    def _print_table(self, table: Table, width: int) -> None:
        self.results.width = width
        with self.results.capture() as captured:
            self.results.print(_table(table))
        # rich fills the last column with blanks.
        sys.stdout.write("".join(f"{each.rstrip()}\n" for each in captured.get().splitlines()))

    def show_text(self, text: str) -> None:
        """Print a result as it is, for another program: in UTF-8, whatever a terminal here would have."""
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8")
        with _unless_nobody_reads():
            sys.stdout.write(text)
            sys.stdout.flush()

    def show_json(self, data: Any) -> None:
        """Print a result as JSON."""
        self.show_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    def remark(self, text: str, style: Style = Style.PLAIN) -> None:
        """Say something beside the result, unless asked to be quiet."""
        if not self.quiet:
            self.insist(text, style)

    def explain(self, text: str) -> None:
        """Say what is going on, if asked to."""
        if self.verbose and not self.quiet:
            self.insist(text, Style.DIM)

    def insist(self, text: str, style: Style = Style.ALARM) -> None:
        """Say what must be said even to those who asked for quiet."""
        if self.as_json:
            logs.write(_LEVELS.get(style, "info"), "remark", message=text)
            return
        with suppress(OSError):  # who does not read on, or a disk that is full
            self.remarks.print(Text(_visible(text), style=_COLOURS[style]), soft_wrap=True)

    def end(self) -> None:
        """Leave nothing that cannot be written to Python's last moment."""
        try:
            sys.stderr.flush()
        except OSError:
            _lead_nowhere(sys.stderr)

    def fail(self, text: str, exit_code: int, *, prefix: str = "") -> int:
        """Say why the command ends, and give the exit code."""
        if self.as_json:
            logs.write("error", "failed", message=text, exit_code=exit_code)
        else:
            self.insist(f"{prefix}{text}")
        return exit_code

    def log(self, event: str, **facts: str | float | None) -> None:
        """Note an event for the programs that read logs; people see the result."""
        if self.as_json and not self.quiet:
            logs.write("info", event, **facts)

    @contextmanager
    def hears(self, logger: logging.Logger) -> Iterator[None]:
        """Print what the library logs: warnings, and with -v all the rest of it."""
        handler = _Remarks(self)
        handler.setLevel(logging.DEBUG if self.verbose else logging.WARNING)
        level, propagate = logger.level, logger.propagate
        logger.addHandler(handler)
        logger.setLevel(handler.level)
        logger.propagate = False
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate


class _Remarks(logging.Handler):
    """Log records as remarks."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self.output = output

    def emit(self, record: logging.LogRecord) -> None:
        # The message alone: a traceback could hold rows.
        if record.levelno >= logging.WARNING:
            prefix = "" if self.output.as_json else "warning: "
            self.output.remark(f"{prefix}{record.getMessage()}", Style.WARNING)
        else:
            self.output.explain(record.getMessage())


def is_terminal(stream: TextIO) -> bool:
    """Say whether a person watches a stream on a terminal that can do more than print."""
    return is_watched(stream) and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


def is_watched(stream: TextIO) -> bool:
    """Say whether a stream is a terminal; what rich puts in its place under a bar does not know, up to rich 14."""
    return getattr(stream, "rich_proxied_file", stream).isatty()


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command, where rich would end the process with 1."""
        raise


def _console(stream: TextIO) -> Console:
    plain = bool(os.environ.get("NO_COLOR"))
    return _Console(
        file=stream,
        # NO_COLOR would leave rich its bold and dim.
        color_system=None if plain else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


def _laid(line: Line, console: Console, width: int | None) -> Iterator[Text]:
    """Give a line as rich has it, in parts of at most `width`."""
    text = Text()
    for piece, style in line.pieces:
        text.append(_visible(piece), _COLOURS[style])
    text.rstrip()
    room = (width or 0) - line.indent
    fits = width is None or len(text) <= room
    for number, part in enumerate([text] if fits else text.wrap(console, max(room - line.hang, 20))):
        part.rstrip()
        yield Text(" " * (line.indent + (line.hang if number else 0)) if part else "") + part


def _table(table: Table) -> rich.table.Table:
    """Give a table as rich has it, without lines around it."""
    made = rich.table.Table(box=None, pad_edge=False, header_style=_COLOURS[Style.HEADING])
    for heading in table.headings:
        made.add_column(heading, justify="right" if heading in table.numbers else "left", overflow="fold")
    for row in table.rows:
        made.add_row(*(Text(_visible(cell)) for cell in row))
    return made


def _visible(text: str) -> str:
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


@contextmanager
def _unless_nobody_reads() -> Iterator[None]:
    """Stop printing when the reader has gone, as `krakn diff | head` does, and say so when there is no room."""
    try:
        yield
    except OSError as exc:
        _lead_nowhere(sys.stdout)
        if not isinstance(exc, BrokenPipeError):
            raise KraknError(
                f"what was done is done, but the result cannot be written to stdout: {exc.strerror}"
            ) from None


def _lead_nowhere(stream: TextIO) -> None:
    """Let what could not be written go nowhere: Python tries again at its end, and gives 120 for an exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_what_is_closed() -> None:
    """Let what whoever started us has closed (`>&-`) lead nowhere, where Python has None for it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the end, as the others
