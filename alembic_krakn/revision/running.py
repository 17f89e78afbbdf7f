"""Run chosen revision steps in a scratch database through the team's env.py; a step that fails is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..connect import Address, engine
from ..errors import RevisionError
from .environment import EnvironmentFailed, Ground, Task, run_environment

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import ScriptDirectory

# Gets the revisions that the scratch database is at, and gives the steps to run, one after the other: when it is asked
# for the next one, the last one is committed.
Steps = Callable[["ScriptDirectory", tuple[str, ...]], Iterable["MigrationStep"]]


class StepFailed(RevisionError):
    """One revision raised: `named` says which and in what direction, `cause` the class and message of what."""

    def __init__(self, named: str, cause: str) -> None:
        super().__init__(f"{named} failed with {cause}")
        self.named = named
        self.cause = cause


def run_steps(config: Config, scratch: Address, steps: Steps) -> None:
    """Run the steps; nothing but the scratch database is reached, whatever URL env.py has."""
    running: list[str] = []

    def work(revisions: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        assert context.script is not None
        for step in steps(context.script, revisions):
            running[:] = [_named(step)]
            yield step
            running.clear()

    with engine(scratch).connect() as connection:
        try:
            run_environment(config, Task(work), Ground(connection, scratch))
        except EnvironmentFailed as failed:
            if not running:
                raise
            raise StepFailed(running[0], failed.cause) from None


def _named(step: MigrationStep) -> str:
    script = step.revision  # type: ignore[attr-defined]
    return f"the {'up' if step.is_upgrade else 'down'}grade of revision {script.revision} ({script.path})"


__all__ = ["StepFailed", "Steps", "run_steps"]
