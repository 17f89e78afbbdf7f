"""What differs, and which revision explains it: settings go in, a plain result comes out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..catalog import Catalog
from ..diff import ColumnOrder, Plan, Suggestion, column_orders, plan, plan_back, suggestions, with_way_back
from ..errors import PlanError, RevisionError
from ..names import Ident, some_of
from ..progress import Progress, Silent
from ..renames import NO_RENAMES, Renames
from ..sides import Choice, Goal, Sides, open_sides
from .asking import checked, refuse_reverse
from .goals import goal_of
from .naming import settle_names

if TYPE_CHECKING:
    from alembic.config import Config

    from ..config import Settings
    from ..team import Learned, PendingRevision, Rehearsal, Team

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DiffResult:
    """What differs, and between which databases; without an Alembic project, nobody knows about revisions."""

    prod: str  # host:port/database
    test: str | None  # None: prod is not compared with it
    have: Catalog = field(repr=False)
    want: Catalog = field(repr=False)
    plan: Plan
    at: tuple[str, ...] | None = None  # the revisions that prod is at
    pending: tuple[PendingRevision, ...] | None = None
    # For each difference the pending revisions that explain it; what is missing is drift.
    explained: Mapping[Ident, tuple[PendingRevision, ...]] | None = None
    renames: Renames = NO_RENAMES  # by revisions and rules
    open: tuple[Suggestion, ...] = ()  # what may be renamed, and is dropped and added as nobody says so
    choice: Choice = field(default_factory=Choice)
    column_orders: tuple[ColumnOrder, ...] | None = None  # None: nobody asked
    to: str = "test"  # what prod is compared with: 'test', 'head' or 'models'
    reverse: bool = False  # `have` is then what prod is compared with, and `want` is prod


def diff(
    settings: Settings,
    *,
    project: Config | None = None,
    reverse: bool = False,
    check_data: bool = False,
    progress: Progress | None = None,
) -> DiffResult:
    """Compare prod's schema with test's, and ask the project's pending revisions what they explain.

    With `check_data`, prod itself is asked how many of its rows are in the way of a change.
    """
    refuse_reverse(reverse=reverse, check_data=check_data)
    progress = progress or Silent()
    with open_sides(settings, project, progress, compares_test=settings.to == "test") as sides:
        pending, learned = _told(sides.team, sides.have, progress) if sides.team else (None, None)
        goal = goal_of(sides, learned.rehearsal.catalog if learned and learned.rehearsal else sides.have, progress)
        progress.step("comparing both schemas")
        known = learned.renames if learned else NO_RENAMES
        left = sides.filtered(sides.have, goal.seen_from(sides.have)[0])
        names = settle_names(left.have, left.want, known, settings)
        pair = sides.pair(sides.have, goal, names.renames, reverse=reverse)
        renames = pair.renames
        have, want = pair.have, pair.want
        way = _with_way_back(have, want, renames)
        result = DiffResult(
            prod=sides.prod.address.shown,
            test=sides.test.address.shown if sides.test and settings.to == "test" else None,
            have=have,
            want=want,
            plan=way if not check_data else checked(way, have, want, sides, progress, renames),
            renames=renames,
            open=names.open,
            at=sides.team.at if sides.team else None,
            pending=pending,
            # where there is no revision yet, calling everything drift says nothing
            explained={} if learned and learned.known and sides.team and sides.team.has_revisions() else None,
            choice=pair.choice,
            column_orders=column_orders(have, want, renames) if settings.column_order else None,
            to=settings.to,
            reverse=reverse,
        )
        if reverse:  # revisions lead the other way
            return replace(result, explained=None, open=())
        if learned and learned.rehearsal:
            return _with_explanations(result, sides, goal, learned.rehearsal)
        return result


def _with_way_back(have: Catalog, want: Catalog, renames: Renames) -> Plan:
    """Plan the way there, and say of each change what going back would lose."""
    up = plan(have, want, renames)
    try:
        return with_way_back(up, plan_back(have, want, renames), renames.inverse().now)
    except PlanError as exc:
        logger.warning("what a downgrade would lose is not known: %s", exc)
        return up


def _told(team: Team, have: Catalog, progress: Progress) -> tuple[tuple[PendingRevision, ...] | None, Learned | None]:
    """List the pending revisions, and learn what they do; nothing where the project cannot be read."""
    try:
        return team.waiting(), team.learn(have, progress)
    except RevisionError as exc:
        logger.warning("which pending revision explains a difference is not known: %s", exc)
        return None, None


def _with_explanations(result: DiffResult, sides: Sides, goal: Goal, rehearsal: Rehearsal) -> DiffResult:
    """Say of each difference which pending revisions explain it, and remark what they do that test does not have."""
    from ..team import explained_by

    pair = sides.pair(rehearsal.catalog, goal, NO_RENAMES, strict=False)
    left = plan(pair.have, pair.want, result.renames)  # those of the rules; the revisions' own are done there
    known = {change.ident for change in result.plan.changes}
    unmet = [change.ident for change in left.changes if change.because is None and change.ident not in known]
    if unmet:
        logger.warning(
            "the pending revisions do what %s does not have (%s); is it behind the project's head?",
            sides.settings.to,
            some_of(unmet),
        )
    explained = explained_by(result.plan, left, rehearsal)
    # what a revision adds is not what was there before
    return replace(result, explained=explained, open=tuple(suggestions(pair.have, pair.want, result.renames)))
