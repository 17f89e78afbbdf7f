"""Stories of columns: types that change, labels that are gone, NULLs that may not be, and what is said of each."""

# ruff: noqa: E501 - SQL and messages that the stories write

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from syncing import execute, order, query, state, sync

from alembic_krakn.errors import ProfileError, SyncError
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.run import run_sync

STATUS = "create type status as enum ('open', 'closed', 'gone')"


def remarks(prod, test, tables=None):
    return dry_run(order(prod, test, tables)).plan.remarks


# Types before and after, a value, and what arrives.
MEANT = [
    ("boolean", "bigint", "true", "1"),
    ("boolean", "smallint", "false", "0"),
    ("boolean", "numeric(5,2)", "true", "1.00"),
    ("boolean[]", "bigint[]", "'{t,NULL,f}'", "{1,NULL,0}"),
    ("boolean[]", "text[]", "'{t,f}'", "{true,false}"),
    ("bigint", "boolean", "7", "true"),
    ("numeric", "boolean", "0.0", "false"),
    ("numeric", "integer", "2.5", "3"),
    ("double precision", "integer", "2.5", "2"),
    ("double precision", "numeric", "0.1::float8 + 0.2", "0.3"),
    ("money", "bigint", "'1234.56'", "1235"),
    ("money", "numeric(12,2)", "'1234.56'", "1234.56"),
    ("double precision", "money", "12.345", "$12.35"),
    ("char(5)", "text", "'ab'", "ab"),
    ("char(5)", "char(3)", "'ab'", "ab"),
    ("char(4)[]", "text[]", "'{ab,c}'", "{ab,c}"),
    ("text", "char(4)", "'ab'", "ab"),
    ("bytea", "text", "'\\x00ff'", "\\x00ff"),
    ("text", "bytea", r"'a\\\001'", "\\x615c01"),
    ("timestamp", "timestamptz", "'2024-07-01 12:00'", "2024-07-01 12:00:00+00"),
    ("timestamptz", "timestamp", "'2024-07-01 12:00+02'", "2024-07-01 10:00:00"),
    ("timestamptz", "date", "'2024-07-01 23:30-05'", "2024-07-02"),
    ("timestamptz", "text", "'2024-07-01 12:00+02'", "2024-07-01 10:00:00+00"),
    ("date", "timestamptz", "'2024-07-01'", "2024-07-01 00:00:00+00"),
    ("text", "timestamptz", "'2024-07-01 12:00'", "2024-07-01 12:00:00+00"),
    ("text", "date", "'02/01/2024'", "2024-02-01"),
    ("json", "jsonb", """'{"b":1, "a":[1, 2]}'""", '{"a": [1, 2], "b": 1}'),
    ("jsonb", "json", """'{"a": null}'""", '{"a": null}'),
    ("jsonb", "integer", "'41.7'", "42"),
    ("integer", "jsonb", "5", "5"),
    ("boolean", "jsonb", "true", "true"),
    ("text[]", "jsonb", "'{a,NULL}'", '["a", null]'),
    ("int4range", "int8range", "'[1,5)'", "[1,5)"),
    ("int4range", "int4multirange", "'[1,5)'", "{[1,5)}"),
    ("daterange", "tsrange", "'[2024-01-01,2024-01-03)'", '["2024-01-01 00:00:00","2024-01-03 00:00:00")'),
    ("numeric[]", "integer[]", "'{1.5,2.4}'", "{2,2}"),
    ("integer", "bit(8)", "5", "00000101"),
    ("inet", "text", "'10.0.0.1'", "10.0.0.1/32"),
    ("interval", "time", "'1 day 02:03'", "02:03:00"),
    ("text", "status", "'open'", "open"),
    ("status", "text", "'closed'", "closed"),
    ("status", "new_status", "'open'", "open"),
    ("text[]", "new_status[]", "'{open,fresh}'", "{open,fresh}"),
    ("span", "span_multirange", "'[a,c)'", "{[a,c)}"),
    ("point3", "point4", "'(1,2,t)'", "(2,,t,1)"),
    ("point3", "point4", "'(,,)'", "(,,,)"),
]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_types_change_to_what_postgresql_or_everybody_means(new_database, zone):
    """Whatever zone, date order and money the two servers speak."""
    types = f"""{STATUS}; create type span as range (subtype = text); create type new_status as enum ('fresh', 'open');
        create type point3 as (x int, y int, ok boolean); create type point4 as (y bigint, z int, ok text, x text);
        do $$ begin execute format('alter database %I set timezone = %L', current_database(), '{zone}');
                    execute format('alter database %I set datestyle = %L', current_database(), 'SQL, DMY'); end $$;"""
    have = ", ".join(f"c{at} {have}" for at, (have, *_) in enumerate(MEANT))
    want = ", ".join(f"c{at} {want}" for at, (_, want, *_) in enumerate(MEANT))
    prod = new_database(types, f"create table t ({have})")
    values = ", ".join(value for *_, value, _ in MEANT)
    execute(
        prod,
        "set timezone = 'UTC'; set lc_monetary = 'C'; set datestyle = 'ISO, MDY';" + f"insert into t values ({values})",
    )
    execute(prod, "insert into t default values")
    test = new_database(types, f"create table t ({want})")
    sync(prod, test)
    with psycopg.connect(test) as conn:
        conn.execute("set timezone = 'UTC'; set lc_monetary = 'C'; set datestyle = 'ISO, MDY'")
        for at, (before, after, _, arrives) in enumerate(MEANT):
            found = [row[0] for row in conn.execute(f"select rtrim(c{at}::text) from t")]
            assert sorted(found, key=str) == sorted([arrives, None], key=str), (before, after)


def test_what_a_change_of_type_may_mean_is_remarked(new_database):
    prod = new_database(
        "create table t (at timestamp, born date, doc text, day varchar, tags text, n int, u timestamptz)"
    )
    test = new_database(
        "create table t (at timestamptz, born timestamptz, doc jsonb, day date, tags text[], n uuid, u text)"
    )
    told = remarks(prod, test)
    assert told == (
        "public.t.at (timestamp without time zone to timestamp with time zone, cast on prod, in UTC) is taken as a time in"
        """ UTC; for another zone, say for example t: {columns: {at: {expr: "at AT TIME ZONE 'Europe/Berlin'"}}}""",
        "public.t.born (date to timestamp with time zone, cast on prod, in UTC) is taken as a time in UTC; for another"
        " zone, say for example"
        """ t: {columns: {born: {expr: "(born)::timestamp AT TIME ZONE 'Europe/Berlin'"}}}""",
        "public.t.doc (text to jsonb) is read as JSON; where it is text that shall become a JSON string, say for example"
        ' t: {columns: {doc: {expr: "to_jsonb(doc)"}}}',
        "public.t.day (character varying to date) is read with month before day where it is not ISO; for another order,"
        """ say for example t: {columns: {day: {expr: "to_date(day, 'DD.MM.YYYY')"}}}""",
        "public.t.tags (text to text[]) is read as an array, '{a,b}'; where each text shall be the only element, say for"
        ' example t: {columns: {tags: {expr: "ARRAY[tags]"}}}',
        "public.t.n (integer to uuid, as text) has no cast, so test will refuse most values as text; for one that is the"
        ' same wherever the value is, say for example t: {columns: {"n": {expr: "md5(n::text)::uuid"}}}',
    )


def test_the_expressions_that_are_told_do_what_they_say(new_database):
    prod = new_database(
        "create table t (at timestamp, doc text)", "insert into t values ('2024-07-01 12:00', 'a\"b'), (null, null)"
    )
    test = new_database("create table t (at timestamptz, doc jsonb)")
    rules = {"at": {"expr": "at AT TIME ZONE 'Europe/Berlin'"}, "doc": {"expr": "to_jsonb(doc)"}}
    sync(prod, test, {"t": {"columns": rules}})
    assert query(test, "select extract(epoch from at)::int, doc from t order by 1") == [
        (1719828000, 'a"b'),
        (None, None),
    ]


def test_labels_that_are_gone_become_others(new_database):
    prod = new_database(
        f"{STATUS}; create table t (id int primary key, s status, old status[], n int)",
        "insert into t values (1, 'open', '{open}', 1), (2, 'closed', null, 2), (3, 'gone', '{}', null), (4, null, null, 3)",
    )
    test = new_database(
        "create type status as enum ('archived', 'open'); create table t (id int primary key, s status, old status[], n text)"
    )
    rules = {"s": {"map": {"closed": "archived", "gone": None}}, "n": {"map": {"1": "one", "2": True}, "fill": "none"}}
    (table,) = sync(prod, test, {"t": {"columns": rules}}).tables
    assert query(test, "select id, s::text, n from t order by 1") == [
        (1, "open", "one"),
        (2, "archived", "true"),
        (3, None, "none"),
        (4, None, "3"),
    ]
    assert {"s", "n"} <= set(table.checked)


def test_rows_with_a_label_that_is_gone_are_counted_before_anything_happens(new_database):
    prod = new_database(
        f"{STATUS}; create table t (id int, s status); insert into t values (1, 'open'), (2, 'closed'), (3, 'closed')"
    )
    test = new_database("create type status as enum ('open', 'close'); create table t (id int, s status)")
    before = state(test)
    with pytest.raises(ProfileError) as caught:
        sync(prod, test)
    assert str(caught.value).splitlines() == [
        "krakn.yaml: one thing stands in the way of a sync; the indented lines, under `tables:`, would settle it",
        "  public.t: 2 of prod's rows have 'closed' in s, a label that public.status of test lacks",
        '      t: {columns: {s: {map: {"closed": "close"}}}}',
    ]
    assert state(test) == before
    sync(prod, test, {"t": {"where": "id = 1"}})
    sync(prod, test, {"t": {"columns": {"s": {"map": {"closed": "close"}}}}})
    assert query(test, "select s::text from t order by 1") == [("close",), ("close",), ("open",)]


@pytest.mark.parametrize(
    ("gone", "offered"),
    [("ON HOLD", "on_hold"), ("unpaid", "..."), ("inactive", "..."), ("+", "..."), ("Cancelled", "canceled")],
)
def test_only_another_spelling_is_offered_for_a_label_that_is_gone(gone, offered, new_database):
    prod = new_database(f"create type s as enum ('{gone}'); create table t (s s); insert into t values ('{gone}')")
    test = new_database(
        "create type s as enum ('on_hold', 'paid', 'active', '-', 'canceled'); create table t (s s)",
    )
    with pytest.raises(ProfileError) as caught:
        sync(prod, test)
    assert f't: {{columns: {{s: {{map: {{"{gone}": "{offered}"}}}}}}}}' in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"s": {"map": {"cosed": "open"}}}, "prod's enum public.status has no label 'cosed'; did you mean 'closed'?"),
        ({"s": {"map": {"closed": "opn"}}}, "enum public.status of test has no label 'opn'; did you mean 'open'?"),
        ({"fresh": {"map": {"a": "b"}}}, "prod's public.t has no column 'fresh'; say where the values come from"),
    ],
)
def test_maps_that_do_not_fit(new_database, rule, told):
    prod = new_database(f"{STATUS}; create table t (s status)")
    test = new_database(f"{STATUS}; create table t (s status, fresh text)")
    with pytest.raises(ProfileError) as caught:
        sync(prod, test, {"t": {"columns": rule}})
    assert told in str(caught.value)


def test_fill_is_for_what_prod_does_not_have(new_database):
    prod = new_database(
        "create table t (id int primary key, n int, name text); insert into t values (1, null, 'a'), (2, 5, null)"
    )
    test = new_database(
        """create type kind as enum ('a', 'b');
        create table t (id int primary key, n bigint not null, label text not null, kind kind not null default 'b', up text)"""
    )
    rules = {
        "n": {"fill": 0},
        "label": {"from": "name", "fill": "?"},
        "kind": {"fill": "a"},
        "up": {"expr": "upper(name)", "fill": "-"},
    }
    result = sync(prod, test, {"t": {"columns": rules}})
    assert query(test, "select id, n, label, kind::text, up from t order by 1") == [
        (1, 0, "a", "a", "A"),
        (2, 5, "?", "a", "-"),
    ]
    (table,) = result.tables
    assert table.columns == {"copy": ("id",), "fill": ("n", "label", "kind", "up")}
    assert {"id", "n", "label"} <= set(table.checked)


def test_rows_that_do_not_fit_are_counted_with_what_would_settle_it(new_database):
    prod = new_database(
        """create table t (id int primary key, n int, size text, code varchar(10), flag boolean);
        insert into t select i, nullif(i, 3), case when i % 5 = 0 then 'x' else i::text end, repeat('c', i), i > 4
        from generate_series(1, 10) i"""
    )
    test = new_database(
        """create table t (id int primary key, n int not null, size int, code varchar(8), flag boolean,
           constraint small check (id < 8 or not flag))""",
        "insert into t values (1, 1)",
    )
    with pytest.raises(SyncError) as caught:
        sync(prod, test)
    first, *others = str(caught.value).splitlines()
    assert first.startswith("rows do not fit into test; change them, let the profile say")
    assert first.endswith("; test is as it was:")
    assert others == [
        "  public.t, code character varying(8): 1 row, and 1 that broke another one first, as the value of code does not fit character varying(8)"
        " (string data right truncation)",
        "  public.t, n NOT NULL: 1 row, as n is NULL",
        '      t: {columns: {"n": {fill: 0}}}',
        "  public.t, size integer: 2 rows, as the value of size does not fit integer (invalid text representation)",
        "  public.t, small: 1 row, and 2 that broke another one first, as CHECK (((id < 8) OR (NOT flag))) does not hold",
    ]
    assert query(test, "select id from t") == [(1,)]
    preview = dry_run(order(prod, test))
    assert len(preview.unfit) == 4
    assert preview.to_json()["unfit"] == list(preview.unfit)


def test_rows_that_break_a_check_are_counted_beside_those_with_null(new_database):
    prod = new_database(
        "create table t (id int primary key, a bool); insert into t values (1, true), (2, false), (3, null)"
    )
    test = new_database("create table t (id int primary key, a bool not null, constraint yes check (a is true))")
    told = dry_run(order(prod, test)).unfit
    assert [text.splitlines()[0] for text in told] == [
        "public.t: 1 of prod's rows have NULL in a, which is NOT NULL in test",
        "public.t: 1 of prod's rows break constraint yes: CHECK ((a IS TRUE))",
    ]
    assert [
        text.splitlines()[0] for text in dry_run(order(prod, test, {"t": {"columns": {"a": {"fill": True}}}})).unfit
    ] == ["public.t: 1 of prod's rows break constraint yes: CHECK ((a IS TRUE))"]


def test_all_keys_that_rows_break_are_told_at_once(new_database):
    have = "create table a (id int, n int); create table b (id int); create table c (id int, n text)"
    prod = new_database(
        have,
        "insert into a select i, i % 2 from generate_series(1, 6) i; insert into b values (1); insert into c values (1, 'x'), (2, 'x')",
    )
    test = new_database(
        have, "alter table a add constraint once unique (n); create unique index first on c (n); create index on b (id)"
    )
    before = state(test)
    with pytest.raises(SyncError) as caught:
        sync(prod, test)
    assert str(caught.value).splitlines()[1:] == [
        "  public.a, once: 4 rows, as another row has the same (n)",
        "  public.c, first: 1 row, as another row has the same (n)",
    ]
    assert state(test) == before


def test_labels_that_the_profile_says_were_renamed(new_database):
    prod = new_database(
        "create type mood as enum ('sad', 'ok'); create table t (m mood); insert into t values ('sad'), ('ok')"
    )
    test = new_database("create type mood as enum ('blue', 'ok'); create table t (m mood)")
    profile = parse_profile({"rename_from": {"enum public.mood": {"blue": "sad"}}})
    run_sync(replace(order(prod, test), profile=profile))
    assert sorted(query(test, "select m::text from t")) == [("blue",), ("ok",)]


def test_domains_that_share_a_name_and_differ(new_database):
    prod = new_database(
        """create domain amount as boolean; create domain size as int; create domain code as text;
        create table t (id int primary key, a amount, s size, c code); insert into t values (1, true, 7, 'x'), (2, null, -1, 'y')"""
    )
    test = new_database(
        """create domain amount as numeric(5,2); create domain size as int check (value > 0);
        create domain code as varchar(9); create table t (id int primary key, a amount, s size, c code)"""
    )
    with pytest.raises(SyncError) as caught:
        sync(prod, test)
    assert str(caught.value).splitlines()[1:] == [
        "  public.t, size_check: 1 row, as the value of s breaks this constraint of public.size"
    ]
    sync(prod, test, {"t": {"columns": {"s": {"map": {"-1": 1}}}}})
    assert query(test, "select id, a::text, s, c from t order by id") == [(1, "1.00", 7, "x"), (2, None, 1, "y")]


def test_citext_is_text(new_database):
    have = "create extension citext; create table t (n citext, w citext)"
    with psycopg.connect(new_database("")) as conn:
        if not conn.execute("select from pg_available_extensions where name = 'citext'").fetchall():
            pytest.skip("this server has no citext")
    prod = new_database(have, "insert into t values ('12', 'Öl')")
    test = new_database("create table t (n int, w varchar(4))")
    assert remarks(prod, test) == ()
    sync(prod, test)
    assert query(test, "select n, w from t") == [(12, "Öl")]


def test_a_table_that_holds_nothing_but_computed_columns_gets_its_rows(new_database):
    ddl = "create table t (two int generated always as (1 + 1) stored)"
    prod, test = new_database(ddl, "insert into t select from generate_series(1, 3)"), new_database(ddl)
    assert sync(prod, test).tables[0].rows == 3
    assert query(test, "select * from t") == [(2,)] * 3


def test_a_type_that_is_in_another_schema_takes_its_own_text_without_a_remark(new_database):
    """As the types of an extension that each database keeps where it likes."""
    shape = """
        create schema {0}; create type {0}.shape;
        create function {0}.shape_in(cstring) returns {0}.shape language internal immutable strict as 'textin';
        create function {0}.shape_out({0}.shape) returns cstring language internal immutable strict as 'textout';
        create type {0}.shape (input = {0}.shape_in, output = {0}.shape_out, like = text);
        create table t (id int primary key, a {0}.shape, b {0}.shape[]);
    """
    prod = new_database(shape.format("one"), "insert into t values (1, 'round', '{flat,\"a b\"}')")
    test = new_database(shape.format("other"))
    assert sync(prod, test).to_json()["remarks"] == []
    assert query(test, "select a::text, b::text from t") == [("round", '{flat,"a b"}')]
