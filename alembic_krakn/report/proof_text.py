"""Say what a proof found: its result in, lines out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .choice_text import GOALS
from .describe import edits
from .lines import Line, Style, count, line

if TYPE_CHECKING:
    from ..api import MigrateResult
    from ..revision.proof import Mismatch


def lines(result: MigrateResult) -> Iterator[Line]:
    """Say that the migration does what it should, or list what differs."""
    proof = result.proof
    if proof is None:
        return
    goal, start = GOALS[result.to], "prod"
    if result.reverse:
        goal, start = start, goal
    what = "the SQL" if result.sql is not None else "upgrade"
    if proof.holds:
        back = f", downgrade gives {start}'s back" if proof.down is not None else ""
        yield line(f"verified: {what} gives {goal}'s schema{back}", Style.GOOD)
        return
    if proof.failed:
        yield line(f"not verified: {proof.failed}", Style.ALARM)
    for differs, text in (
        (proof.up, f"not verified: after {what}, {{}} not as in {goal}"),
        (proof.down, "not verified: after downgrade, {} not as before"),
    ):
        if differs:
            things = f"{count(len(differs), 'thing')} {'is' if len(differs) == 1 else 'are'}"
            yield line(text.format(things), Style.ALARM)
            yield from (line(_said(each), indent=4) for each in differs)


def _said(each: Mismatch) -> str:
    if each.found is None:
        return f"{each.ident} is not there"
    if each.expected is None:
        return f"{each.ident} is there, and should not be"
    told = edits(each.found, each.expected)
    return f"{each.ident}: " + ", ".join(f"{edit.attribute} is {edit.have}, not {edit.want}" for edit in told)
