"""One PostgreSQL for the whole run: the embedded one, or KRAKN_TEST_SERVER=URL; a fresh database for whoever asks."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from chains import Chain, write_chain
from databases import Databases
from psycopg import sql

from alembic_krakn import embedded


def _libpq(url: str) -> str:
    """Spell a URL for libpq: without SQLAlchemy's driver."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def pytest_addoption(parser: pytest.Parser) -> None:
    what = "leave out the tests that use no server: another run, on another server, has them already"
    parser.addoption("--server-only", action="store_true", help=what)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that have to do with the server, if that is asked for."""
    if config.getoption("server_only"):
        others = [item for item in items if "server" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


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


@pytest.fixture(scope="session")
def databases(server: str) -> Iterator[Databases]:
    """Make databases for the whole run."""
    made = Databases(server)
    yield made
    made.close()


@pytest.fixture
def new_database(databases: Databases) -> Iterator[Databases]:
    """Make databases: `new_database("create table ...")` gives the URL of a fresh one; they go when the test ends."""
    yield databases
    databases.drop()


@pytest.fixture
def write(tmp_path: Path, new_database: Databases) -> Callable[..., Chain]:
    """Write a chain of online revisions in a project of this test's."""
    return partial(write_chain, tmp_path, new_database)
