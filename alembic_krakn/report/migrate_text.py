"""Say what a migrate did: its result in, lines and remarks out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..diff import HazardKind, Stage
from .choice_text import GOALS, sentences
from .diff_text import uncompared
from .lines import Line, Style, count, line
from .perhaps import perhaps

if TYPE_CHECKING:
    from ..api import MigrateResult


def lines(result: MigrateResult) -> list[Line]:
    """Name the files, or say that none was needed."""
    if not result.plan:
        goal = GOALS[result.to]
        if result.choice.only or result.choice.exclude or result.choice.kept:
            goal += ", as far as it was chosen"
        rehearsed = result.pending and result.base == "head"
        after = f"after {count(len(result.pending), 'pending revision')}, " if rehearsed else ""
        return [line(f"No differences: {after}prod's schema is that of {goal}; there is nothing to write.", Style.GOOD)]
    return [line(f"wrote {_near(path)}", Style.ADDED) for path in result.files]


def _near(path: Path) -> Path:
    """Shorten a path within the current folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def remarks(result: MigrateResult) -> list[str]:
    """Say what a reviewer must know about the revision."""
    found = []
    if result.plan:
        steps = result.plan.steps
        if result.stages is not None:
            steps = tuple(step for stage in result.stages for step in stage.up.steps)
        hazards = [hazard for step in steps for hazard in step.hazards]
        losses = sum(hazard.kind is HazardKind.DATA_LOSS for hazard in hazards)
        text = count(len(steps), "step")
        if hazards:
            text += f", {count(len(hazards), 'hazard')} noted above their lines"
            text += f" ({count(losses, 'loss', 'losses')} of data)" if losses else ""
        found.append(f"{text}; review it before it runs")
        found += _still_locking(result.stages or ())
    if result.pending and result.base == "head":
        waiting = ", ".join(map(str, result.pending))
        found.append(f"what pending revisions do already is not repeated: {waiting}")
    if result.pending and result.base == "prod" and not result.reverse:
        stand = ", ".join(result.at) or "the base"
        found.append(
            f"the revision stands on prod's own ({stand}), as a branch beside"
            f" {count(len(result.pending), 'pending one')}; merge both with `alembic merge heads`"
        )
    found += perhaps(result.open)
    found += sentences(result.choice)
    if result.plan.uncompared:
        found.append(uncompared(dict(result.plan.uncompared)))
    return found


def _still_locking(stages: Sequence[Stage]) -> list[str]:
    """Say what cannot be done online."""
    locks = [hazard.message for stage in stages for hazard in stage.locks]
    if not locks:
        return []
    return [f"others wait while this runs, as PostgreSQL has no other way: {'; '.join(dict.fromkeys(locks))}"]
