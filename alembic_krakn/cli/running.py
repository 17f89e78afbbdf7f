"""Run one command, from its options to its exit code, and explain to a person what went wrong."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from .. import config
from ..errors import Interrupted, KraknError
from . import commands
from .output import Output
from .project import Project

CANNOT_RUN = 2
INTERRUPTED = 130
TERMINATED = 143

_BUG = (
    "this is a bug in krakn; please report it, with the lines above and without what is secret in them, at"
    " https://github.com/alembic-krakn/alembic-krakn/issues"
)
# Their messages are about code. Those of other exceptions, of a driver's above all, may hold a row's values.
_HARMLESS = (AssertionError, AttributeError, ImportError, NameError, NotImplementedError, TypeError)


class _Terminated:
    """Take SIGTERM as what Ctrl-C is, which rolls back, and remember that it was SIGTERM."""

    def __init__(self) -> None:
        self.came = False

    def __call__(self, _: int, __: FrameType | None) -> None:
        self.came = True
        if callable(signal.getsignal(signal.SIGINT)):
            signal.raise_signal(signal.SIGINT)  # the event loop has a handler of its own, which ends its work
        else:  # a script's background job does not hear of Ctrl-C
            raise KeyboardInterrupt

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear of SIGTERM, where nobody else does."""
        main = threading.current_thread() is threading.main_thread()
        if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            yield
            return
        signal.signal(signal.SIGTERM, self)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def run(name: str, options: argparse.Namespace, find_project: Callable[[], Project], *, failed: str) -> int:
    """Run a command and give its exit code; `failed` is how an error begins."""
    # A settings file may say it as well, but it may also be what cannot be read.
    asked = getattr(options, "log_format", None) or os.environ.get(config.variable("log_format"))
    output = Output(quiet=bool(options.quiet), verbose=getattr(options, "verbose", False), as_json=asked == "json")
    terminated = _Terminated()
    try:
        with terminated.heard(), output.hears(logging.getLogger("alembic_krakn")):
            if name == "schema":
                return commands.schema(options, output)
            project = find_project()
            settings = config.load(vars(options), environ=os.environ, folder=project.folder, ini=project.ini)
            output.as_json = settings.log_format == "json"
            output.log("started", command=name)
            code = commands.COMMANDS[name](settings, project, options, output)
            output.log("ended", command=name, exit_code=code)
            return code
    except KeyboardInterrupt:
        code = TERMINATED if terminated.came else INTERRUPTED
        return output.fail("interrupted; nothing was changed", code, prefix=failed)
    except Exception as exc:
        if options.raiseerr and not output.as_json:
            raise
        if options.raiseerr:
            output.insist("".join(traceback.format_exception(exc)).rstrip())  # one line to whoever reads JSON
        if isinstance(exc, KraknError):
            code = TERMINATED if terminated.came and isinstance(exc, Interrupted) else exc.exit_code
            return output.fail(str(exc), code, prefix=failed)
        if _is_command_error(exc):
            return output.fail(str(exc), CANNOT_RUN, prefix=failed)
        if not options.raiseerr:
            output.insist(told(exc).rstrip())
        return output.fail(_BUG, CANNOT_RUN, prefix=failed)
    finally:
        output.end()


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
