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


@pytest.mark.parametrize("manner", [*MANNERS, {"on_violation": "quarantine"}], ids=str)
def test_backslashes_mean_themselves_whatever_a_database_makes_of_them(new_database, manner):
    """What krakn writes has some, and a role or a database from old times may take them for escapes."""
    shape = "create table t (id int primary key, v text, w text default '' check (w ~ '^[^\\d]*$'))"
    prod = new_database(shape, r"insert into t select i, E'\\\\n\\'' ' || i from generate_series(1, 50) i")
    test = new_database(shape)
    for url in (prod, test):
        let(url, "standard_conforming_strings = off")
    rules = {"t": {"where": r"v !~ '\s9$'", "columns": {"w": {"value": "\\n ' \\"}}}}
    sync(prod, test, rules, **manner)
    assert query(test, "select count(*), min(w) from t") == [(49, "\\n ' \\")]
    assert query(test, "select v from t where id = 7") == query(prod, "select v from t where id = 7")


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


def encoded(new_database, server, encoding, *ddl):
    """Make a database whose encoding is another one."""
    url = new_database()
    name = query(url, "select current_database()")[0][0]
    create = f"create database {name} template template0 encoding '{encoding}' lc_collate 'C' lc_ctype 'C'"
    execute(server, f"drop database {name}", create)
    url += f"{'&' if '?' in url else '?'}client_encoding=utf8"
    execute(url, *ddl)
    return url


WORDS = """
    create type mood as enum ('größer', 'Élan');
    create type pair as (a text, b jsonb);
    create domain short as varchar(20);
    create table t (
        id text primary key, v varchar(20), c char(9), s short, m mood, mm mood[], a text[], n name, j json, b jsonb,
        bb jsonb[], p pair, w tsvector, x text generated always as (upper(v)) stored
    );
    create table parted (id text primary key, n int) partition by hash (id);
    create table parted_0 partition of parted for values with (modulus 2, remainder 0);
    create table parted_1 partition of parted for values with (modulus 2, remainder 1);
    create table child (id int primary key, up text references t)
"""
OTHER_BYTES = """
    insert into t
    select k || n, k, k, k, 'Élan', '{größer,NULL}', array[k, null], k, to_json(k), jsonb_build_object(k, k, 'ab', 1),
        array[jsonb_build_object('é', 1, 'ab', 2)], row(k, jsonb_build_object('é', 1, 'ab', 2))::pair,
        to_tsvector('simple', k || ' zz œ š')
    from unnest(array['aé', '€', 'z', 'Ž', 'ÿ', 'ö' || E'\\t']) as k, generate_series(1, 5) n;
    insert into parted select id, 1 from t;
    insert into child select row_number() over (order by id), id from t
"""


@pytest.mark.parametrize("manner", [*MANNERS, {"mode": "append"}, {"on_violation": "quarantine"}], ids=str)
@pytest.mark.parametrize("encodings", [("LATIN9", "UTF8"), ("UTF8", "LATIN9"), ("WIN1252", "LATIN9")], ids=str)
def test_databases_may_have_different_encodings(new_database, server, encodings, manner):
    prod, test = (encoded(new_database, server, encoding, WORDS) for encoding in encodings)
    execute(prod, OTHER_BYTES)
    columns = "id, v, c, s, m, mm, a, n, j, b, bb, (p).a, (p).b, tsvector_to_array(w) @> array['zz', 'œ', 'š'], x"
    rules = {"t": {"validate": "select id, v, c, m from t"}, "parted": {"columns": {"n": {"mask": "hash"}}}}
    for _ in range(2):
        sync(prod, test, rules, **manner)
        for asked in (f"select {columns} from t", "select id from parted", "select * from child"):
            rows = [sorted(query(url, asked), key=str) for url in (prod, test)]
            assert rows[0] == rows[1]
        execute(test, "delete from child where up like '€%'; delete from t where id = '€3'")


SOME = (
    "create table t (id int primary key, v int, hidden text); create table u (id int primary key, up int references t)"
)


@pytest.mark.parametrize("manner", [*MANNERS, {"on_violation": "quarantine"}], ids=str)
def test_a_role_may_read_some_columns_alone(new_database, server, manner):
    """It sees not where rows stand (ctid) then, and no column that becomes NULL needs to be read."""
    prod = new_database(SOME, "insert into t select i, i, 'secret' from generate_series(1, 30) i")
    test = new_database(SOME)
    if "on_violation" in manner:
        execute(test, "alter table t add check (v <> 16)")
    rules = {"t": {"columns": {"hidden": {"mask": "nullify"}, "v": {"expr": "v + 1"}}}}
    with role(server) as name:
        execute(prod, f"grant select (id, v) on t to {name}; grant select on u to {name}")
        result = sync(as_role(prod, name), test, rules, **manner)
        with pytest.raises(KraknError, match=r"no SELECT on tableoid and ctid of public.t; grant these as well"):
            sync(as_role(prod, name), test, {"t": {**rules["t"], "limit": 3}})
        execute(prod, f"grant select (ctid, tableoid) on t to {name}")
        sync(as_role(prod, name), test, {"t": {**rules["t"], "limit": 3}})
        execute(prod, f"revoke all on t, u from {name}; revoke all (id, v, ctid, tableoid) on t from {name}")
    assert result.rows == 30 - ("on_violation" in manner)
    assert query(test, "select id, v, hidden from t order by id") == [(i, i + 1, None) for i in range(1, 4)]


def test_a_large_table_of_which_some_columns_are_granted_is_read_by_several(new_database, server, monkeypatch):
    monkeypatch.setattr("alembic_krakn.sync.swap.ranges._LARGE", 1)
    prod = new_database(SOME, "insert into t select i, i, 'secret' from generate_series(1, 30000) i; analyze t")
    test = new_database(SOME)
    with role(server) as name:
        execute(prod, f"grant select (id, v) on t to {name}; grant select on u to {name}")
        sync(as_role(prod, name), test, {"t": {"columns": {"hidden": {"value": None}}}}, swap=True, jobs=2, keep=0)
        execute(prod, f"revoke all on t, u from {name}; revoke all (id, v) on t from {name}")
    assert query(test, "select count(*), sum(v)::int from t") == [(30000, 450015000)]


@pytest.mark.parametrize("manner", MANNERS, ids=str)
def test_what_functions_of_both_sides_say_on_the_way_is_in_no_rows_way(new_database, manner):
    says = """create function said(text) returns text language plpgsql immutable as
        $$ begin raise notice 'a notice'; raise warning 'a warning'; return $1; end $$;"""
    prod = new_database(says, "create table t (id int primary key, v text)")
    test = new_database(says, "create table t (id int primary key, v text check (said(v) <> ''))")
    execute(prod, "insert into t select i, 'v' || i from generate_series(1, 500) i")
    let(prod, "client_min_messages = debug2")
    sync(prod, test, {"t": {"columns": {"v": {"expr": "public.said(v)"}}}}, **manner)
    assert query(test, "select count(distinct v) from t") == [(500,)]
