"""Say what went wrong in code of the team's: an exception goes in, one line without anything secret comes out."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError


def explain(exc: BaseException) -> str:
    """Say an exception in one line: its class and the first line of its message, without passwords and DETAIL."""
    if isinstance(exc, DBAPIError) and exc.orig is not None:
        exc = exc.orig
    line = next(iter(str(exc).strip().splitlines()), "")
    line = re.sub(r"(://[^:@/\s]*):[^@\s]*@", r"\1:***@", line)
    return f"{type(exc).__name__}: {line}" if line else type(exc).__name__


def where(exc: BaseException, script: ScriptDirectory) -> str:
    """Say which line of the team's scripts an exception came through last."""
    homes = [Path(folder).resolve() for folder in (script.dir, *(script.version_locations or ()))]
    for frame in reversed(traceback.extract_tb(exc.__traceback__)):
        if any(Path(frame.filename).resolve().is_relative_to(home) for home in homes):
            return f"{frame.filename} line {frame.lineno}"
    return script.env_py_location
