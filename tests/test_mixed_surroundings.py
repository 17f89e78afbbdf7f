"""Stories of what servers, databases and roles are set to, or may do, while a sync works."""

from __future__ import annotations

import pytest
from roles import as_role, role
from syncing import execute, query, state, sync

from alembic_krakn.errors import KraknError

MANNERS = [{}, {"swap": True, "keep": 0}, {"mode": "upsert"}]


def let(url, setting):
    """Change a setting of a database for the sessions that follow."""
    name = query(url, "select current_database()")[0][0]
    execute(url, f"alter database {name} set {setting}")


@pytest.mark.parametrize("manner", MANNERS)
def test_connections_that_wait_for_others_are_not_ended(new_database, manner):
    prod = new_database("create table t (id int primary key)", "insert into t values (1)")
    test = new_database("create table t (id int primary key)")
    for url in (prod, test):
        let(url, "idle_session_timeout = '100ms'")
    sync(prod, test, {"t": {"after": "select pg_sleep(0.6)"}}, **manner)
    assert query(test, "select id from t") == [(1,)]


def test_a_transaction_that_may_not_last_is_told_with_what_to_do(new_database, server):
    if int(query(server, "show server_version_num")[0][0]) < 170000:
        pytest.skip("transaction_timeout came with PostgreSQL 17")
    prod = new_database("create table t (id int primary key)", "insert into t values (1)")
    test = new_database("create table t (id int primary key)")
    let(prod, "transaction_timeout = '600ms'")
    before = state(test)
    with pytest.raises(KraknError, match="prod ended the transaction that held it, as transaction_timeout does"):
        sync(prod, test, {"t": {"before": "select pg_sleep(3)"}})
    assert state(test) == before


def test_all_that_a_role_may_not_read_is_told_at_once(new_database, server):
    """A schema of several tables is told once, and what the next attempt would stumble over as well."""
    shapes = "create schema s; create table s.a (id int); create table s.b (id int); create table c (id int)"
    prod, test = new_database(shapes, "alter table s.b enable row level security"), new_database(shapes)
    with role(server) as name, pytest.raises(KraknError) as told:
        sync(as_role(prod, name), test)
    missing = ["SELECT on public.c", "SELECT on s.a", "SELECT on s.b", "USAGE on schema 's'"]
    hidden = "does not see all rows of s.b, as row security is on; it needs BYPASSRLS"
    told_all = "; ".join([hidden, *(f"has no {each}" for each in missing)])
    assert str(told.value) == f"prod: role '{name}' {told_all}; nothing was changed"
