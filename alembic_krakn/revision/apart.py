"""Keep env.py's hands off the rest: its connections lead to a place of ours, and what it sets up goes with it."""

from __future__ import annotations

import contextlib
import logging
from argparse import Namespace
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect

    from .environment import Ground

# Drivers of PostgreSQL that SQLAlchemy knows; pg8000 cannot be told all that an address may say, and env.py's own
# connection is then opened, left alone and closed again.
_DRIVERS = {"psycopg", "psycopg_async", "psycopg2", "psycopg2cffi", "asyncpg"}


@contextlib.contextmanager
def led_to(ground: Ground) -> Iterator[None]:
    """Lead each connection that SQLAlchemy opens to a PostgreSQL in this time to `ground`."""

    def lead(dialect: Dialect, _record: Any, _cargs: Any, _cparams: Any) -> DBAPIConnection | None:
        return ground.dial(dialect) if dialect.driver in _DRIVERS else None

    event.listen(Engine, "do_connect", lead)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", lead)


@contextlib.contextmanager
def with_arguments(config: Config, ground: Ground) -> Iterator[None]:
    """Show env.py the arguments of `alembic revision --autogenerate`, or of an upgrade; common hooks look there."""
    before = config.cmd_opts
    config.cmd_opts = Namespace(**{"x": None, **vars(before or Namespace()), "autogenerate": not ground.scratch})
    try:
        yield
    finally:
        config.cmd_opts = before


@contextlib.contextmanager
def own_logging() -> Iterator[Callable[[], None]]:
    """Keep the logging that the host set up: env.py's fileConfig() would replace it and silence every other logger."""
    loggers = [
        logging.root,
        *(each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)),
    ]
    state = [(each, each.handlers[:], each.level, each.propagate, each.disabled) for each in loggers]

    def restore() -> None:
        for logger, handlers, level, propagate, disabled in state:
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled

    try:
        yield restore
    finally:
        restore()
