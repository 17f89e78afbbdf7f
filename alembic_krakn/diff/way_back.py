"""Plan the way back, and say of each change what that loses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..catalog import Catalog
from ..names import Ident
from ..renames import NO_RENAMES, Renames
from .changes import Hazard, HazardKind, Plan
from .invalid import without_leftovers
from .planning import plan


def plan_back(have: Catalog, want: Catalog, renames: Renames = NO_RENAMES) -> Plan:
    """Plan the downgrade of what leads from `have` to `want`."""
    return plan(want, without_leftovers(have, want, renames), renames.inverse())


def with_way_back(up: Plan, down: Plan, called: Callable[[Ident], Ident] = lambda ident: ident) -> Plan:
    """Give `up` with what `down` would lose, or fail at, as a hazard of the change that makes it so.

    `down` is the same diff with the sides swapped, so its rules know it all; `called` gives the name that a thing has
    there. Steps stay as they are: in a revision, downgrade() says it above its own lines.
    """
    back = {change.ident: _turned(change.hazards) for change in down.changes if change.because is None}
    changes = [replace(each, hazards=(*each.hazards, *back.get(called(each.ident), ()))) for each in up.changes]
    return replace(up, changes=tuple(changes))


def _turned(hazards: tuple[Hazard, ...]) -> tuple[Hazard, ...]:
    said = {HazardKind.DATA_LOSS: "on a downgrade, ", HazardKind.MAY_FAIL: "a downgrade "}
    return tuple(
        Hazard(HazardKind.DOWNGRADE, said[hazard.kind] + hazard.message) for hazard in hazards if hazard.kind in said
    )
