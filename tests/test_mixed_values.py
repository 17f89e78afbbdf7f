"""Stories of awkward values: what arrives of them, and that no message shows any."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import traceback

import psycopg
import pytest
from syncing import execute, order, query, state, sync

from alembic_krakn.errors import KraknError
from alembic_krakn.sync.dry_run import dry_run

MANNERS = [{}, {"swap": True, "keep": 0}, {"mode": "upsert"}]


@pytest.mark.parametrize("manner", MANNERS)
def test_xml_keeps_its_declaration(new_database, manner):
    prod, test = (new_database("create table t (id int primary key, x xml, xs xml[])") for _ in "12")
    kept = ['<?xml version="1.0"?><a/>', '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>', "<a/>", " words "]
    try:
        with psycopg.connect(prod) as conn:
            conn.execute("set xmloption = content")
            for number, text in enumerate(kept):
                conn.execute("insert into t values (%s, %s, array[%s::xml])", (number, text, text))
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this server has no libxml")
    sync(prod, test, **manner)
    assert [x for (x,) in query(test, "select x::text from t order by id")] == kept


@pytest.mark.parametrize("manner", MANNERS)
def test_nulls_in_arrays_are_nulls_whatever_the_databases_are_set_to(new_database, manner):
    prod = new_database(
        "create type mood as enum ('sad', 'ok'); create table t (id int primary key, a int[], m mood[])",
        "insert into t values (1, '{1,NULL}', '{sad,NULL}')",
    )
    test = new_database(
        "create type mood as enum ('sad', 'ok'); create table t (id int primary key, a text[], m mood[])"
    )
    for url in (prod, test):
        name = query(url, "select current_database()")[0][0]
        execute(url, f"alter database {name} set array_nulls = off")
    sync(prod, test, **manner)
    assert query(test, "select a, m::text[] from t") == [(["1", None], ["sad", None])]


TEXT = "create table t (id int primary key, c text)"
CHECKED = "create function f(text) returns bool language plpgsql as $$ {} $$; create table t (id int primary key, c text check (f(c)))"
SAYING = [
    pytest.param("create table t (id int primary key, c regclass)", {}, "c regclass: 1 row, as the value of c does not fit regclass (undefined table)", id="regclass"),
    pytest.param(CHECKED.format("begin raise exception '%', $1; end"), {}, "row 1: test refuses with an exception that the function f(text) raised", id="raise"),
    pytest.param(CHECKED.format("begin raise exception '%', $1 using errcode = 'undefined_object'; end"), {}, "t_c_check: 1 row, as CHECK (public.f(c)) fails (undefined object)", id="raise with a code"),
    pytest.param(CHECKED.format("begin raise exception 'x' using constraint = $1, column = $1, table = $1; end"), {}, "row 1: test refuses with an exception that the function f(text) raised; test is", id="raise with names"),
    pytest.param(CHECKED.format("begin raise check_violation using constraint = $1, table = $1; end"), {}, "public.t, check violation: 1 row, as test refuses it (check violation)", id="raise with a name"),
    pytest.param(CHECKED.format("begin raise not_null_violation using column = $1; end"), {}, "public.t, not null violation: 1 row, as test refuses it (not null violation)", id="raise with a column"),
    pytest.param(CHECKED.format("begin execute 'select ' || $1; return true; end"), {}, "t_c_check: 1 row, as CHECK (public.f(c)) fails (undefined column)", id="execute"),
    pytest.param(CHECKED.format("begin return exists (select from accounts where name = $1); end"), {}, 'row 1: test says: relation "accounts" does not exist', id="a function's own words"),
    pytest.param("create function f(text) returns text immutable language sql as $$ select $1::regtype::text $$; create table t (id int primary key, c text); create index i on t (f(c))", {}, 'building index public.i: test says: type "..." does not exist', id="index"),
    pytest.param(f"{TEXT}; create materialized view m as select c::regtype from t", {}, 'refreshing public.m: test says: type "..." does not exist', id="view"),
    pytest.param(TEXT, {"after": "update t set c = c::regconfig::text"}, 'text search configuration "..." does not exist', id="hook"),
    pytest.param(TEXT, {"after": "update wrong set c = 1"}, 'relation "wrong" does not exist', id="hook's own words"),
    pytest.param(TEXT, {"validate": "select c::regrole from t"}, 'prod says: role "..." does not exist; a value names what is not there', id="question"),
    pytest.param(TEXT, {"where": "to_tsvector(c::regconfig, c) is null"}, 'prod says: text search configuration "..." does not exist', id="where"),
    pytest.param(TEXT, {"where": "(c || '.a.b')::regclass is null"}, 'prod says: cross-database references are not implemented: "..."', id="three names"),
    pytest.param(TEXT, {"where": "(c || '.a.b.c')::regclass is null"}, "prod says: improper ", id="four names"),
    pytest.param(CHECKED.format("begin execute 'select ' || $1 || '()'; return true; end"), {}, "t_c_check: 1 row, as CHECK (public.f(c)) fails (undefined function)", id="function"),
    pytest.param(TEXT, {"columns": {"c": {"expr": "(c || ' x')::regtype::text"}}}, "prod says: syntax error at or near", id="syntax"),
]  # fmt: skip


@pytest.mark.parametrize("manner", [{}, {"swap": True, "keep": 0}])
@pytest.mark.parametrize(("want", "rule", "told"), SAYING)
def test_what_a_value_names_is_not_told(new_database, want, rule, told, manner):
    """PostgreSQL tells of a relation, a type, a function that is not there, and it was a row that asked for it."""
    prod, test = new_database(TEXT, "insert into t values (1, 'secretive')"), new_database(want)
    before = state(test)
    with pytest.raises(KraknError) as failed:
        sync(prod, test, {"t": rule}, **manner)
    assert told in str(failed.value)
    assert "secretive" not in "".join(traceback.format_exception(failed.value))
    assert state(test) == before
    try:
        seen = dry_run(order(prod, test, {"t": rule})).unfit
    except KraknError as exc:
        seen = (str(exc),)
    assert "secretive" not in "".join(seen)


def test_rows_that_went_into_quarantine_are_counted_nowhere_else(new_database):
    prod = new_database(
        "create table t (id int primary key, c text)", "insert into t values (1, 'a'), (2, 'a'), (3, '')"
    )
    test = new_database("create table t (id int primary key, c text unique check (c <> '')); create table seen (n int)")
    rules = {"t": {"after": "select 1"}, "seen": {"skip": True}}
    for manner in MANNERS[:2]:
        result = sync(prod, test, rules, on_violation="quarantine", **manner)
        assert result.rows == 1
        assert query(test, "select rows from krakn_history order by began desc limit 1") == [(1,)]


NUMBERING = [
    ("int default nextval('s'::text)", [("11",), ("12",)]),
    ("text default 'A' || nextval('s')", [("A11",), ("A12",)]),
    ("int default following()", [("11",), ("12",)]),
]


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize(("column", "numbers"), NUMBERING)
def test_sequences_that_no_column_owns_stay_where_a_refused_sync_found_them(new_database, column, numbers, manner):
    """PostgreSQL itself does not know of the first and the last one, as only text names them."""
    prod = new_database("create table t (id int primary key)", "insert into t values (1), (2)")
    functions = (
        "create function one() returns int language sql as $$ select nextval('s')::int $$;"
        "create function following() returns int language plpgsql as $$ begin return one(); end $$"
    )
    test = new_database("create sequence s", functions, f"create table t (id int primary key, n {column})")
    execute(test, "select setval('s', 10)")
    before = state(test)
    with pytest.raises(KraknError, match="where none were expected"):
        sync(prod, test, {"t": {"validate": {"query": "select from t", "expect": "no rows"}}}, **manner)
    assert state(test) == before
    sync(prod, test, **manner)
    assert query(test, "select n::text from t order by id") == numbers
