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
    from ..team import PendingRevision, Placement, Proof, Team


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
    from ..team import Placement, Timeouts, sql_script, stages_script

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
        start = _start(sides, team, place, progress, reverse=reverse)
        goal = goal_of(sides, start.catalog, progress)
        progress.step("comparing both schemas")
        seen, _ = goal.seen_from(start.catalog)
        names = settle_names(*sides.filtered(start.catalog, seen), start.told, settings, ask)
        pair = sides.pair(start.catalog, goal, names.renames, reverse=reverse)
        have, want = pair.have, pair.want
        up = plan(have, want, pair.renames)
        staged = tuple(stages(have, want, pair.renames)) if online else None
        if check_data and staged is not None:
            staged = tuple(checked_stage(stage, have, sides, progress, pair.renames, start.done) for stage in staged)
        elif check_data:
            up = checked(up, have, want, sides, progress, pair.renames, start.done)
        result = MigrateResult(
            plan=up,
            at=team.at,
            pending=start.pending,
            base=start.base,
            choice=pair.choice,
            open=names.open,
            stages=staged,
            to=settings.to,
            reverse=reverse,
        )
        timeouts = Timeouts(settings.lock_timeout, settings.statement_timeout)
        if as_sql:
            script = sql_script(up) if staged is None else stages_script(staged, timeouts)
            result = replace(result, sql=script)
        elif staged:
            progress.step(f"writing {len(staged)} revisions through the project's env.py")
            result = replace(result, files=team.write_stages(staged, timeouts, sides.prod, message, start.place))
        elif staged is None and up:
            progress.step("writing the revision through the project's env.py")
            down = plan_back(have, want, pair.renames)
            result = replace(result, files=team.write(up, down, have, want, sides.prod, message, start.place))
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


def _proven(result: MigrateResult, sides: Sides, ground: Catalog, pair: Pair, progress: Progress) -> MigrateResult:
    """Run what was written in a scratch database that begins as `ground`, there and back."""
    from ..team import whole

    team = sides.team
    assert team is not None
    if not (result.files or (result.sql and result.plan)):
        return result
    claim = whole(ground, pair.have, pair.want)
    progress.step("running it in a scratch database, to verify it")
    if result.sql is not None:
        proof = team.prove_sql(result.sql, claim, sides.prod, sides.test, sides.settings)
    else:
        proof = team.prove(result.files, claim, sides.prod, sides.test, sides.have, sides.settings)
    return replace(result, proof=proof)
