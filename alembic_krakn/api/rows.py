"""Replace test's rows, or say what that would do: settings go in, plain results come out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..addresses import address_of
from ..catalog import Column, Enum
from ..connect import Side, open_test
from ..errors import SettingsError
from ..progress import Progress, Silent
from ..renames import NOTHING_MADE, Renames
from ..sides import Sides, open_sides

if TYPE_CHECKING:
    from alembic.config import Config

    from ..config import Settings
    from ..sync.dry_run import Preview
    from ..sync.guards import Stake
    from ..sync.order import Manner, Order
    from ..sync.past import PastSync
    from ..sync.profile import Profile
    from ..sync.result import SyncResult
    from ..team import Learned

    Ask = Callable[[Stake], bool]

logger = logging.getLogger(__name__)


def sync(
    settings: Settings,
    *,
    project: Config | None = None,
    environ: Mapping[str, str] = os.environ,
    resume: bool = False,
    ask: Ask | None = None,
    progress: Progress | None = None,
) -> SyncResult:
    """Replace test's rows by prod's, masked; the mask key is read from `environ`.

    `ask` hears what is at stake before anything is read or written, and says whether to go on.
    """
    from ..sync.run import run_sync

    progress = progress or Silent()
    manner = _manner(settings, resume=resume)
    if ask is not None and not ask(_stake(settings, progress)):
        raise SettingsError("nobody said yes; nothing was changed")
    return run_sync(_order(settings, project, environ, progress), manner, progress)


def roll_back(settings: Settings) -> tuple[str, str]:
    """Put the latest former database in the place of test; give its name, and the one that test has from now on."""
    from ..sync.swap import roll_back as exchange

    return exchange(address_of(settings, Side.TEST))


def history(settings: Settings, count: int) -> list[PastSync]:
    """List the latest syncs into test, which is only read."""
    from ..sync.past import past_syncs

    with open_test(address_of(settings, Side.TEST)) as test:
        return past_syncs(test, count)


def preview(
    settings: Settings,
    *,
    project: Config | None = None,
    environ: Mapping[str, str] = os.environ,
    progress: Progress | None = None,
) -> Preview:
    """Say what `sync` would do, with a few masked rows; both databases are only read."""
    from ..sync.dry_run import dry_run

    progress = progress or Silent()
    return dry_run(_order(settings, project, environ, progress), progress, _manner(settings))


def _manner(settings: Settings, *, resume: bool = False) -> Manner:
    """Say how to go about it, and refuse what does not go together."""
    from ..sync.order import Manner

    if settings.jobs > 1 and not settings.swap:
        raise SettingsError(
            f"{settings.origin('jobs')}: {settings.jobs} jobs need --swap, as one transaction has one connection"
        )
    if resume and not settings.swap:
        raise SettingsError("--resume goes on with what --swap has left unfinished; say --swap, too")
    return Manner(
        mode=settings.mode,
        delete_vanished=settings.delete_vanished,
        lock_timeout=settings.lock_timeout,
        statement_timeout=settings.statement_timeout or "0",
        max_rate=settings.max_rate,
        max_snapshot_age=settings.max_snapshot_age or "0",
        swap=settings.swap,
        jobs=settings.jobs,
        keep=settings.keep_before,
        resume=resume,
    )


def _stake(settings: Settings, progress: Progress) -> Stake:
    """Look at what a sync would replace."""
    from ..connect import open_prod, open_test, refuse_same
    from ..sync.guards import refuse_protected, stake

    prod, test = address_of(settings, Side.PROD), address_of(settings, Side.TEST)
    progress.step(f"looking at what test at {test.shown} holds")
    with open_prod(prod) as reader, open_test(test) as writer:
        refuse_same(reader, writer)
        refuse_protected(writer, settings.protected)
        return stake(prod, writer, settings.version_table)


def _order(settings: Settings, project: Config | None, environ: Mapping[str, str], progress: Progress) -> Order:
    """Read the profile, an empty one where none is named, the mask key, if there is one, and the renames."""
    from ..mask.keys import VARIABLE, MaskKey, key_needed
    from ..sync.order import Order
    from ..sync.profile import Profile, load_profile

    profile = load_profile(settings.profile) if settings.profile else Profile()
    if settings.schemas or settings.exclude_schemas:
        logger.warning(
            "schemas and exclude_schemas choose what is compared, not what is synced; the profile's `skip` does"
        )
    key = MaskKey.from_environment(environ) if environ.get(VARIABLE) else None
    if key is None and (keyed := _keyed(profile)):
        more = f" and {len(keyed) - 1} more" if len(keyed) > 1 else ""
        raise key_needed(f"{profile.source}: the mask of {keyed[0]}{more}")
    prod, test = address_of(settings, Side.PROD), address_of(settings, Side.TEST)
    with open_sides(settings, project, progress) as sides:
        learned = _learned(sides, progress)
        return Order(
            prod,
            test,
            profile,
            learned.renames if learned else Renames(),
            key,
            sides.version_tables,
            settings.protected,
            settings.fill == "auto",
            learned.made if learned else NOTHING_MADE,
            settings.on_violation,
        )


def _keyed(profile: Profile) -> list[str]:
    """List the columns whose masks depend on the key."""
    from ..mask.spec import FakeMask, HashMask

    return [
        f"{table}.{column}"
        for table, rule in profile.tables.items()
        for column, answer in rule.columns.items()
        if not rule.skip and (answer.mask == "hash" or isinstance(answer.mask, FakeMask | HashMask))
    ]


def _learned(sides: Sides, progress: Progress) -> Learned | None:
    """Ask the revisions between prod's and test's what they rename and make anew.

    They are run in a scratch database where that is worth it, and else only read.
    """
    gone = sides.have.facts.keys() - sides.want.facts.keys()
    fresh = sides.want.facts.keys() - sides.have.facts.keys()
    kinds = {ident.kind for ident in gone} & {ident.kind for ident in fresh} & {"table", "column"}
    if sides.team is None:
        return None
    return sides.team.learn(sides.have, progress) if kinds or _changes(sides) else sides.team.hear(sides.have)


def _changes(sides: Sides) -> bool:
    """Tell whether something kept its name and may still be another thing, or have other names in it."""
    for ident, fact in sides.have.facts.items():
        now = sides.want.facts.get(ident)
        if isinstance(fact, Column) and isinstance(now, Column) and fact.type != now.type:
            return True
        if isinstance(fact, Enum) and isinstance(now, Enum) and not set(fact.labels) <= set(now.labels):
            return True
    return False


__all__ = ["preview", "roll_back", "sync"]
