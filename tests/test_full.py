"""Stories of a test server without room, on disk or in memory: test is as it was, and the next sync goes well."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults import MODES, Fragile
from syncing import execute, query, state, sync

from alembic_krakn import embedded
from alembic_krakn.errors import SyncError

TABLE = "create table t (id int primary key, note text)"
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has neither signals nor file systems in memory")


@pytest.fixture
def fragile() -> Iterator[Fragile]:
    with Fragile.started() as its:
        yield its


@contextmanager
def small_disk(fragile: Fragile, megabytes: int) -> Iterator[Path]:
    """Mount a file system of that size for the server, where somebody may."""
    folder = fragile.folder.parent / "small"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("to mount a small file system takes root")
    owner = fragile.folder.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@posix
@pytest.mark.parametrize("mode", MODES)
def test_a_tablespace_that_is_full(fragile, new_database, mode):
    prod = new_database(TABLE, "insert into t select i, repeat(md5(i::text), 20) from generate_series(1, 60000) i")
    with small_disk(fragile, 30) as folder:
        execute(fragile.url, f"create tablespace small location '{folder}'", "create database it tablespace small")
        test = embedded.with_database(fragile.url, "it")
        execute(test, TABLE, "insert into t values (1, 'ours')")
        before = state(test)
        with pytest.raises(SyncError) as caught:
            sync(prod, test, **MODES[mode])
        assert "No space left on device" in str(caught.value)
        assert "make room, then run it again" in str(caught.value)
        assert "test is as it was" in str(caught.value)
        assert state(test) == before
        execute(prod, "delete from t where id > 1000")
        assert sync(prod, test, **MODES[mode]).rows == 1000
        assert query(fragile.url, "select datname from pg_database where datname like 'it%'") == [("it",)]
        execute(fragile.url, "drop database it with (force)", "drop tablespace small")


@posix
def test_too_many_tables_for_the_locks_of_a_server(fragile, new_database):
    tables = [f"create table t{number} (id int primary key)" for number in range(400)]
    prod = new_database(*tables, "insert into t7 values (1)")
    execute(fragile.url, "alter system set max_locks_per_transaction = 10", "alter system set max_connections = 20")
    execute(fragile.url, "create database it")
    test = embedded.with_database(fragile.url, "it")
    execute(test, *tables)
    fragile.stop_at_once()
    fragile.be_there()
    before = state(test)
    with pytest.raises(
        SyncError, match=r"out of shared memory; raise max_locks_per_transaction .* with --swap, fewer tables"
    ):
        sync(prod, test)
    assert state(test) == before
    sync(prod, test, **MODES["swap"])
    assert query(test, "select * from t7") == [(1,)]
