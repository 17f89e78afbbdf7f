"""Stories of a sync in operation: how it is stopped, what it locks on prod, and what slowed it down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from syncing import execute, query, state, sync

from alembic_krakn.progress import Silent

DDL = "create table t (id int primary key, name text)"
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a program could hear")


@pytest.fixture
def pair(new_database):
    prod = new_database(DDL, "insert into t select i, 'n' || i from generate_series(1, 1000) i")
    return prod, new_database(DDL)


@posix
@pytest.mark.parametrize(
    ("sent", "deaf", "code"), [(signal.SIGINT, False, 130), (signal.SIGTERM, False, 143), (signal.SIGTERM, True, 143)]
)
def test_a_signal_rolls_back_and_says_so(pair, server, sent, deaf, code):
    prod, test = pair
    before = state(test)
    command = [sys.executable, "-m", "alembic_krakn", "sync-data", "--prod", prod, "--test", test, "--yes"]

    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    with psycopg.connect(test) as holder, psycopg.connect(server, autocommit=True) as watcher:
        holder.execute("lock table t in access share mode")
        run = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=ignore if deaf else None
        )
        waiting = "select from pg_stat_activity where datname = %s and wait_event_type = 'Lock'"
        while not watcher.execute(waiting, [holder.info.dbname]).fetchall():
            assert run.poll() is None
            time.sleep(0.05)
        run.send_signal(sent)
        out, err = run.communicate(timeout=30)
    assert (run.returncode, out) == (code, "")
    assert err == "krakn: interrupted; everything is rolled back, test is as it was\n"
    assert state(test) == before


def test_prod_is_locked_in_access_share_mode_only(pair):
    prod, test = pair
    modes: set[str] = set()

    class Watch(Silent):
        def advance(self, task: str, units: int, size: int = 0) -> None:
            self.look()

        def step(self, text: str) -> None:
            self.look()

        def look(self) -> None:
            found = query(
                prod,
                "select distinct l.mode from pg_locks l join pg_database d on d.oid = l.database"
                " join pg_stat_activity a using (pid)"
                " where d.datname = current_database() and l.relation is not null and l.pid <> pg_backend_pid()"
                " and a.application_name like 'krakn%'",
            )
            modes.update(mode for (mode,) in found)

    sync(prod, test, {"t": {"columns": {"name": {"mask": "hash"}}}}, progress=Watch())
    assert modes == {"AccessShareLock"}


def test_the_report_says_for_whom_the_streams_waited(pair):
    prod, test = pair
    document = sync(prod, test).to_json()
    assert set(document["waited"]) == {"prod", "masks", "test"}
    assert json.dumps(document["waited"])
    execute(prod, "create view slow as select id, name from t where pg_sleep(0.002) is not null")
    waited = sync(prod, test, {"t": {"from": "select * from slow"}}).to_json()["waited"]
    assert waited["prod"] > 1.5
    assert max(waited, key=waited.get) == "prod"
