"""What people type: the options of each command, once for `alembic krakn-diff` and `krakn diff` alike.

Options that are settings too have the setting's name as `dest`, and None where they were not given.
Nothing is imported here but argparse: every `alembic` on the machine comes by.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from .schema_options import add_diff, add_migrate
from .sync_options import add_sync


@dataclass(frozen=True)
class Command:
    """One command: its name in both programs, what `--help` says, and its options."""

    name: str  # of the command of `krakn`
    host_name: str | None  # of the command of `alembic`
    help: str
    description: str
    add_options: Callable[[argparse.ArgumentParser], None]


def add_schema(parser: argparse.ArgumentParser) -> None:
    """Add which document it is about."""
    parser.add_argument(
        "document", nargs="?", choices=("profile", "diff"), default="profile", help="which one (default: profile)"
    )


COMMANDS = (
    Command(
        "diff",
        "krakn-diff",
        "Show what differs between prod's and test's schema.",
        "Show what differs between prod's and test's schema, object by object, with what a reviewer must know: data"
        " loss, table rewrites, locks, and rows of prod that may be in the way. With an Alembic project, every"
        " difference says which pending revision explains it. Nothing is written.",
        add_diff,
    ),
    Command(
        "migrate",
        "krakn-migrate",
        "Write a revision that leads from prod's schema to test's.",
        "Write a revision that leads from prod's schema to test's: one file in the project's versions folder, with"
        " upgrade and downgrade, through the team's env.py and template. What pending revisions do already is not"
        " repeated. Without differences, no file is written. Neither database is changed.",
        add_migrate,
    ),
    Command(
        "sync-data",
        "krakn-sync",
        "Replace test's rows by prod's, masked.",
        "Stream prod's rows into the migrated test database: columns aligned, values masked, constraints honoured, the"
        " result checked. It happens in one transaction: whatever goes wrong, test stays as it was. Masks take"
        " their secret from KRAKN_MASK_KEY.",
        add_sync,
    ),
    Command(
        "schema",
        None,
        "Print the JSON Schema of the sync profile, or of the diff.",
        "Print the JSON Schema of the sync profile, for editors that complete and check it, or of what"
        " `krakn diff --format json` prints, for programs that read it.",
        add_schema,
    ),
)
