"""Stories of a sync that is kind to prod: no faster than asked for, and no older a snapshot than allowed."""

from __future__ import annotations

import time

import pytest
from syncing import execute, query, state, sync

from alembic_krakn.errors import SyncError

DDL = "create table t (id int primary key, name text)"
ROWS = "insert into t select i, repeat('n', 990) from generate_series(1, 2000) i"  # about 2 MB


@pytest.fixture
def pair(new_database):
    return new_database(DDL, ROWS), new_database(DDL)


@pytest.mark.parametrize("manner", [{}, {"swap": True, "jobs": 2, "keep": 0}])
def test_the_rate_holds_for_all_streams_together(new_database, manner):
    two = [DDL, DDL.replace("table t ", "table u ")]
    prod = new_database(*two, ROWS, "insert into u select * from t")
    test = new_database(*two)
    began = time.monotonic()
    result = sync(prod, test, max_rate=2.0, **manner)
    assert time.monotonic() - began > 1.7
    assert result.rows == 4000
    assert query(test, "select count(*), sum(length(name)) from u") == [(2000, 1980000)]


def test_rows_that_test_refuses_are_read_at_that_rate_as_well(new_database, pair):
    prod, _ = pair
    test = new_database(DDL.replace("text", "text check (length(name) < 100)"))
    before, began = state(test), time.monotonic()
    with pytest.raises(SyncError, match="2000 rows"):
        sync(prod, test, max_rate=2.0)
    assert time.monotonic() - began > 0.8
    assert state(test) == before


SLOW = {"t": {"from": "select t.id, t.name from t where pg_sleep(0.5) is not null"}}  # 1,000 s


def test_a_snapshot_that_is_too_old_ends_the_sync(pair):
    prod, test = pair
    execute(test, "insert into t values (-1, 'ours')")
    before, began = state(test), time.monotonic()
    with pytest.raises(SyncError) as caught:
        sync(prod, test, SLOW, max_snapshot_age="1.5s")
    assert 1.4 < time.monotonic() - began < 500
    assert str(caught.value).startswith("prod's snapshot is older than --max-snapshot-age allows (1.5s), and ")
    assert "VACUUM" in str(caught.value)
    assert str(caught.value).endswith("; test is as it was")
    assert state(test) == before


def test_rows_are_not_chosen_for_longer_than_that(pair):
    prod, test = pair
    before, began = state(test), time.monotonic()
    with pytest.raises(SyncError, match="max-snapshot-age"):
        sync(prod, test, {"t": {"where": "pg_sleep(0.5) is not null", "limit": 1999}}, max_snapshot_age="1500ms")
    assert time.monotonic() - began < 500
    assert state(test) == before


def test_what_a_swap_has_finished_by_then_is_not_read_again(new_database):
    prod = new_database(DDL, ROWS, "create table u (id int primary key)", "insert into u select 1")
    test = new_database(DDL, "create table u (id int primary key)")
    execute(prod, "create table pace (seconds float)", "insert into pace values (0.5)")  # 1,000 s
    execute(
        prod, "create function slow() returns bool language sql as 'select pg_sleep(seconds) is not null from pace'"
    )
    rules = {"t": {"where": "slow()"}}
    before = state(test)
    for age in (2, 8, 32):  # on a machine that is busy, it may take some seconds until u is there
        with pytest.raises(SyncError, match="max-snapshot-age") as caught:
            sync(prod, test, rules, max_snapshot_age=f"{age}s", swap=True, jobs=2, keep=0)
        assert state(test) == before
        if "1 table is done" in str(caught.value):
            break
    assert str(caught.value).endswith(" 1 table is done, and --resume goes on with the others")
    execute(prod, "update pace set seconds = 0")
    assert sync(prod, test, rules, swap=True, jobs=2, keep=0, resume=True).rows == 2001


def test_a_sync_that_is_quick_enough_is_not_touched(pair):
    prod, test = pair
    assert sync(prod, test, max_snapshot_age="1h", max_rate=1000.0).rows == 2000
