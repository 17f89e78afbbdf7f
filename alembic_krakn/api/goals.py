"""What prod is compared with, by the settings, and what the revisions do, where there is a project that has any."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..catalog import Catalog
from ..errors import RevisionError, SettingsError
from ..progress import Progress
from ..renames import NO_RENAMES, Renames
from ..sides import Goal, Sides

if TYPE_CHECKING:
    from ..team import PendingRevision, Rehearsal, Team

logger = logging.getLogger(__name__)


def goal_of(sides: Sides, start: Catalog, progress: Progress) -> Goal:
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
        return Goal(team.head(sides.have))
    progress.step("creating the models in a scratch database")
    models = team.models(start)
    return Goal(models.catalog, models)


def rehearsal_of(sides: Sides, pending: tuple[PendingRevision, ...], progress: Progress) -> Rehearsal | None:
    """Run the pending revisions on a copy of prod's schema, if there are any."""
    if not (pending and sides.team):
        return None
    return sides.team.rehearse(sides.have, progress)


def told_by(sides: Sides, team: Team, progress: Progress) -> Renames:
    """Ask the revisions between prod's and test's what they rename; without an answer, go on without."""
    try:
        return team.learn(sides.have, progress).renames
    except RevisionError as exc:
        logger.warning("what the pending revisions rename is not known: %s", exc)
        return NO_RENAMES
