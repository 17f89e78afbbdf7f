"""Write for a terminal what syncs did in the past: their rows of the history in, a table out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .lines import Line, Table, line

if TYPE_CHECKING:
    from ..sync.past import PastSync

_HEADINGS = ("began (UTC)", "seconds", "mode", "rows", "masked", "prod was at")


def lines(syncs: Sequence[PastSync]) -> list[Line | Table]:
    """Write a line for each sync, or that there was none; the JSON says more than 80 columns can hold."""
    if not syncs:
        return [line("no sync has written into test so far")]
    return [Table(_HEADINGS, tuple(map(_row, syncs)), frozenset({"seconds", "rows", "masked"}))]


def _row(one: PastSync) -> tuple[str, ...]:
    return (
        f"{one.began:%Y-%m-%d %H:%M:%S}",
        f"{one.took.total_seconds():.1f}",
        one.mode,
        f"{one.rows:,}",
        f"{one.masked_columns:,}",
        ", ".join(one.prod_revision or ()),
    )
