"""Keep databases shut while the team's code is only read: a stretch of time in, nothing out."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from ..errors import RevisionError
from .apart import own_logging

logger = logging.getLogger(__name__)

# What opens a connection in the drivers themselves; SQLAlchemy's engines are told by an event.
_DIALS = (
    ("psycopg", "connect"),
    ("psycopg", "Connection.connect"),
    ("psycopg", "AsyncConnection.connect"),
    ("psycopg2", "connect"),
    ("pg8000.dbapi", "connect"),
    ("asyncpg", "connect"),
    ("asyncpg", "create_pool"),
)


@contextlib.contextmanager
def databases_refused(but: type | tuple[()] = ()) -> Iterator[None]:
    """Let nobody open a database in this time, or take an open connection out of a pool, unless it is of that class."""

    def refuse(*_arguments: Any, **_options: Any) -> NoReturn:
        raise RevisionError("it asks for a database of its own, which is refused while it is only read")

    def hold_back(connection: Any, *_record: Any) -> None:
        if not isinstance(connection, but):
            refuse()

    with contextlib.ExitStack() as stack:
        for target, name, listener in ((Engine, "do_connect", refuse), (Pool, "checkout", hold_back)):
            event.listen(target, name, listener)
            stack.callback(event.remove, target, name, listener)
        for module, path in _DIALS:
            stack.enter_context(replaced(module, path, refuse))
        yield


@contextlib.contextmanager
def replaced(module: str, path: str, by: Any) -> Iterator[None]:
    """Put something else in the place of what a module, or a class in it, has under that name."""
    try:
        holder: Any = importlib.import_module(module)
    except ImportError:
        yield
        return
    *way, name = path.split(".")
    for each in way:
        holder = getattr(holder, each, None)
    if name not in getattr(holder, "__dict__", ()):  # the team's code put something else in the driver's place
        yield
        return
    before = vars(holder)[name]
    setattr(holder, name, by)
    try:
        yield
    finally:
        setattr(holder, name, before)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Keep what the team's code may change in passing: logging, the folder and sys.path.

    What it prints is only for those who look for it: "all duplicates deleted" is not true of code that is only read.
    """
    folder, path, printed = os.getcwd(), sys.path[:], io.StringIO()
    with own_logging(), contextlib.redirect_stdout(printed):
        try:
            yield
        finally:
            os.chdir(folder)
            sys.path[:] = path
    for line in printed.getvalue().splitlines():
        logger.debug("while they were only read, the project's revisions printed: %s", line)
