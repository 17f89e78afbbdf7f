"""Stories of values that name things of their database: tables, functions, types, roles, text search configurations."""

from __future__ import annotations

import re

import pytest
from syncing import execute, query, state, sync

from alembic_krakn.errors import SyncError, ValidationFailed

NAMES = {
    "regclass": "s.thing",
    "regproc": "s.fun",
    "regprocedure": "s.fun(integer)",
    "regtype": "s.kind",
    "regnamespace": "s",
    "regconfig": "s.conf",
    "regdictionary": "s.dict",
    "regoper": "s.@@@@",
    "regoperator": "s.@@@@(integer,integer)",
    "regcollation": "s.coll",
    "regrole": "pg_monitor",
}
THINGS = """
    create schema s; create table s.thing (id int primary key);
    create function s.fun(integer) returns int language sql as 'select 1';
    create type s.kind as enum ('a'); create text search configuration s.conf (copy = simple);
    create text search dictionary s.dict (template = simple);
    create function s.op(integer, integer) returns bool language sql as 'select true';
    create operator s.@@@@ (function = s.op, leftarg = integer, rightarg = integer);
    create collation s.coll (locale = 'C')
"""
UPSERT = {"mode": "upsert", "delete_vanished": True}
SWAP = {"swap": True, "jobs": 2, "keep": 0}


@pytest.mark.parametrize("manner", [{}, SWAP, UPSERT])
def test_what_names_a_thing_names_the_same_one_in_test(new_database, manner):
    """Their numbers differ from database to database; the names travel."""
    columns = ", ".join(f"a_{kind} {kind}, b_{kind} {kind}[], c_{kind} text" for kind in NAMES)
    was = columns.replace(" text", " regclass", 1)
    values = ", ".join(f"'{name}', array['{name}', null]::{kind}[], '{name}'" for kind, name in NAMES.items())
    prod = new_database(THINGS, f"create table t (id int primary key, {was})", f"insert into t values (1, {values})")
    test = new_database("create table a (i int primary key)", THINGS, f"create table t (id int primary key, {columns})")
    numbers = "select 's.thing'::regclass::oid, 's.kind'::regtype::oid"
    assert query(prod, numbers) != query(test, numbers)
    for _ in range(2):
        sync(prod, test, **manner)
        assert query(test, "select t::text from t") == query(prod, "select t::text from t")


MISSING = [
    ("regclass", "s.gone", "undefined table"),
    ("regclass", "a.b.c.d", "syntax error"),
    ("regtype", "s.gone", "undefined object"),
    ("regproc", "s.gone", "undefined function"),
    ("regrole", "krakn_no_such_role", "undefined object"),
    ("regnamespace", "gone", "invalid schema name"),
    ("regconfig[]", "{simple,s.gone}", "undefined object"),
]


@pytest.mark.parametrize(("kind", "name", "why"), MISSING)
def test_what_names_nothing_in_test_is_told_or_kept_apart(new_database, kind, name, why):
    prod = new_database("create table t (id int primary key, c text)")
    execute(prod, f"insert into t values (1, null), (2, '{name}'), (3, null)")
    test = new_database("create schema s", f"create table t (id int primary key, c {kind})", "insert into t values (9)")
    before, told = state(test), f"the value of c does not fit {kind} ({why})"
    with pytest.raises(ValidationFailed, match=re.escape(f"public.t, c {kind}: 1 row, as {told}")):
        sync(prod, test)
    assert state(test) == before
    sync(prod, test, on_violation="quarantine", **(SWAP if kind == "regclass" else {}))
    assert query(test, "select id from t order by 1") == [(1,), (3,)]
    assert query(test, "select key, reason, row from krakn_rejects") == [({"id": 2}, told, {"id": 2, "c": name})]


ROWS = "(1, 'english', 'fishes'), (2, 'klingon', 'x'), (3, 'german', 'Fische')"
PLAIN = "id int primary key, lang text, body text"
WORDS = """create function words(text, text) returns tsvector immutable language sql
    as $$ select pg_catalog.to_tsvector($1::regconfig, $2) $$"""
ASKING = {
    "words tsvector": (
        f"{WORDS}; create table t ({PLAIN}, words tsvector generated always as (words(lang, body)) stored)",
        "test computes words as public.words(lang, body), which fails (undefined object)",
    ),
    "known": (
        f"{WORDS}; create table t ({PLAIN}, constraint known check (words(lang, body) is not null))",
        "CHECK ((public.words(lang, body) IS NOT NULL)) fails (undefined object)",
    ),
}


@pytest.mark.parametrize("what", ASKING)
def test_what_test_computes_of_a_name_that_is_not_there(new_database, what):
    ddl, why = ASKING[what]
    prod, test = new_database(f"create table t ({PLAIN}); insert into t values {ROWS}"), new_database(ddl)
    before = state(test)
    with pytest.raises(ValidationFailed, match=re.escape(f"public.t, {what}: 1 row, as {why}")):
        sync(prod, test)
    assert state(test) == before
    sync(prod, test, on_violation="quarantine")
    assert query(test, "select id from t order by 1") == [(1,), (3,)]
    assert query(test, 'select key, "constraint", reason from krakn_rejects') == [({"id": 2}, what, why)]


def test_a_function_of_tests_own_that_does_not_work_is_no_matter_of_rows(new_database):
    prod = new_database("create table t (id int primary key, c text); insert into t values (1, 'x')")
    check = "begin return exists (select from accounts where name = $1); end"
    test = new_database(
        f"create function f(text) returns bool language plpgsql as $$ {check} $$",
        "create table t (id int primary key, c text check (f(c)))",
    )
    with pytest.raises(SyncError, match='row 1: test says: relation "accounts" does not exist'):
        sync(prod, test, on_violation="quarantine")
