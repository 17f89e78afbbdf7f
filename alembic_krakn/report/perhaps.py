"""Say what may have been renamed: suggestions in, sentences out."""

from __future__ import annotations

from collections.abc import Iterable

from ..diff import Suggestion

_DO = "say so in the profile (rename_from), or answer `krakn-migrate` at a terminal; otherwise it is dropped and added"


def perhaps(open_: Iterable[Suggestion]) -> list[str]:
    """Name each suggestion that nobody has confirmed, and what to do."""
    said = [f"perhaps renamed: {each}" for each in open_]
    return [*said, _DO] if said else []
