"""Stories of sequences: each goes on beyond all that it numbers, or the sync fails."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import pytest
from syncing import addresses, execute, query, state, sync

from alembic_krakn.errors import ValidationFailed
from alembic_krakn.renames import Renames
from alembic_krakn.sync.order import Manner, Order
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.run import run_sync
from alembic_krakn.sync.sequences import Counter

MANNERS = [
    pytest.param({}, id="whole"),
    pytest.param({"swap": True, "jobs": 2, "keep": 0}, id="swap"),
    pytest.param({"mode": "upsert"}, id="upsert"),
]


@pytest.mark.parametrize("manner", MANNERS)
def test_a_sequence_goes_beyond_the_tables_that_are_kept_as_well(new_database, manner):
    ddl = "create sequence shared; create table a (id bigint primary key default nextval('shared')); create table b (id bigint primary key default nextval('shared'));"
    prod, test = new_database(ddl, "insert into a default values"), new_database(ddl, "insert into b values (500)")
    execute(test, "select setval('shared', 500)")
    sync(prod, test, {"b": {"skip": True}}, **manner)
    assert query(test, "insert into b default values returning id") == [(501,)]


@pytest.mark.parametrize("manner", MANNERS)
def test_a_sequence_that_stays_behind_fails_the_sync(new_database, monkeypatch, manner):
    ddl = "create table a (id serial primary key, v int); create table b (id int primary key generated always as identity (increment by -1 minvalue -99 maxvalue -1 start -1))"
    prod = new_database(ddl, "insert into a (v) select generate_series(1, 30)", "insert into b default values")
    test = new_database(ddl, "insert into a (v) values (7)")
    before = state(test)
    go_on_from = Counter.go_on_from
    monkeypatch.setattr(Counter, "go_on_from", lambda counter, number: go_on_from(counter, min(number, 29)))
    with pytest.raises(
        ValidationFailed,
        match=r"the sequence public\.a_id_seq goes on with numbers that are in public\.a\.id already; test is as it was",
    ):
        sync(prod, test, **manner)
    assert state(test) == before
    monkeypatch.undo()
    sync(prod, test, **manner)
    assert query(test, "select nextval('a_id_seq'), nextval('b_id_seq')") == [(31, -2)]


@pytest.mark.parametrize("manner", [MANNERS[0], MANNERS[2]])
def test_hooks_may_number_rows_where_row_security_binds_the_owner(new_database, server, manner):
    ddl = "create table a (id serial primary key, v int); alter table a enable row level security, force row level security"
    prod, test = new_database(ddl, "insert into a (v) select generate_series(1, 30)"), new_database()
    execute(server, "create role krakn_lo_bound login")
    try:
        execute(test, "grant all on schema public to krakn_lo_bound")
        ours = f"{test}{'&' if '?' in test else '?'}user=krakn_lo_bound"
        execute(ours, ddl, "create policy seen on a using (true)")
        profile = parse_profile({"after": "insert into a values (900, 1)"}, source="krakn.yaml")
        run_sync(Order(*addresses(prod, ours), profile, Renames()), Manner(**manner))
        assert query(ours, "select count(*), nextval('a_id_seq') from a") == [(31, 901)]
        assert query(test, "select relforcerowsecurity from pg_class where relname = 'a'") == [(True,)]
    finally:
        execute(test, "drop owned by krakn_lo_bound")
        execute(server, "drop role krakn_lo_bound")
