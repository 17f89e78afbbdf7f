"""What each command prints: settings go in, the front room does the work, and its result is shown."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import api
from ..config import Settings
from ..diff import Suggestion
from ..errors import KraknError, SettingsError
from ..report import diff_json, diff_text, migrate_text, preview_text, proof_text, sync_text
from ..report.lines import Style
from .output import Output
from .progress import Bars, Plain, drawn
from .project import Project

if TYPE_CHECKING:
    from ..sync.dry_run import Preview
    from ..sync.result import SyncResult

Command = Callable[[Settings, Project, argparse.Namespace, Output], int]


def diff(settings: Settings, project: Project, options: argparse.Namespace, output: Output) -> int:
    """Show what differs."""
    with drawn(output) as progress:
        result = api.diff(
            settings,
            project=project.config,
            reverse=options.reverse,
            check_data=options.check_data,
            progress=progress,
        )
    if options.format == "json":
        output.show_json(diff_json.document(result))
    else:
        output.show(diff_text.lines(result))
    return 1 if options.exit_code and result.plan.changes else 0


def migrate(settings: Settings, project: Project, options: argparse.Namespace, output: Output) -> int:
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
    with drawn(output) as progress:
        result = api.migrate(
            settings,
            config,
            message=options.message,
            placement=place,
            as_sql=options.sql,
            ask=_asker(output, progress) if _is_there() else None,
            online=options.online,
            reverse=options.reverse,
            verify=options.verify,
            check_data=options.check_data,
            progress=progress,
        )
    for text in migrate_text.remarks(result):
        output.remark(text)
    if result.sql is None:
        output.show([*migrate_text.lines(result), *proof_text.lines(result)])
    elif result.plan:
        output.show_text(result.sql)
    else:
        for each in migrate_text.lines(result):  # which are no SQL
            output.remark(each.text)
    if result.sql is not None:
        say = output.remark if result.proof is None or result.proof.holds else output.insist
        for each in proof_text.lines(result):
            say(each.text)
    return 1 if result.proof and not result.proof.holds else 0


def sync(settings: Settings, project: Project, options: argparse.Namespace, output: Output) -> int:
    """Replace test's rows, or show what that would do."""
    report = Path(options.report) if options.report else None
    if report and not report.absolute().parent.is_dir():
        raise SettingsError(f"--report: there is no folder {str(report.absolute().parent)!r}; make it first")
    if not (options.yes or options.dry_run):
        _ask(settings, output)
    result: SyncResult | Preview
    with drawn(output) as progress:
        if options.dry_run:
            result = api.preview(settings, project=project.config, progress=progress)
            pages = preview_text.lines(result)
        else:
            result = api.sync(settings, project=project.config, progress=progress)
            pages = sync_text.lines(result)
    document = result.to_json()
    if options.format == "json":
        output.show_json(document)
    else:
        output.show(pages)
    for text in result.plan.remarks:
        output.remark(text)
    if report:
        _write(report, document)
    return 0


def _write(report: Path, document: dict[str, Any]) -> None:
    """Write the report to a file."""
    problem = ""
    try:
        report.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as exc:
        problem = exc.strerror or type(exc).__name__
    if problem:
        raise KraknError(f"the work is done, but its report cannot be written to {report}: {problem}")


def _is_there() -> bool:
    """Say whether a person is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asker(output: Output, progress: Plain | Bars) -> api.Ask:
    """Ask whether something was renamed."""

    def ask(suggestion: Suggestion) -> bool:
        with progress.pause():
            output.remarks.print(f"Was this renamed: {suggestion}? [y/N] ", end="", markup=False, highlight=False)
            return sys.stdin.readline().strip().lower() in ("y", "yes")

    return ask


def _ask(settings: Settings, output: Output) -> None:
    """Ask a person at a terminal; a pipeline that runs the command has decided already."""
    if not _is_there():
        return
    prod, test = api.addresses(settings)
    output.insist(f"The rows of test ({test.shown}) will be replaced by those of prod ({prod.shown}).", Style.HEADING)
    output.remarks.print("Type yes to go on: ", end="", markup=False)
    if sys.stdin.readline().strip().lower() != "yes":
        raise SettingsError("nobody said yes; nothing was changed")


def schema(options: argparse.Namespace, output: Output) -> int:
    """Print the JSON Schema of what krakn reads or writes."""
    if options.document == "diff":
        from ..report.diff_schema import diff_schema

        output.show_json(diff_schema())
    else:
        from ..sync.profile import profile_schema

        output.show_json(profile_schema())
    return 0


COMMANDS: Mapping[str, Command] = {"diff": diff, "migrate": migrate, "sync-data": sync}
