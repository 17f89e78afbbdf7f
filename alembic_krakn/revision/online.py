"""Write a plan in stages: a chain of revisions, each on the one before; or one script of SQL."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory
from psycopg import sql

from ..catalog import Catalog
from ..diff import Phases, Plan, Stage
from ..errors import RevisionError
from ..names import text_of
from .environment import Ground
from .operations import dropped, operations
from .render import Alone, Statement
from .scripts import files_of
from .write import Placement, script_parts, write_operations

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.operations import ops
    from alembic.script import Script

    Operations = list[ops.MigrateOperation]

logger = logging.getLogger(__name__)

# What is built concurrently waits for every transaction that began before it, and takes its time; it holds up nobody.
PATIENT = ("SET lock_timeout = 0", "SET statement_timeout = 0")
AS_BEFORE = ("RESET lock_timeout", "RESET statement_timeout")


@dataclass(frozen=True)
class Timeouts:
    """How long a statement waits for its lock, and how long it may take, in PostgreSQL's spelling."""

    lock: str
    statement: str | None = None  # None leaves it to the server

    @property
    def statements(self) -> tuple[str, ...]:
        """Give what begins a transaction."""
        said = {"lock_timeout": self.lock, "statement_timeout": self.statement}
        template = sql.SQL("SET LOCAL {} = {}")
        return tuple(text_of(template.format(sql.SQL(name), sql.Literal(time))) for name, time in said.items() if time)


def write_stages(
    config: Config,
    stages: Sequence[Stage],
    timeouts: Timeouts,
    *,
    ground: Ground,
    message: str | None,
    at: Placement,
) -> list[Path]:
    """Write a revision for each stage, all of them or none; `at` says where the first one goes."""
    if at.rev_id and len(stages) > 1:
        raise RevisionError(
            f"--rev-id names one revision, and this takes {len(stages)}, one behind the other; leave it out"
        )
    written: list[Script] = []
    before = files_of(ScriptDirectory.from_config(config))
    try:
        for number, stage in enumerate(stages, start=1):
            first, last = number == 1, number == len(stages)
            written += write_operations(
                config,
                _operations(stage.up, stage.want, timeouts, begins=first),
                _operations(stage.down, stage.have, timeouts, begins=last, undone=stage.up),
                ground=ground,
                message=message if first and last else _message(message, stage, number, len(stages)),
                at=at,
            )
            at = Placement(head=written[-1].revision if written else at.head, version_path=at.version_path)
    except BaseException:
        # Those of a chain that was not finished, and the one that a hook failed on.
        for path in files_of(ScriptDirectory.from_config(config)).keys() - before.keys():
            path.unlink()
            logger.info("removed %s, as not all revisions could be written", path)
        raise
    return [Path(script.path) for script in written]


def _message(message: str | None, stage: Stage, number: int, count: int) -> str:
    return f"{f'{message}: ' if message else ''}{number} of {count}, {stage.title}"


def _operations(
    phases: Phases, want: Catalog, timeouts: Timeouts, *, begins: bool, undone: Phases | None = None
) -> Operations:
    """Give the operations of one function; `begins` says that it may join the transaction of what ran before it.

    `alembic upgrade` runs all revisions in one transaction, unless env.py says transaction_per_migration. Then each
    stage must commit the one before: its locks must not be held for as long as this one takes.
    """
    lost = frozenset(dropped(Plan((), undone.steps))) if undone else frozenset()
    found: Operations = []
    if phases.alone:
        done = operations(Plan((), phases.alone), want, lost=lost)
        found.append(Alone([*map(Statement, PATIENT), *done, *map(Statement, AS_BEFORE)]))
    elif not begins:
        found.append(Alone())
    if phases.together:
        found += map(Statement, timeouts.statements)
        for operation in operations(Plan((), phases.together), want, lost=lost):
            found.append(operation)
            if isinstance(operation, Alone):  # another transaction begins behind it
                found += map(Statement, timeouts.statements)
    return found


def stages_script(stages: Sequence[Stage], timeouts: Timeouts) -> str:
    """Give the stages as one script for psql: what is committed by itself stands outside of transactions."""
    parts = ["-- Some of this runs outside of transactions: let psql stop at an error, with -v ON_ERROR_STOP=1"]
    for number, stage in enumerate(stages, start=1):
        parts.append(f"-- {_message(None, stage, number, len(stages))}")
        if stage.up.alone:
            parts += [_lines(PATIENT), *script_parts(stage.up.alone), _lines(AS_BEFORE)]
        if stage.up.together:
            begin = _lines(timeouts.statements)
            parts += [f"BEGIN;\n{begin}", *script_parts(stage.up.together, f"\n{begin}"), "COMMIT;"]
    return "\n\n".join(parts) + "\n"


def _lines(statements: Sequence[str]) -> str:
    return "\n".join(f"{statement};" for statement in statements)


__all__ = ["Timeouts", "stages_script", "write_stages"]
