"""The revision that leads from one schema to the other: settings go in, files and a plain result come out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..catalog import Catalog
from ..diff import Plan, Stage, Suggestion, plan, plan_back, stages
from ..errors import SettingsError
from ..progress import Progress, Silent
from ..renames import NO_RENAMES, Renames
from ..sides import Choice, Pair, Sides, open_sides
from .asking import checked, checked_stage, refuse_reverse
from .goals import goal_of, rehearsal_of, told_by
from .naming import Ask, settle_names

if TYPE_CHECKING:
    from alembic.config import Config

    from ..config import Settings
    from ..team import PendingRevision, Placement, Proof, Team, Timeouts


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


@dataclass(frozen=True)
class Start:
    """Where a revision begins, and what is known there."""

    base: str  # 'head' or 'prod'
    catalog: Catalog
    pending: tuple[PendingRevision, ...]
    place: Placement
    told: Renames = NO_RENAMES  # what revisions rename that are still to be done
    done: Renames = NO_RENAMES  # and those that are done


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
    from ..team import Placement

    if reverse and not as_sql:
        raise SettingsError(
            "--reverse leads from test's schema to prod's, and a revision is for prod; add --sql, which prints what"
            " would make test like prod"
        )
    refuse_reverse(reverse=reverse, check_data=check_data)
    progress = progress or Silent()
    with open_sides(settings, project, progress, compares_test=settings.to == "test") as sides:
        assert sides.team is not None
        start = _start(sides, sides.team, placement or Placement(), progress, reverse=reverse)
        goal = goal_of(sides, start.catalog, progress)
        progress.step("comparing both schemas")
        seen, _ = goal.seen_from(start.catalog)
        left = sides.filtered(start.catalog, seen)
        names = settle_names(left.have, left.want, start.told, settings, ask)
        pair = sides.pair(start.catalog, goal, names.renames, reverse=reverse)
        result = MigrateResult(
            plan=plan(pair.have, pair.want, pair.renames),
            at=sides.team.at,
            pending=start.pending,
            base=start.base,
            choice=pair.choice,
            open=names.open,
            stages=tuple(stages(pair.have, pair.want, pair.renames)) if online else None,
            to=settings.to,
            reverse=reverse,
        )
        if check_data:
            result = _checked(result, sides, pair, start, progress)
        result = _told(result, settings) if as_sql else _written(result, sides.team, pair, start, message, progress)
        return _proven(result, sides, seen if reverse else start.catalog, pair, progress) if verify else result


def _start(sides: Sides, team: Team, place: Placement, progress: Progress, *, reverse: bool) -> Start:
    """Settle whether the revision stands behind the pending ones or beside them."""
    pending = team.waiting()
    if reverse or (sides.settings.base == "prod" and pending):
        told = told_by(sides, team, progress)
        return Start("prod", sides.have, pending, place if reverse else team.beside_the_pending(place), told=told)
    if rehearsal := rehearsal_of(sides, pending, progress):
        return Start("head", rehearsal.catalog, pending, place, done=rehearsal.renames)
    return Start("head", sides.have, pending, place)


def _checked(result: MigrateResult, sides: Sides, pair: Pair, start: Start, progress: Progress) -> MigrateResult:
    """Ask prod about its rows that are in the way, where the plan runs in stages for each of them."""
    have, want, renames = pair.have, pair.want, pair.renames
    if result.stages is None:
        return replace(result, plan=checked(result.plan, have, want, sides, progress, renames, start.done))
    asked = (checked_stage(stage, have, sides, progress, renames, start.done) for stage in result.stages)
    return replace(result, stages=tuple(asked))


def _told(result: MigrateResult, settings: Settings) -> MigrateResult:
    """Give the plan as SQL, and write nothing."""
    from ..team import sql_script, stages_script

    if result.stages is None:
        return replace(result, sql=sql_script(result.plan))
    return replace(result, sql=stages_script(result.stages, _timeouts(settings)))


def _written(
    result: MigrateResult, team: Team, pair: Pair, start: Start, message: str | None, progress: Progress
) -> MigrateResult:
    """Write the plan's revision, or one for each stage; where there is nothing to do, none."""
    if result.stages:
        progress.step(f"writing {len(result.stages)} revisions through the project's env.py")
        files = team.write_stages(result.stages, _timeouts(team.settings), message, start.place)
    elif result.stages is None and result.plan:
        progress.step("writing the revision through the project's env.py")
        down = plan_back(pair.have, pair.want, pair.renames)
        files = team.write(result.plan, down, pair.have, pair.want, message, start.place)
    else:
        return result
    return replace(result, files=files)


def _timeouts(settings: Settings) -> Timeouts:
    from ..team import Timeouts

    return Timeouts(settings.lock_timeout, settings.statement_timeout)


def _proven(result: MigrateResult, sides: Sides, ground: Catalog, pair: Pair, progress: Progress) -> MigrateResult:
    """Run what was written in a scratch database that begins as `ground`, there and back."""
    from ..team import whole

    team = sides.team
    assert team is not None
    if not (result.files or (result.sql and result.plan)):
        return result
    claim = whole(ground, pair.have, pair.want)
    progress.step("running it in a scratch database, to verify it")
    sql = result.sql
    proof = team.prove(result.files, claim, sides.have) if sql is None else team.prove_sql(sql, claim)
    return replace(result, proof=proof)
