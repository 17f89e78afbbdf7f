"""Write for a terminal what syncs did in the past: their rows of the history in, a table out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .lines import Line, Table, amount, line

if TYPE_CHECKING:
    from ..sync.past import PastSync

_HEADINGS = (
    "began (UTC)",
    "seconds",
    "mode",
    "tables",
    "rows",
    "size",
    "masked",
    "prod",
    "revision of prod",
    "of test",
    "role",
    "profile",
    "key",
)


def lines(syncs: Sequence[PastSync]) -> list[Line | Table]:
    """Write a line for each sync, or that there was none."""
    if not syncs:
        return [line("no sync has written into test so far")]
    return [Table(_HEADINGS, tuple(map(_row, syncs)), frozenset({"seconds", "tables", "rows", "size", "masked"}))]


def _row(one: PastSync) -> tuple[str, ...]:
    return (
        f"{one.began:%Y-%m-%d %H:%M:%S}",
        f"{one.took.total_seconds():.1f}",
        one.mode,
        f"{one.tables:,}",
        f"{one.rows:,}",
        amount(one.bytes),
        f"{one.masked_columns:,}",
        one.prod,
        ", ".join(one.prod_revision or ()),
        ", ".join(one.test_revision or ()),
        one.role,
        one.profile[:8],
        one.key_fingerprint or "",
    )
