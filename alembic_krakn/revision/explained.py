"""Which pending revisions explain a difference: plans and a rehearsal go in, revisions by difference come out."""

from __future__ import annotations

from dataclasses import dataclass

from ..diff import Plan
from ..names import Ident
from .rehearsal import Rehearsal


@dataclass(frozen=True)
class PendingRevision:
    """A revision of the project that prod does not have yet."""

    revision: str
    message: str

    def __str__(self) -> str:
        return f'{self.revision} "{self.message}"' if self.message else self.revision

    @classmethod
    def of(cls, revision: str, doc: str | None) -> PendingRevision:
        """Give a revision with the first line of what its file says of it."""
        return cls(revision, next(iter((doc or "").strip().splitlines()), ""))


def explained_by(whole: Plan, left: Plan, rehearsal: Rehearsal) -> dict[Ident, tuple[PendingRevision, ...]]:
    """Map each difference that pending revisions leave nothing of to those that touch it; the rest is drift.

    `whole` leads from prod to test, `left` from what the pending revisions make of prod to test.
    """
    before = rehearsal.renames.inverse()
    drift = {change.ident for change in left.changes if change.because is None}
    found = {}
    for change in whole.changes:
        # What prod calls one thing, the revisions may go on to call another.
        names = {change.ident, before.now(change.ident)}
        if change.because is None and not names & drift:
            found[change.ident] = tuple(
                PendingRevision.of(each.revision, each.message) for each in rehearsal.revisions if names & each.touched
            )
    return found
