"""Write a plan as a revision file, through Alembic's own machinery and the team's env.py; or as a script of SQL."""

from __future__ import annotations

import contextlib
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.api import RevisionContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from ..catalog import Catalog
from ..diff import Plan, Step
from ..errors import RevisionError
from .environment import Ground, Task, run_environment
from .operations import committed_at_once, dropped, operations, remark
from .render import WIDTH, render_item

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.operations import ops
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

    Operations = list[ops.MigrateOperation]


@dataclass(frozen=True)
class Placement:
    """Where a new revision goes, in the words of `alembic revision`."""

    head: str | None = None
    splice: bool = False
    branch_label: str | None = None
    version_path: str | None = None
    rev_id: str | None = None
    depends_on: Sequence[str] | None = None


def write_revision(
    config: Config,
    up: Plan,
    down: Plan,
    *,
    have: Catalog,
    want: Catalog,
    ground: Ground,
    message: str | None,
    at: Placement = Placement(),
) -> list[Path]:
    """Write the revision whose upgrade() is `up`, from `have` to `want`, and whose downgrade() is `down`."""
    upgrade = operations(up, want)
    downgrade = operations(down, have, lost=frozenset(dropped(up)))
    scripts = write_operations(config, upgrade, downgrade, ground=ground, message=message, at=at)
    return [Path(script.path) for script in scripts]


def write_operations(
    config: Config,
    upgrade: Operations,
    downgrade: Operations,
    *,
    ground: Ground,
    message: str | None,
    at: Placement,
) -> list[Script]:
    """Write a revision of operations.

    The team's template, file name, directives and post-write hooks apply; nothing happens on `ground`. Gives what was
    written: one, unless the team's process_revision_directives says otherwise.
    """
    arguments: dict[str, Any] = {
        "message": message,
        "autogenerate": True,
        "sql": False,
        **{each.name: getattr(at, each.name) for each in fields(at)},
        "head": at.head or "head",
    }
    try:
        revision = RevisionContext(config, ScriptDirectory.from_config(config), arguments)
        task = Task(
            work=partial(_direct, revision, upgrade, downgrade),
            idle=partial(_direct, revision, [], []),
            render_item=render_item,
            template_args=revision.template_args,
        )
        run_environment(config, task, ground)
        with contextlib.redirect_stdout(sys.stderr):  # 'Generating ...', and what the hooks print
            return [script for script in revision.generate_scripts() if script is not None]
    except CommandError as exc:
        raise RevisionError(f"Alembic did not write the revision: {exc}") from None


def _direct(
    revision: RevisionContext,
    upgrade: Operations,
    downgrade: Operations,
    revisions: tuple[str, ...],
    context: MigrationContext,
) -> tuple[()]:
    """Put the operations of one database into the revision, then let the team's directives see them."""

    def fill(_context: Any, _revision: Any, directives: list[ops.MigrationScript]) -> None:
        directives[0].upgrade_ops_list[-1].ops.extend(upgrade)
        directives[0].downgrade_ops_list[-1].ops.extend(downgrade)

    revision.process_revision_directives = fill
    # Not run_autogenerate(): it runs every comparator that is installed, and refuses a prod behind head.
    revision.run_no_autogenerate(revisions, context)
    return ()


def sql_script(plan: Plan) -> str:
    """Give the plan as a script for psql, in one transaction, with the hazards as comments."""
    return "\n\n".join(["BEGIN;", *script_parts(plan.steps), "COMMIT;"]) + "\n"


def script_parts(steps: Sequence[Step], after_commit: str = "") -> Iterator[str]:
    """Give the steps as a script's parts; `after_commit` is repeated where one of them must be committed at once."""
    at_once = committed_at_once(steps)
    for step in steps:
        remarks = [
            textwrap.fill(remark(hazard), WIDTH, initial_indent="-- ", subsequent_indent="--   ")
            for hazard in step.hazards
        ]
        written = []
        for statement in step.statements:
            # with a BEGIN of its own it is committed at once even where all of a script is sent at once
            apart = f"COMMIT;\nBEGIN;\n{statement};\nCOMMIT;\nBEGIN;{after_commit}"
            written.append(apart if statement in at_once else f"{statement};")
        yield "\n".join([*remarks, *written])
