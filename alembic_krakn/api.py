"""The front room: what each command does, without printing; settings go in, plain results come out."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .catalog import Catalog
from .diff import Plan, plan
from .errors import RevisionError
from .names import Ident
from .progress import Progress, Silent
from .renames import Renames
from .sides import Sides, addresses, open_sides

if TYPE_CHECKING:
    from alembic.config import Config

    from .config import Settings
    from .connect import Address
    from .mask import MaskKey
    from .sync.dry_run import Preview
    from .sync.profile import Profile
    from .sync.result import SyncResult
    from .team import PendingRevision, Placement, Rehearsal

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DiffResult:
    """What differs, and between which databases; without an Alembic project, nobody knows about revisions."""

    prod: str  # host:port/database
    test: str
    have: Catalog = field(repr=False)
    want: Catalog = field(repr=False)
    plan: Plan
    at: tuple[str, ...] | None = None  # the revisions that prod is at
    pending: tuple[PendingRevision, ...] | None = None
    # For each difference the pending revisions that explain it; what is missing is drift.
    explained: Mapping[Ident, tuple[PendingRevision, ...]] | None = None
    renames: Renames = field(default_factory=Renames)  # by the pending revisions


@dataclass(frozen=True)
class MigrateResult:
    """What leads from prod's schema to test's, and the files that it was written to."""

    plan: Plan
    at: tuple[str, ...]  # the revisions that prod is at
    pending: tuple[PendingRevision, ...]
    base: str  # 'head', after the pending revisions, or 'prod', beside them
    files: tuple[Path, ...] = ()
    sql: str | None = None


def diff(settings: Settings, *, project: Config | None = None, progress: Progress | None = None) -> DiffResult:
    """Compare prod's schema with test's, and ask the project's pending revisions what they explain."""
    progress = progress or Silent()
    with open_sides(settings, project, progress) as sides:
        pending, rehearsal = None, None
        if sides.team:
            try:
                pending = sides.team.waiting()
                rehearsal = _rehearsal(sides, pending, progress)
            except RevisionError as exc:
                pending = None
                logger.warning("which pending revision explains a difference is not known: %s", exc)
        progress.step("comparing both schemas")
        have, want = sides.pair(sides.have)
        result = DiffResult(
            prod=sides.prod.address.shown,
            test=sides.test.address.shown,
            have=have,
            want=want,
            plan=plan(have, want),
            at=sides.team.at if sides.team else None,
            pending=pending,
            # where there is no revision yet, calling everything drift says nothing
            explained={} if pending is not None and sides.team and sides.team.has_revisions() else None,
        )
        return _with_explanations(result, sides, rehearsal) if rehearsal else result


def migrate(
    settings: Settings,
    project: Config,
    *,
    message: str | None = None,
    placement: Placement | None = None,
    as_sql: bool = False,
    progress: Progress | None = None,
) -> MigrateResult:
    """Write the revision that leads from prod's schema, and the pending revisions, to test's schema."""
    from .team import Placement, sql_script

    progress = progress or Silent()
    place = placement or Placement()
    with open_sides(settings, project, progress) as sides:
        team = sides.team
        assert team is not None
        pending = team.waiting()
        if settings.base == "prod" and pending:
            base, start = "prod", sides.have
            place = team.beside_the_pending(place)
        else:
            rehearsal = _rehearsal(sides, pending, progress)
            base, start = "head", rehearsal.catalog if rehearsal else sides.have
        progress.step("comparing both schemas")
        have, want = sides.pair(start)
        result = MigrateResult(plan(have, want), team.at, pending, base)
        if as_sql:
            return replace(result, sql=sql_script(result.plan))
        if not result.plan:
            return result
        progress.step("writing the revision through the project's env.py")
        return replace(result, files=team.write(result.plan, plan(want, have), have, want, sides.prod, message, place))


def sync(
    settings: Settings,
    *,
    project: Config | None = None,
    environ: Mapping[str, str] = os.environ,
    progress: Progress | None = None,
) -> SyncResult:
    """Replace test's rows by prod's, masked, in one transaction; the mask key is read from `environ`."""
    from .sync.run import run_sync

    progress = progress or Silent()
    rules = _rules(settings, project, environ, progress)
    return run_sync(
        rules.prod,
        rules.test,
        rules.profile,
        rules.renames,
        rules.key,
        progress=progress,
        version_tables=rules.version_tables,
        lock_timeout=settings.lock_timeout,
        statement_timeout=settings.statement_timeout or "0",
    )


def preview(
    settings: Settings,
    *,
    project: Config | None = None,
    environ: Mapping[str, str] = os.environ,
    progress: Progress | None = None,
) -> Preview:
    """Say what `sync` would do, with a few masked rows; both databases are only read."""
    from .sync.dry_run import dry_run

    progress = progress or Silent()
    rules = _rules(settings, project, environ, progress)
    return dry_run(
        rules.prod,
        rules.test,
        rules.profile,
        rules.renames,
        rules.key,
        progress=progress,
        version_tables=rules.version_tables,
    )


@dataclass(frozen=True)
class _Rules:
    """What a sync goes by."""

    prod: Address
    test: Address
    profile: Profile
    key: MaskKey | None
    renames: Renames
    version_tables: frozenset[tuple[str, str]]


def _rules(settings: Settings, project: Config | None, environ: Mapping[str, str], progress: Progress) -> _Rules:
    """Read the profile, an empty one where none is named, the mask key, if there is one, and the renames."""
    from .mask.keys import VARIABLE, MaskKey, key_needed
    from .sync.profile import Profile, load_profile

    profile = load_profile(settings.profile) if settings.profile else Profile()
    if settings.schemas or settings.exclude_schemas:
        logger.warning(
            "schemas and exclude_schemas choose what is compared, not what is synced; the profile's `skip` does"
        )
    key = MaskKey.from_environment(environ) if environ.get(VARIABLE) else None
    if key is None and (keyed := _keyed(profile)):
        more = f" and {len(keyed) - 1} more" if len(keyed) > 1 else ""
        raise key_needed(f"{profile.source}: the mask of {keyed[0]}{more}")
    with open_sides(settings, project, progress) as sides:
        return _Rules(
            sides.prod.address, sides.test.address, profile, key, _renames(sides, progress), sides.version_tables
        )


def _keyed(profile: Profile) -> list[str]:
    """List the columns whose masks depend on the key."""
    from .mask.spec import FakeMask, HashMask

    return [
        f"{table}.{column}"
        for table, rule in profile.tables.items()
        for column, answer in rule.columns.items()
        if not rule.skip and (answer.mask == "hash" or isinstance(answer.mask, FakeMask | HashMask))
    ]


def _renames(sides: Sides, progress: Progress) -> Renames:
    """Ask the pending revisions what they rename, where that can matter."""
    gone = sides.have.facts.keys() - sides.want.facts.keys()
    fresh = sides.want.facts.keys() - sides.have.facts.keys()
    kinds = {ident.kind for ident in gone} & {ident.kind for ident in fresh} & {"table", "column"}
    if not (sides.team and kinds):
        return Renames()
    rehearsal = _rehearsal(sides, sides.team.waiting(), progress)
    return rehearsal.renames if rehearsal else Renames()


def _rehearsal(sides: Sides, pending: tuple[PendingRevision, ...], progress: Progress) -> Rehearsal | None:
    """Run the pending revisions on a copy of prod's schema, if there are any."""
    if not (pending and sides.team):
        return None
    return sides.team.rehearse(sides.prod, sides.test, sides.have, sides.settings, progress)


def _with_explanations(result: DiffResult, sides: Sides, rehearsal: Rehearsal) -> DiffResult:
    """Say of each difference which pending revisions explain it, and remark what they do that test does not have."""
    from .team import explained_by

    left = plan(*sides.pair(rehearsal.catalog))
    known = {name for change in result.plan.changes for name in (change.ident, rehearsal.renames.now(change.ident))}
    unmet = [str(change.ident) for change in left.changes if change.because is None and change.ident not in known]
    if unmet:
        logger.warning(
            "the pending revisions do what test does not have (%s%s); is test at the project's head?",
            ", ".join(unmet[:3]),
            f" and {len(unmet) - 3} more" if len(unmet) > 3 else "",
        )
    explained = explained_by(result.plan, left, rehearsal)
    return replace(result, explained=explained, renames=rehearsal.renames)


__all__ = ["DiffResult", "MigrateResult", "addresses", "diff", "migrate", "preview", "sync"]
