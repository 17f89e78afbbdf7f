"""One PostgreSQL for the whole run: the embedded one, or KRAKN_TEST_SERVER=URL; a fresh database for whoever asks."""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from alembic_krakn import embedded

_serial = itertools.count(1)


def _libpq(url: str) -> str:
    """Spell a URL for libpq: without SQLAlchemy's driver."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


@pytest.fixture(scope="session", autouse=True)
def _interrupts_arrive() -> None:
    """Hear of SIGINT, which some tests send, also where a script runs the tests behind itself, deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _in_memory() -> str | None:
    """Give a folder without a disk beneath it, where there is one with room.

    A database is hundreds of small files, and on ext4 making them takes a second while others have just been deleted.
    """
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30
    return str(memory) if roomy else None


@pytest.fixture(autouse=True)
def _loggers_stay_on() -> Iterator[None]:
    """Turn krakn's loggers on again: the fileConfig() of a stock env.py turns off what it does not know."""
    yield
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith("alembic_krakn") and isinstance(logger, logging.Logger):
            logger.disabled = False


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Give the URL of a server's `postgres` database, as a superuser."""
    if url := os.environ.get("KRAKN_TEST_SERVER"):
        yield _libpq(url)
        return
    folder = Path(tempfile.mkdtemp(prefix="krakn-", dir=_in_memory()))
    try:
        url = embedded.start(folder / "data", delete=True)
        with psycopg.connect(url, autocommit=True) as conn:  # nothing here has to survive a crash
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                conn.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            conn.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_database(server: str) -> Iterator[Callable[..., str]]:
    """Make databases: `new_database("create table ...")` gives the URL of a fresh one; they go when the test ends."""
    made: list[str] = []

    def make(*scripts: str, name: str | None = None) -> str:
        made.append(name or f"krakn_test_{os.getpid()}_{next(_serial)}")
        with psycopg.connect(server, autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(made[-1])))
        url = embedded.with_database(server, made[-1])
        with psycopg.connect(url, autocommit=True) as conn:
            for script in scripts:
                if script.strip():
                    conn.execute(script)
        return url

    yield make
    with psycopg.connect(server, autocommit=True) as conn:
        for database in made:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
