"""Stories of values that prod does not have: krakn finds some that types, checks and keys of test take."""

# ruff: noqa: E501 - SQL

from __future__ import annotations

import pytest
from syncing import order, query, state, sync

from alembic_krakn.errors import ProfileError
from alembic_krakn.report import preview_text, sync_text
from alembic_krakn.report.lines import Line
from alembic_krakn.sync.dry_run import dry_run


def test_every_type_gets_a_value(new_database):
    prod = new_database("create table t (id int primary key); insert into t values (1), (2)")
    types = """boolean, smallint, bigint, numeric(3,2), real, money, text, varchar(3), char(2), name, bytea, date, time, timetz,
        timestamp, timestamptz(3), interval, uuid, json, jsonb, inet, cidr, macaddr, macaddr8, bit(3), varbit, point, box,
        polygon, circle, line, lseg, path, int4range, tstzrange, datemultirange, int[], text[], uuid[], tsvector, tsquery,
        pg_lsn, oid, mood, mood[], percent, code, pair, "char", jsonb[]""".replace("(3,2)", "(3;2)").split(",")
    columns = ", ".join(f"c{at} {name.replace(';', ',')} not null" for at, name in enumerate(types))
    test = new_database(
        """create type mood as enum ('sad', 'happy'); create type pair as (a int, b text);
        create domain percent as int check (value between 5 and 100);
        create domain code as varchar(4) not null check (value ~ '^[A-Z]{4}$' or value = 'NONE');""",
        f"create table t (id int primary key, {columns})",
    )
    (table,) = sync(prod, test, auto_fill=True).tables
    assert len(table.columns["fill"]) == len(types)
    assert query(test, "select count(*) from t")[0][0] == 2
    assert query(test, "select distinct c0, c1, c43::text, c45, c46 from t") == [(False, 0, "sad", 10, "NONE")]


def test_checks_are_respected(new_database):
    prod = new_database("create table t (id int); insert into t values (1)")
    test = new_database(
        """create table t (id int, kind text not null check (kind in ('gold', 'silver')),
            size int not null check (size > 41), code varchar(9) not null check (length(code) >= 8),
            mail text not null check (mail like '%@%'), a boolean not null, b boolean not null, check (a or b),
            low numeric not null, high numeric not null, check (low > 5 and high > low))"""
    )
    sync(prod, test, auto_fill=True)
    rows = query(test, "select kind, size, code, mail, a, b, low, high from t")
    assert rows == [("gold", 100, "xxxxxxxx", "x@example.org", False, True, rows[0][6], rows[0][7])]


def test_unique_columns_get_another_value_in_each_row(new_database):
    prod = new_database("create table t (id int primary key); insert into t select generate_series(1, 300)")
    test = new_database(
        """create table t (id int primary key, slug varchar(5) not null unique, code uuid not null unique,
            n int not null, day date not null unique, at timestamptz not null, name text not null,
            kind text not null, unique (id, kind));
        create unique index on t (n); create unique index on t (lower(name)); create unique index on t (at) where n > 0"""
    )
    (table,) = sync(prod, test, auto_fill=True).tables
    assert query(test, "select count(distinct kind), count(distinct slug), min(n), max(n) from t") == [(1, 300, 1, 300)]
    assert "fill" in table.columns


def test_foreign_keys_get_a_key_that_is_there(new_database):
    prod = new_database(
        """create table p (id uuid primary key, a int, b int, unique (a, b)); create table c (id int primary key);
        insert into p values ('00000000-0000-0000-0000-00000000000a', 7, 8), ('00000000-0000-0000-0000-00000000000b', 7, 9);
        insert into c values (1), (2)"""
    )
    test = new_database(
        """create table p (id uuid primary key, a int, b int, unique (a, b));
        create table kept (id int primary key); insert into kept values (5), (6);
        create table c (id int primary key, p uuid not null references p, own uuid not null unique references p,
            pa int not null, pb int not null, foreign key (pa, pb) references p (a, b), k int not null references kept,
            self int not null references c)"""
    )
    rules = {"p": {"where": "b > 7"}}
    sync(prod, test, rules, auto_fill=True)
    assert query(test, "select right(p::text, 1), right(own::text, 1), pa, pb, k, self from c order by id") == [
        ("a", "a", 7, 8, 5, 1),
        ("a", "b", 7, 8, 5, 1),
    ]


def test_nulls_are_filled_only_where_there_are_any(new_database):
    prod = new_database(
        "create table t (id int primary key, a int, b text); insert into t values (1, null, 'x'), (2, 3, 'y')"
    )
    test = new_database("create table t (id int primary key, a int not null default 9, b text not null)")
    (table,) = sync(prod, test, auto_fill=True).tables
    assert table.columns == {"copy": ("id", "b"), "fill": ("a",)}
    assert query(test, "select * from t order by id") == [(1, 9, "x"), (2, 3, "y")]
    assert table.checked == ("id", "a", "b")


def test_what_is_filled_is_listed(new_database):
    prod = new_database("create table t (id int primary key); insert into t values (1)")
    test = new_database("create table t (id int primary key, n int not null, slug text not null unique)")
    preview = dry_run(order(prod, test, auto_fill=True)).to_json()
    filled = [(c["name"], c["origin"], c["detail"]) for c in preview["tables"][0]["columns"][1:]]
    assert filled == [("n", "fill", "'0' in every row"), ("slug", "fill", "another value in every row")]
    assert preview["tables"][0]["sample"] == [{"id": "1", "n": "0", "slug": "x1"}]


@pytest.mark.parametrize(
    ("parent", "column", "told"),
    [
        (
            "create table p (id int primary key)",
            "x int not null references p",
            "public.p, which has no rows to refer to",
        ),
        ("", "x int not null check (x > 0 and x < 0)", "krakn found no value that its type and checks take"),
        ("", "x boolean not null unique", "it is unique, and krakn has no value for each row"),
    ],
)
def test_what_cannot_be_filled_stays_missing(new_database, parent, column, told):
    prod = new_database("create table t (id int primary key); insert into t values (1), (2)")
    test = new_database(
        parent, f"create table t (id int primary key, {column})", "insert into t (id) select 1 where false"
    )
    before = state(test)
    with pytest.raises(ProfileError) as caught:
        sync(prod, test, auto_fill=True)
    assert told in str(caught.value)
    assert "t: {columns: {x: {fill: " in str(caught.value)
    assert state(test) == before


def test_a_column_that_looks_renamed_is_not_filled(new_database):
    prod, test = (
        new_database("create table t (id int, phone text)"),
        new_database("create table t (id int, phone_no text not null)"),
    )
    with pytest.raises(ProfileError, match="from: phone"):
        sync(prod, test, auto_fill=True)


def test_a_column_that_may_be_a_rename_is_filled_and_remarked(new_database):
    prod = new_database("create table t (id int, phone text); insert into t values (1, '555')")
    test = new_database("create table t (id int, tel text not null)")
    result = sync(prod, test, auto_fill=True)
    assert result.plan.remarks == (
        "public.t.tel is new and is filled; should it be phone of prod, say t: {columns: {tel: {from: phone}}}",
    )
    assert result.tables[0].retired == ("phone",)


def test_nothing_is_left_out_without_being_listed(new_database):
    prod = new_database(
        "create table t (id int, old text, gone int); create table dropped (id int); insert into t values (1, 'a', 2)"
    )
    test = new_database("create table t (id int, n int not null)")
    preview = dry_run(order(prod, test, auto_fill=True))
    pages = [sync_text.lines(sync(prod, test, auto_fill=True)), preview_text.lines(preview)]
    report, plan = ("\n".join(each.text for each in page if isinstance(each, Line)) for page in pages)
    assert "filled: t.n, '0' in every row" in report
    assert "not copied from t, as no column of test takes it: old, gone" in report
    assert "not copied, as no column of test takes it: old, gone" in plan
    assert "only in prod, not copied: dropped" in report
    assert "only in prod, not copied: dropped" in plan
