"""Stories of what holds on to test's database itself: prepared transactions, replication slots, subscriptions."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from databases import Databases
from faults import Fragile
from syncing import execute, query, state, sync

from alembic_krakn.connect import Side, settle
from alembic_krakn.errors import SyncError
from alembic_krakn.sync.swap import roll_back

DDL = "create table t (id int primary key)"


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    if not hasattr(signal, "SIGQUIT"):
        pytest.skip("the server is stopped as on Unix")
    with Fragile.started() as server:
        execute(server.url, "alter system set wal_level = logical", "alter system set max_prepared_transactions = 5")
        server.stop_at_once()
        server.be_there()
        made = Databases(server.url)
        yield made
        made.close()


@pytest.fixture
def both(new_database):
    return new_database(DDL, "insert into t values (1)"), new_database(DDL)


@contextmanager
def prepared(url: str, statement: str) -> Iterator[None]:
    """Let a transaction wait for its COMMIT PREPARED."""
    execute(url, f"begin; {statement}; prepare transaction 'it waits'")
    try:
        yield
    finally:
        execute(url, "rollback prepared 'it waits'")


def drop_former(test: str) -> None:
    for (each,) in query(test, "select datname from pg_database where datname ^@ (current_database() || '_before_')"):
        execute(test, f"drop database {each}")


def test_a_prepared_transaction_that_holds_a_table_of_test_is_told(both):
    prod, test = both
    told = r"prepared transaction 'it waits' of '.*' \(until COMMIT PREPARED or ROLLBACK PREPARED\) uses public\.t;"
    with prepared(test, "insert into t values (2)"), pytest.raises(SyncError, match=told):
        sync(prod, test, lock_timeout="200ms")
    assert sync(prod, test).rows == 1


def test_a_prepared_transaction_stops_a_swap_and_a_rollback_before_they_begin(both):
    prod, test = both
    told = r"a prepared transaction \('it waits'\) keeps the database from being renamed; .*; nothing was changed"
    sync(prod, test, swap=True)
    name = query(test, "select current_database()")[0][0]
    (before,) = query(test, f"select datname from pg_database where datname ^@ '{name}_before_'")[0]
    for place in (test, test.replace(name, before)):
        with prepared(place, "create table late ()"), pytest.raises(SyncError, match=told):
            roll_back(settle(test, Side.TEST))
    with prepared(test, "create table late ()"), pytest.raises(SyncError, match=told):
        sync(prod, test, swap=True)
    roll_back(settle(test, Side.TEST))
    assert query(test, "table t") == []
    drop_former(test)


def test_replication_slots_are_not_taken_away_with_the_former_database(both):
    prod, test = both
    before = state(test)
    query(test, "select pg_create_logical_replication_slot('feed', 'pgoutput')")
    with pytest.raises(SyncError, match=r"replication slots belong to the database \('feed'\).*; nothing was changed"):
        sync(prod, test, swap=True)
    assert state(test) == before
    assert sync(prod, test).rows == 1
    query(test, "select pg_drop_replication_slot('feed')")
    with psycopg.connect(test, autocommit=True) as somebody:  # whose slot goes with the session, which is sent away
        somebody.execute("select pg_create_logical_replication_slot('brief', 'pgoutput', true)")
        sync(prod, test, swap=True, keep=0)
    assert query(test, "select count(*) from pg_replication_slots") == [(0,)]


def test_subscriptions_do_not_go_on_filling_the_former_database(both):
    """They belong to the database, whatever it is called."""
    prod, test = both
    sync(prod, test, swap=True)
    execute(test, "create subscription feed connection 'dbname=nowhere' publication p with (connect = false)")
    told = r"subscriptions belong to the database \('feed'\).*; nothing was changed"
    with pytest.raises(SyncError, match=told):
        roll_back(settle(test, Side.TEST))
    with pytest.raises(SyncError, match=told):
        sync(prod, test, swap=True)
    execute(test, "alter subscription feed set (slot_name = none)", "drop subscription feed")
    roll_back(settle(test, Side.TEST))
    drop_former(test)
