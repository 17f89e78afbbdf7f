"""Keep databases shut while the team's code is only read: a stretch of time in, nothing out."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from ..errors import RevisionError
from .apart import own_logging

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
            stack.enter_context(_replaced(module, path, refuse))
        yield


@contextlib.contextmanager
def _replaced(module: str, path: str, by: Any) -> Iterator[None]:
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
    """Keep what the team's code may change in passing: logging, the folder, sys.path, and what stdout gets."""
    folder, path = os.getcwd(), sys.path[:]
    with own_logging(), contextlib.redirect_stdout(sys.stderr):
        try:
            yield
        finally:
            os.chdir(folder)
            sys.path[:] = path
