"""Stories of two syncs that fill one test at the same time: one arrives, the other is told what is in its way."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from faults import Moments
from syncing import addresses, order, query, sync

from alembic_krakn.errors import SyncError
from alembic_krakn.sync.order import Manner
from alembic_krakn.sync.run import run_sync
from alembic_krakn.sync.swap.rollback import roll_back

DDL = "create table t (id int primary key, v text); create table u (id int primary key, t int references t)"
ROWS = "insert into t select i, i from generate_series(1, 900) i; insert into u select id, id from t"
MANNERS: dict[str, dict[str, Any]] = {
    "replace": {},
    "upsert": {"mode": "upsert", "delete_vanished": True},
    "append": {"mode": "append"},
    "swap": {"swap": True, "jobs": 2, "keep": 1},
}
BUSY = (
    r"locking the tables of test: session \d+ .* uses public\.t and 1 more; end that session, or raise --lock-timeout"
)
FILLING = r"test: another krakn is filling .*; wait for its end; nothing was changed$"
EXCHANGING = (
    "another krakn is about to exchange .* for a new database; run it again when that is done; test is as it was"
)
SWAPPING = "another krakn is about to swap .*; wait for its end; nothing was changed$"


@pytest.fixture
def pair(new_database):
    return new_database(DDL, ROWS), new_database(DDL, "insert into t values (5, 'x')")


@pytest.fixture
def threads():
    with ThreadPoolExecutor() as pool:
        yield pool


def arrived(test):
    assert query(test, "select count(*), sum(id), count(v) from t join u using (id)") == [(900, 405450, 900)]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("replace", "replace", BUSY),
        ("replace", "upsert", BUSY),
        ("replace", "swap", FILLING),
        ("upsert", "replace", BUSY),
        ("upsert", "append", BUSY),
        ("append", "upsert", BUSY),
        ("append", "swap", FILLING),
        ("swap", "replace", EXCHANGING),
        ("swap", "upsert", EXCHANGING),
        ("swap", "swap", SWAPPING),
    ],
)
def test_whoever_comes_second_is_told(pair, threads, first, second, told):
    prod, test = pair
    begun = []

    def begin_another() -> None:
        begun.append(second)
        with pytest.raises(SyncError, match=told):
            threads.submit(lambda: sync(prod, test, lock_timeout="200ms", **MANNERS[second])).result()

    moments = Moments(act=begin_another)
    moments.at = {"swap": 5, "replace": 6}.get(first, 4)
    run_sync(order(prod, test), Manner(**MANNERS[first]), moments)
    assert begun
    arrived(test)
    assert query(test, "select count(*) from krakn_history") == [(1,)]
    sync(prod, test, **MANNERS[second])


def test_whoever_can_wait_goes_on_when_the_first_one_is_done(pair, threads):
    """Neither found a history when it began, and the second one finds that of the first."""
    prod, test = pair
    waiting: list[Future[Any]] = []
    moments = Moments(6, lambda: waiting.append(threads.submit(lambda: sync(prod, test, lock_timeout="60s"))))
    sync(prod, test, progress=moments)
    waiting[0].result()
    arrived(test)
    assert query(test, "select count(*) from krakn_history") == [(2,)]


def test_nobody_goes_back_while_test_is_filled(pair, threads):
    prod, test = pair
    sync(prod, test, **MANNERS["swap"])

    def go_back() -> None:
        with pytest.raises(SyncError, match=FILLING):
            threads.submit(lambda: roll_back(addresses(prod, test)[1])).result()

    moments = Moments(6, go_back)
    run_sync(order(prod, test), Manner(), moments)
    assert moments.told[6] != "committing"
    roll_back(addresses(prod, test)[1])
    assert query(test, "select id, v from t") == [(5, "x")]
