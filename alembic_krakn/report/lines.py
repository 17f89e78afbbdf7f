"""Lines of text with styles, before anybody knows about terminals and colours."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Style(enum.Enum):
    """What a piece of text is, so that a terminal can colour it."""

    PLAIN = "plain"
    HEADING = "heading"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    ALARM = "alarm"  # rows or values will be lost, or a check failed
    WARNING = "warning"
    GOOD = "good"
    DIM = "dim"


@dataclass(frozen=True)
class Line:
    """One line: its pieces, and how far in they stand; where it must be broken, the rest stands `hang` further in."""

    pieces: tuple[tuple[str, Style], ...]
    indent: int = 0
    hang: int = 4

    @property
    def text(self) -> str:
        """Give the line without styles."""
        return (" " * self.indent + "".join(text for text, _ in self.pieces)).rstrip()


@dataclass(frozen=True)
class Table:
    """Rows under headings; the columns named in `numbers` stand to the right."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()


def line(text: str = "", style: Style = Style.PLAIN, indent: int = 0) -> Line:
    """Make a line of one style."""
    return Line(((text, style),), indent)


def count(number: int, one: str, many: str = "") -> str:
    """Say a number of things: '1 row', '2,000 rows', '3 policies'."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def amount(size: float) -> str:
    """Say a number of bytes: '8.0 kB', '1.2 GB'."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"
