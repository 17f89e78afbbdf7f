"""Run one command, from its options to its exit code, and explain to a person what went wrong."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import traceback
from collections.abc import Callable

from .. import config
from ..errors import KraknError
from . import commands
from .output import Output
from .project import Project

CANNOT_RUN = 2
INTERRUPTED = 130

_BUG = (
    "this is a bug in krakn; please report it, with the lines above and without what is secret in them, at"
    " https://github.com/alembic-krakn/alembic-krakn/issues"
)
# Their messages are about code. Those of other exceptions, of a driver's above all, may hold a row's values.
_HARMLESS = (AssertionError, AttributeError, ImportError, NameError, NotImplementedError, TypeError)


def run(name: str, options: argparse.Namespace, find_project: Callable[[], Project], *, failed: str) -> int:
    """Run a command and give its exit code; `failed` is how an error begins."""
    # Nearly all that a command makes, it keeps: a large schema's facts, above all. Looking for garbage among them every
    # 700 objects took a third of a diff's time.
    gc.set_threshold(1_000_000)
    output = Output(quiet=bool(options.quiet), verbose=getattr(options, "verbose", False))
    try:
        with output.hears(logging.getLogger("alembic_krakn")):
            if name == "schema":
                return commands.schema(options, output)
            project = find_project()
            settings = config.load(vars(options), environ=os.environ, folder=project.folder, ini=project.ini)
            return commands.COMMANDS[name](settings, project, options, output)
    except KeyboardInterrupt:
        output.insist(f"{failed}interrupted; nothing was changed")
        return INTERRUPTED
    except Exception as exc:
        if options.raiseerr:
            raise
        if isinstance(exc, KraknError):
            output.insist(f"{failed}{exc}")
            return exc.exit_code
        if _is_command_error(exc):
            output.insist(f"{failed}{exc}")
            return CANNOT_RUN
        output.insist(told(exc).rstrip())
        output.insist(f"{failed}{_BUG}")
        return CANNOT_RUN


def told(exc: BaseException) -> str:
    """Tell an unexpected exception by where it was raised, without anything that a user's data could be in."""
    lines = ["Traceback (most recent call last):\n"]
    lines += traceback.format_tb(exc.__traceback__)
    message = f": {exc}" if isinstance(exc, _HARMLESS) else ""
    state = getattr(exc, "sqlstate", None)
    lines.append(f"{type(exc).__qualname__}{f' (SQLSTATE {state})' if state else ''}{message}\n")
    return "".join(lines)


def _is_command_error(exc: Exception) -> bool:
    """Say whether it is Alembic that explains something to a person."""
    from alembic.util import CommandError

    return isinstance(exc, CommandError)
