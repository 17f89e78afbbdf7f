"""What the revisions between prod's and test's do: one that ran, or only what was read of them, goes in."""

from __future__ import annotations

from dataclasses import dataclass

from ..renames import NOTHING_MADE, Made, Renames
from .recorded import Recorded
from .rehearsal import Rehearsal


@dataclass(frozen=True)
class Learned:
    """What the revisions between prod's and test's do."""

    renames: Renames
    made: Made = NOTHING_MADE
    rehearsal: Rehearsal | None = None  # where there are any, and they ran
    known: bool = True  # False where they did not run, and were only read

    @classmethod
    def read(cls, recorded: Recorded) -> Learned:
        """Tell what was read of them."""
        return cls(recorded.renames, Made(recorded.made, known=recorded.whole), known=False)


__all__ = ["Learned"]
