"""Stories of swaps that follow one another: names that must not collide, and what is done once though a swap is resumed."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import pytest
from faults import Killing
from syncing import addresses, execute, query, sync

from alembic_krakn.connect import Side, settle
from alembic_krakn.errors import SyncError
from alembic_krakn.renames import Renames
from alembic_krakn.sync.order import Manner, Order
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.run import run_sync
from alembic_krakn.sync.swap import roll_back


def databases(server, like):
    return [name for (name,) in query(server, "select datname from pg_database order by 1") if name.startswith(like)]


@pytest.fixture
def tidy(server):
    """Drop the databases that begin so when the story ends."""
    begins = []
    yield begins.append
    for begin in begins:
        for name in databases(server, begin):
            execute(server, f'drop database "{name}" with (force)')


def test_databases_that_are_exchanged_within_one_second_have_names_of_their_own(new_database, server, tidy):
    prod = new_database("create table t (a int); insert into t values (1)")
    test = new_database("create table t (a int); insert into t values (2)", name="krakn_lo_quick")
    tidy("krakn_lo_quick_before_")
    sync(prod, test, swap=True)
    held = []
    for _ in range(3):
        roll_back(settle(test, Side.TEST))
        held += query(test, "table t")
    assert held == [(2,), (1,), (2,)]
    assert len(databases(server, "krakn_lo_quick_before_")) == 1


def test_long_names_that_begin_alike_are_not_taken_for_one_another(new_database, server, tidy):
    begin = "krakn_lo_" + "ä" * 25 + "_"
    prod = new_database("create table t (a int); insert into t values (1)")
    one = new_database("create table t (a int); insert into t values (2)", name=f"{begin}one" + "x" * 3)
    other = new_database("create table t (a int); insert into t values (3)", name=f"{begin}two" + "x" * 3)
    tidy("krakn_lo_ä")
    sync(prod, one, swap=True)
    with pytest.raises(SyncError, match="there is no former database"):
        roll_back(settle(other, Side.TEST))
    sync(prod, other, swap=True, keep=1)
    roll_back(settle(one, Side.TEST))
    roll_back(settle(other, Side.TEST))
    assert query(one, "table t") == [(2,)]
    assert query(other, "table t") == [(3,)]
    assert all(len(name.encode()) <= 63 for name in databases(server, "krakn_lo_ä"))


def test_what_comes_before_all_tables_is_done_once_though_a_swap_is_resumed(new_database, server):
    ddl = "create table customers (id int primary key);"
    mine = "create table notes (id serial, customer int references customers, said text);"
    prod = new_database(ddl, "insert into customers select generate_series(1, 100)")
    test = new_database(ddl, mine)
    name = query(test, "select current_database()")[0][0]
    profile = parse_profile({"before": "insert into notes (said) values ('begun')"}, source="krakn.yaml")
    order = Order(*addresses(prod, test), profile, Renames())
    with pytest.raises(SyncError, match="--resume goes on with the others"):
        run_sync(order, Manner(swap=True, keep=0), Killing(server, name))
    assert query(test, "select count(*) from notes") == [(0,)]
    run_sync(order, Manner(swap=True, keep=0, resume=True))
    assert query(test, "select count(*) from notes") == [(1,)]
    assert query(test, "select count(*) from customers") == [(100,)]
    assert query(test, "select nspname from pg_namespace where nspname like 'krakn%'") == []
