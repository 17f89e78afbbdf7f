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
from ..report import diff_json, diff_text, history_text, migrate_text, preview_text, proof_text, sync_text
from ..report.lines import Style, count, line
from .logs import Logged
from .output import Output, is_watched
from .progress import Bars, Plain, drawn
from .project import Project

if TYPE_CHECKING:
    from ..sync.dry_run import Preview
    from ..sync.guards import Stake
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
            ask=_asker(output, progress) if _is_there(output) else None,
            online=options.online,
            reverse=options.reverse,
            verify=options.verify,
            check_data=options.check_data,
            progress=progress,
        )
    for text in migrate_text.remarks(result):
        output.remark(text)
    failed = result.proof is not None and not result.proof.holds
    if result.sql is None:
        output.show([*migrate_text.lines(result), *proof_text.lines(result)])
        return 1 if failed else 0
    if result.plan:
        output.show_text(result.sql)
    else:
        for each in migrate_text.lines(result):  # which are no SQL
            output.remark(each.text)
    say = output.insist if failed else output.remark
    for each in proof_text.lines(result):
        say(each.text)
    return 1 if failed else 0


def sync(settings: Settings, project: Project, options: argparse.Namespace, output: Output) -> int:
    """Replace test's rows, or show what that would do, or go back to those before."""
    if options.history is not None:
        return _history(settings, options, output)
    if options.rollback:
        former, now = api.roll_back(settings)
        output.show([line(f"{former} is test again; what test was is now {now}", Style.GOOD)])
        return 0
    report = Path(options.report) if options.report else None
    if report and not report.absolute().parent.is_dir():
        raise SettingsError(f"--report: there is no folder {str(report.absolute().parent)!r}; make it first")
    result: SyncResult | Preview
    with drawn(output) as progress:
        if options.dry_run:
            result = api.preview(settings, project=project.config, progress=progress)
            pages = preview_text.lines(result)
        else:
            ask = None if options.yes else _consent(output, progress, settings)
            result = api.sync(settings, project=project.config, resume=options.resume, ask=ask, progress=progress)
            pages = sync_text.lines(result)
            output.log("synced", tables=len(result.tables), rows=result.rows, seconds=round(result.seconds, 3))
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


def _history(settings: Settings, options: argparse.Namespace, output: Output) -> int:
    """Show what earlier syncs did."""
    if options.history < 1:
        raise SettingsError(f"--history {options.history}: expected how many syncs to show, 1 or more")
    past = api.history(settings, options.history)
    if options.format == "json":
        output.show_json({"version": 1, "syncs": [each.to_json() for each in past]})
    else:
        output.show(history_text.lines(past))
    return 0


def _write(report: Path, document: dict[str, Any]) -> None:
    """Write the report to a file."""
    try:
        report.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as exc:
        why = exc.strerror or type(exc).__name__
        raise KraknError(f"the work is done, but its report cannot be written to {report}: {why}") from None


def _is_there(output: Output) -> bool:
    """Say whether a person is there to be asked."""
    return sys.stdin.isatty() and is_watched(sys.stderr) and not output.as_json


def _asker(output: Output, progress: Plain | Bars | Logged) -> api.Ask:
    """Ask whether something was renamed."""

    def ask(suggestion: Suggestion) -> bool:
        with progress.pause():
            output.remarks.print(f"Was this renamed: {suggestion}? [y/N] ", end="", markup=False, highlight=False)
            return sys.stdin.readline().strip().lower() in ("y", "yes")

    return ask


def _consent(output: Output, progress: Plain | Bars | Logged, settings: Settings) -> Callable[[Stake], bool]:
    """Ask a person at a terminal; a pipeline decided when it synced this database for the first time."""

    does = {
        "replace": "replaced by those of",
        "upsert": f"updated by those of{', or deleted where they are not in,' if settings.delete_vanished else ''}",
        "append": "joined by the new ones of",
    }[settings.mode]

    def ask(stake: Stake) -> bool:
        held = f"{stake.test}, {count(stake.tables, 'table')} with about {count(stake.rows, 'row')}"
        if _is_there(output):
            with progress.pause():
                output.insist(f"The rows of test ({held}) will be {does} prod ({stake.prod}).", Style.HEADING)
                if stake.first:
                    output.insist("krakn has never synced this database before.", Style.WARNING)
                output.remarks.print("Type yes to go on: ", end="", markup=False)
                return sys.stdin.readline().strip().lower() == "yes"
        if stake.first:
            raise SettingsError(
                f"krakn has never synced test ({held}) before, and nobody is at a terminal to be asked; add --yes if"
                f" its rows may be {does} prod ({stake.prod}); nothing was changed"
            )
        return True

    return ask


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
