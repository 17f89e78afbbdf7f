"""The `krakn` program: arguments in, an exit code out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

from .. import __version__
from .garbage import keep_all
from .options import COMMANDS

_EPILOG = """\
Two URLs are enough, from --prod and --test or from KRAKN_PROD_URL and KRAKN_TEST_URL:

  krakn diff --prod postgresql://reader@db.example.org/shop --test postgresql://localhost/shop
  krakn sync-data --profile krakn.yaml --dry-run

Other settings come from [tool.krakn] in pyproject.toml or [krakn] in alembic.ini. Exit codes: 0 done; 1 differences
(diff --exit-code) or a check that failed (migrate --verify, sync-data); 2 could not run; 130 interrupted; 143
terminated.
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the program."""
    made = argparse.ArgumentParser(
        prog="krakn",
        description="The latest schema with real data, masked, for your test database.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subparsers = made.add_subparsers(title="commands", metavar="command", required=True)
    for command in COMMANDS:
        sub = subparsers.add_parser(command.name, help=command.help, description=command.description)
        command.add_options(sub)
        sub.add_argument("--raiseerr", action="store_true", help="raise a full stack trace on error")
        if command.host_name:
            _add_project(sub)
        sub.set_defaults(command=command.name, quiet=False)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and give its exit code."""
    options = parser().parse_args(argv)
    keep_all()
    from .project import of_folder
    from .running import run

    return run(options.command, options, partial(of_folder, options), failed="krakn: ")


def _add_project(sub: argparse.ArgumentParser) -> None:
    """Add what `alembic` takes before its commands."""
    group = sub.add_argument_group("Alembic project", "used where there is one: the named one, or the current folder's")
    group.add_argument(
        "-c", "--config", action="append", metavar="FILE", help="alembic.ini or pyproject.toml [ALEMBIC_CONFIG]"
    )
    group.add_argument("-n", "--name", default="alembic", help="section of alembic.ini to use (default: alembic)")
    group.add_argument(
        "-x", action="append", metavar="NAME=VALUE", help="argument for the team's env.py; may be repeated"
    )
