"""Run chosen revision steps in a scratch database through the team's env.py; a step that fails is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..connect import Address, engine
from ..errors import RevisionError
from .environment import EnvironmentFailed, Ground, Task, run_environment

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import ScriptDirectory

# Gets the revisions that the scratch database is at, and gives the steps to run, one after the other: when it is asked
# for the next one, the last one is committed.
Steps = Callable[["ScriptDirectory", tuple[str, ...]], Iterable["RevisionStep"]]


class StepFailed(RevisionError):
    """One revision raised: `cause` is the class and message of what."""

    def __init__(self, step: RevisionStep, cause: str) -> None:
        self.revision = step.revision
        self.cause = cause
        way = "upgrade" if step.is_upgrade else "downgrade"
        super().__init__(f"the {way} of revision {self.revision.revision} ({self.revision.path}) failed with {cause}")


def run_steps(config: Config, scratch: Address, steps: Steps) -> None:
    """Run the steps; nothing but the scratch database is reached, whatever URL env.py has."""
    running: list[RevisionStep] = []

    def work(revisions: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        assert context.script is not None
        for step in steps(context.script, revisions):
            running.append(step)
            yield step
            running.clear()

    with engine(scratch).connect() as connection:
        try:
            run_environment(config, Task(work), Ground(connection, scratch))
        except EnvironmentFailed as failed:
            if not running:
                raise
            raise StepFailed(running[0], failed.cause) from None
