"""Settle what is called otherwise in test: what revisions, rules and people say in, renames and open guesses out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..catalog import Catalog
from ..diff import Suggestion, confirmed, suggestions
from ..renames import NO_RENAMES, Renames

if TYPE_CHECKING:
    from ..config import Settings

Ask = Callable[[Suggestion], bool]


@dataclass(frozen=True)
class Naming:
    """What is renamed, and what may be, if somebody says so."""

    renames: Renames = NO_RENAMES
    open: tuple[Suggestion, ...] = ()


def settle_names(have: Catalog, want: Catalog, learned: Renames, settings: Settings, ask: Ask | None = None) -> Naming:
    """Add the profile's rules to what revisions tell, then what a person confirms.

    Without anybody to ask, what is likely is open: it is dropped and added.
    """
    known = learned
    if settings.profile:
        from ..sync.former_names import former_names
        from ..sync.profile import load_profile

        known = learned.also(former_names(load_profile(settings.profile), have, want))
    if ask:
        return Naming(confirmed(have, want, known, ask))
    return Naming(known, tuple(suggestions(have, want, known)))
