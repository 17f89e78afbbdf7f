"""What each command prints: settings go in, the front room does the work, and its result is shown."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from .. import api
from ..config import Settings
from ..progress import Progress
from ..report import diff_json, diff_text, migrate_text
from .output import Output
from .project import Project

Drawing = Callable[[Output], AbstractContextManager[Progress]]
Command = Callable[[Settings, Project, argparse.Namespace, Output, Drawing], int]


def diff(settings: Settings, project: Project, options: argparse.Namespace, output: Output, drawing: Drawing) -> int:
    """Show what differs."""
    with drawing(output) as progress:
        result = api.diff(settings, project=project.config, progress=progress)
    if options.format == "json":
        output.show_json(diff_json.document(result))
    else:
        output.show(diff_text.lines(result))
    return 1 if options.exit_code and result.plan.changes else 0


def migrate(settings: Settings, project: Project, options: argparse.Namespace, output: Output, drawing: Drawing) -> int:
    """Write a revision, or print SQL."""
    config = project.needed()
    from ..team import Placement

    place = Placement(
        head=options.head,
        splice=options.splice,
        branch_label=options.branch_label,
        version_path=options.version_path,
        rev_id=options.rev_id,
        depends_on=options.depends_on,
    )
    with drawing(output) as progress:
        result = api.migrate(
            settings, config, message=options.message, placement=place, as_sql=options.sql, progress=progress
        )
    for text in migrate_text.remarks(result):
        output.remark(text)
    if result.sql is not None:
        output.show_text(result.sql if result.plan else "")
    else:
        output.show(migrate_text.lines(result))
    return 0


def schema(output: Output) -> int:
    """Print the JSON Schema of the sync profile."""
    from ..sync.profile import profile_schema

    output.show_json(profile_schema())
    return 0


COMMANDS: Mapping[str, Command] = {"diff": diff, "migrate": migrate}
