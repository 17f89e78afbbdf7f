"""What differs, and the revision that leads from one schema to the other: settings go in, plain results come out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..catalog import Catalog
from ..diff import (
    ColumnOrder,
    Plan,
    Stage,
    Suggestion,
    column_orders,
    plan,
    stages,
    suggestions,
    with_way_back,
)
from ..errors import PlanError, RevisionError, SettingsError
from ..names import Ident
from ..progress import Progress, Silent
from ..renames import NO_RENAMES, Renames
from ..sides import Choice, Goal, Sides, open_sides
from .asking import checked, checked_stage, refuse_reverse
from .naming import Ask, settle_names

if TYPE_CHECKING:
    from alembic.config import Config

    from ..config import Settings
    from ..team import Claim, Learned, PendingRevision, Placement, Proof, Rehearsal, Team

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


@dataclass(frozen=True)
class MigrateResult:
    """What leads from prod's schema to test's, and the files that it was written to."""

    plan: Plan
    at: tuple[str, ...]  # the revisions that prod is at
    pending: tuple[PendingRevision, ...]
    base: str  # 'head', after the pending revisions, or 'prod', beside them
    files: tuple[Path, ...] = ()
    sql: str | None = None
    choice: Choice = field(default_factory=Choice)
    open: tuple[Suggestion, ...] = ()  # what may be renamed, and is dropped and added as nobody says so
    stages: tuple[Stage, ...] | None = None  # in which the plan runs, a revision each, where that was asked for
    to: str = "test"
    reverse: bool = False
    proof: Proof | None = None  # None: nobody asked, or there was nothing to prove


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
        pending, learned = None, None
        if sides.team:
            try:
                pending = sides.team.waiting()
                learned = learned_from(sides, sides.team, progress)
            except RevisionError as exc:
                pending = None
                logger.warning("which pending revision explains a difference is not known: %s", exc)
        goal = _goal(sides, learned.rehearsal.catalog if learned and learned.rehearsal else sides.have, progress)
        progress.step("comparing both schemas")
        told = learned.renames if learned else NO_RENAMES
        names = settle_names(*sides.filtered(sides.have, goal.seen_from(sides.have)[0]), told, settings)
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


def migrate(
    settings: Settings,
    project: Config,
    *,
    message: str | None = None,
    placement: Placement | None = None,
    as_sql: bool = False,
    ask: Ask | None = None,
    online: bool = False,
    reverse: bool = False,
    verify: bool = False,
    check_data: bool = False,
    progress: Progress | None = None,
) -> MigrateResult:
    """Write the revision that leads from prod's schema, and the pending revisions, to test's schema.

    `ask` is asked about what may have been renamed; with nobody to ask, that is dropped and added. `online` makes it a
    chain of revisions, of which none locks others out for long where PostgreSQL can help it.
    """
    from ..team import Placement, Timeouts, sql_script, stages_script, whole

    if reverse and not as_sql:
        raise SettingsError(
            "--reverse leads from test's schema to prod's, and a revision is for prod; add --sql, which prints what"
            " would make test like prod"
        )
    refuse_reverse(reverse=reverse, check_data=check_data)
    progress = progress or Silent()
    place = placement or Placement()
    with open_sides(settings, project, progress, compares_test=settings.to == "test") as sides:
        team = sides.team
        assert team is not None
        pending = team.waiting()
        if reverse or (settings.base == "prod" and pending):
            base, start, done = "prod", sides.have, NO_RENAMES
            learned = _told(sides, team, progress)
            place = place if reverse else team.beside_the_pending(place)
        else:
            rehearsal = rehearsal_of(sides, pending, progress)
            base, start = "head", rehearsal.catalog if rehearsal else sides.have
            learned, done = NO_RENAMES, rehearsal.renames if rehearsal else NO_RENAMES
        goal = _goal(sides, start, progress)
        progress.step("comparing both schemas")
        names = settle_names(*sides.filtered(start, goal.seen_from(start)[0]), learned, settings, ask)
        pair = sides.pair(start, goal, names.renames, reverse=reverse)
        have, want = pair.have, pair.want
        up = plan(have, want, pair.renames)
        staged = stages(have, want, pair.renames) if online else None
        if check_data and staged is not None:
            staged = [checked_stage(stage, have, sides, progress, pair.renames, done) for stage in staged]
        elif check_data:
            up = checked(up, have, want, sides, progress, pair.renames, done)
        result = MigrateResult(
            up, team.at, pending, base, choice=pair.choice, open=names.open, to=settings.to, reverse=reverse
        )
        result = replace(result, stages=None if staged is None else tuple(staged))
        timeouts = Timeouts(settings.lock_timeout, settings.statement_timeout)
        if as_sql:
            script = sql_script(result.plan) if staged is None else stages_script(staged, timeouts)
            result = replace(result, sql=script)
        elif staged:
            progress.step(f"writing {len(staged)} revisions through the project's env.py")
            result = replace(result, files=team.write_stages(staged, timeouts, sides.prod, message, place))
        elif staged is None and result.plan:
            progress.step("writing the revision through the project's env.py")
            down = plan(want, have, pair.renames.inverse())
            result = replace(result, files=team.write(result.plan, down, have, want, sides.prod, message, place))
        if not verify:
            return result
        return _proven(result, sides, whole(goal.seen_from(start)[0] if reverse else start, have, want), progress)


def _proven(result: MigrateResult, sides: Sides, claim: Claim, progress: Progress) -> MigrateResult:
    """Run what was written in a scratch database, there and back."""
    team = sides.team
    assert team is not None
    if not (result.files or (result.sql and result.plan)):
        return result
    progress.step("running it in a scratch database, to verify it")
    if result.sql is not None:
        proof = team.prove_sql(result.sql, claim, sides.prod, sides.test, sides.settings)
    else:
        proof = team.prove(result.files, claim, sides.prod, sides.test, sides.have, sides.settings)
    return replace(result, proof=proof)


def _with_way_back(have: Catalog, want: Catalog, renames: Renames) -> Plan:
    """Plan the way there, and say of each change what going back would lose."""
    up, back = plan(have, want, renames), renames.inverse()
    try:
        return with_way_back(up, plan(want, have, back), back.now)
    except PlanError as exc:
        logger.warning("what a downgrade would lose is not known: %s", exc)
        return up


def rehearsal_of(sides: Sides, pending: tuple[PendingRevision, ...], progress: Progress) -> Rehearsal | None:
    """Run the pending revisions on a copy of prod's schema, if there are any."""
    if not (pending and sides.team):
        return None
    return sides.team.rehearse(sides.prod, sides.test, sides.have, sides.settings, progress)


def learned_from(sides: Sides, team: Team, progress: Progress) -> Learned:
    """Learn what the revisions between prod's and test's do."""
    return team.learn(sides.prod, sides.test, sides.have, sides.settings, progress)


def _told(sides: Sides, team: Team, progress: Progress) -> Renames:
    """Ask the revisions between prod's and test's what they rename; without an answer, go on without."""
    try:
        return learned_from(sides, team, progress).renames
    except RevisionError as exc:
        logger.warning("what the pending revisions rename is not known: %s", exc)
        return NO_RENAMES


def _goal(sides: Sides, start: Catalog, progress: Progress) -> Goal:
    """Give what prod is compared with; models stand on what `start` has besides tables."""
    settings, team = sides.settings, sides.team
    if settings.to == "test":
        return Goal(sides.want)
    if team is None:
        raise SettingsError(
            f"{settings.origin('to')} {settings.to}: krakn must work on an Alembic project for that; name its"
            " alembic.ini or pyproject.toml with -c, or go to its folder"
        )
    if settings.to == "head":
        progress.step("running all revisions in a scratch database")
        return Goal(team.head(sides.prod, sides.test, sides.have, settings))
    progress.step("creating the models in a scratch database")
    models = team.models(sides.prod, sides.test, start, settings)
    return Goal(models.catalog, models)


def _with_explanations(result: DiffResult, sides: Sides, goal: Goal, rehearsal: Rehearsal) -> DiffResult:
    """Say of each difference which pending revisions explain it, and remark what they do that test does not have."""
    from ..team import explained_by

    pair = sides.pair(rehearsal.catalog, goal, NO_RENAMES, strict=False)
    left = plan(pair.have, pair.want, result.renames)  # those of the rules; the revisions' own are done there
    known = {change.ident for change in result.plan.changes}
    unmet = [str(change.ident) for change in left.changes if change.because is None and change.ident not in known]
    if unmet:
        logger.warning(
            "the pending revisions do what %s does not have (%s%s); is it behind the project's head?",
            sides.settings.to,
            ", ".join(unmet[:3]),
            f" and {len(unmet) - 3} more" if len(unmet) > 3 else "",
        )
    explained = explained_by(result.plan, left, rehearsal)
    # what a revision adds is not what was there before
    return replace(result, explained=explained, open=tuple(suggestions(pair.have, pair.want, result.renames)))


__all__ = ["DiffResult", "MigrateResult", "diff", "migrate"]
