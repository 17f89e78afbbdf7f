"""Which pending revisions explain a difference: plans and a rehearsal go in, revisions by difference come out."""

from __future__ import annotations

from ..diff import Plan
from ..names import Ident
from .pending import PendingRevision
from .rehearsal import Rehearsal


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
            found[change.ident] = tuple(each for each, touched in rehearsal.touched.items() if names & touched)
    return found
