"""krakn's commands inside the `alembic` program: its subparsers go in, with ours they come out."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from .garbage import keep_all
from .options import COMMANDS

if TYPE_CHECKING:
    from alembic.config import Config


def add_commands(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add krakn-diff, krakn-migrate and krakn-sync."""
    for command in COMMANDS:
        if command.host_name and command.host_name not in subparsers.choices:
            parser = subparsers.add_parser(command.host_name, help=command.help, description=command.description)
            command.add_options(parser)
            # What alembic calls with its Config, and the names of positional and keyword arguments to add.
            parser.set_defaults(cmd=(partial(_run, command.name), [], []))


def _run(name: str, config: Config) -> None:
    """Run a command that alembic parsed; alembic itself exits with 0 when this returns."""
    keep_all()
    from .project import of_host
    from .running import run

    options = config.cmd_opts
    assert options is not None
    code = run(name, options, partial(of_host, config), failed="FAILED: ")
    if code:
        sys.exit(code)
