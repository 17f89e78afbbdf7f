"""Stories of syncs that fail: the error says what happened without a single value, and test is as it was."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import os
import re
import signal
import threading

import polars as pl
import psycopg
import pytest
from syncing import execute, query, state, sync

from alembic_krakn.errors import ConnectError, Interrupted, KraknError, ProfileError, SyncError, ValidationFailed
from alembic_krakn.progress import Silent

SECRET = "s3cr3t value"


@pytest.fixture
def fails():
    """Run a sync that fails; the error holds no value, and test's schema, rows, sequences and triggers are as before."""

    def run(prod, test, tables=None, error=SyncError, **more):
        before = state(test)
        with pytest.raises(error) as caught:
            sync(prod, test, tables, **more)
        assert state(test) == before
        assert caught.type is error
        exc: BaseException | None = caught.value
        while exc is not None:
            assert SECRET not in f"{exc}{exc.args!r}"
            exc = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
        return str(caught.value)

    return run


class When(Silent):
    """Do something once: when a step begins, or when the first rows of a table went through."""

    def __init__(self, act, step=None):
        self.act, self.wanted = act, step
        self.done = False

    def step(self, text):
        if self.wanted and text.startswith(self.wanted):
            self._once()

    def advance(self, task, units, size=0):
        if not self.wanted:
            self._once()

    def _once(self):
        if not self.done:
            self.done = True
            self.act()


TWO = """
    create table parent (id serial primary key, name text);
    create table child (id int primary key, parent int constraint child_parent references parent, note text);
    create index child_note on child (note);
    create function no() returns trigger language plpgsql as 'begin raise exception ''no''; end';
"""
ROWS = """
    insert into parent (name) select 'parent ' || i from generate_series(1, 1000) i;
    insert into child select i, 1 + i % 1000, repeat('note ', 20) || i from generate_series(1, 50000) i;
"""
OURS = """
    insert into parent (name) values ('ours'), ('and this'); insert into child values (1, 2, 'ours');
    create trigger deny before delete on child for each row execute function no();
"""


@pytest.fixture
def two(new_database):
    """Give prod with many rows and test with a few of its own."""
    return new_database(TWO, ROWS), new_database(TWO, OURS)


def single(new_database, have, value, want, more=""):
    """Make prod with four rows, of which the third holds `value`, and test with one row that must stay."""
    prod = new_database(f"{more}; create table t (id int, v {have})")
    execute(prod, "insert into t (id) values (1), (2)", f"insert into t values (3, {value}), (4, null)")
    return prod, new_database(f"{more}; create table t (id int, v {want}); insert into t (id) values (99)")


@pytest.mark.parametrize(
    ("have", "value", "want", "condition"),
    [
        ("text", f"'{SECRET}'", "int", "invalid text representation"),
        ("bigint", "9999999999", "int", "numeric value out of range"),
        ("text", f"'{SECRET}'", "varchar(5)", "string data right truncation"),
        ("varchar(20)", f"'{SECRET}'", "varchar(5)", "string data right truncation"),
        ("text", f"'{SECRET}'", "date", "invalid datetime format"),
        ("text", f"'{SECRET}'", "jsonb", "invalid text representation"),
        ("numeric", "12345.6", "numeric(5,2)", "numeric value out of range"),
    ],
)
def test_a_value_that_does_not_fit(new_database, fails, have, value, want, condition):
    text = fails(*single(new_database, have, value, want), error=ValidationFailed)
    assert text.startswith("rows do not fit into test; ")
    assert "public.t, v " in text
    assert ": 1 row, as the value of v does not fit " in text
    assert condition in text
    assert "; test is as it was" in text


def test_a_label_that_is_gone(new_database, fails):
    prod = new_database("create type st as enum ('a', 'b'); create table t (v st); insert into t values ('a'), ('b')")
    test = new_database("create type st as enum ('a', 'c'); create table t (v st); insert into t values ('c')")
    text = fails(prod, test, error=ProfileError)
    assert "public.t: 1 of prod's rows have 'b' in v, a label that public.st of test lacks" in text
    assert 't: {columns: {v: {map: {"b": "..."}}}}' in text


def test_a_value_that_prod_cannot_cast(new_database, fails):
    text = fails(*single(new_database, "numeric", "1e30", "int"), error=ValidationFailed)
    assert "v integer: 1 row, as the value of v does not fit integer (numeric value out of range)" in text


def test_a_value_that_prod_cannot_compute(new_database, fails):
    prod, test = single(new_database, "int", "0", "int")
    text = fails(prod, test, {"t": {"columns": {"v": {"expr": "1 / v"}}}})
    assert "filling public.t: row 3: a value of public.t does not fit: prod refuses with division by zero" in text
    assert "what prod computes there is v (1 / v)" in text


def test_a_null_that_test_does_not_take(new_database, fails):
    prod, test = single(new_database, "text", "null", "text default '' not null")
    execute(prod, "delete from t", "insert into t values (1, 'x'), (2, ''), (3, null)")
    text = fails(prod, test, error=ValidationFailed)
    assert "public.t, v NOT NULL: 1 row, as v is NULL" in text
    assert 't: {columns: {v: {fill: "..."}}}' in text


def test_a_row_that_breaks_a_check(new_database, fails):
    prod, test = single(new_database, "text", f"'{SECRET}'", "text constraint short check (length(v) < 5)")
    text = fails(prod, test, error=ValidationFailed)
    assert "public.t, short: 1 row, as CHECK ((length(v) < 5)) does not hold" in text


def test_a_row_that_breaks_a_domain(new_database, fails):
    prod, test = single(
        new_database,
        "text",
        f"'{SECRET}'",
        "short",
        "create domain short as text constraint s check (length(value) < 5)",
    )
    text = fails(prod, test, error=ValidationFailed)
    assert "public.t, s: 1 row, as the value of v breaks this constraint of public.short" in text


def test_a_row_that_fits_no_partition(new_database, fails):
    prod = new_database("create table t (id int, v text)", f"insert into t values (1, 'a'), (2, '{SECRET}')")
    test = new_database(
        "create table t (id int, v text) partition by list (v); create table t_a partition of t for values in ('a')",
        "insert into t values (9, 'a')",
    )
    assert "PARTITION BY: 1 row, as no partition of public.t takes it" in fails(prod, test, error=ValidationFailed)


def test_rows_that_break_a_key_of_test_are_counted(new_database, fails):
    prod = new_database(
        "create table t (id int, v text)", f"insert into t values (1, '{SECRET}'), (1, '{SECRET}'), (3, 'x'), (3, 'y')"
    )
    test = new_database(
        "create table t (id int constraint t_pk primary key, v text)",
        "create unique index t_v on t (lower(v)) where v is not null; insert into t values (5, 'mine')",
    )
    text = fails(prod, test, error=ValidationFailed)
    assert "public.t, t_pk: 2 rows, as another row has the same (id)" in text
    assert (
        "public.t, t_v: 1 row that broke another one first, as another row has the same (lower(v)) WHERE (v IS NOT NULL)"
        in text
    )


def test_a_null_in_a_new_primary_key(new_database, fails):
    prod = new_database("create table t (id int)", "insert into t values (1), (null)")
    test = new_database("create table t (id int primary key)", "insert into t values (5)")
    assert "public.t, id NOT NULL: 1 row, as id is NULL" in fails(prod, test, error=ValidationFailed)


def test_orphans_are_counted(new_database, fails):
    prod = new_database(
        """create table parent (id int primary key); create table child (parent int, other int);
        insert into parent values (1); insert into child values (1, 1), (2, 1), (3, 5), (null, null)"""
    )
    test = new_database(
        """create table parent (id int primary key);
        create table child (parent int constraint up references parent, other int constraint side references parent);
        insert into parent values (9); insert into child values (9, 9)"""
    )
    text = fails(prod, test, error=ValidationFailed)
    assert "public.child, up: 2 rows, as the row of public.parent that (parent) refers to is not there" in text
    assert "public.child, side: 1 row, as the row of public.parent that (other) refers to is not there" in text


def test_rows_that_break_a_foreign_key_besides_another_key_are_counted(new_database, fails):
    prod = new_database(
        """create table a (id int, parent int, side int); create table b (id int, parent int)""",
        "insert into a values (1, 1, 1), (1, 2, 2), (3, 3, 1); insert into b values (1, 1), (1, 2), (1, 3)",
    )
    test = new_database(
        """create table parent (id int primary key); create table side (id int primary key);
        create table a (id int constraint a_pk primary key, parent int not null constraint a_up references parent,
          side int not null constraint a_side references side);
        create table b (id int constraint b_pk primary key, parent int constraint b_up references parent)"""
    )
    same, gone = "as another row has the same (id)", "refers to is not there"
    both, first = "and 2 that broke another one first", "that broke another one first"
    assert [line.strip() for line in fails(prod, test, error=ValidationFailed).splitlines()[1:]] == [
        f"public.a, a_pk: 1 row, {same}",
        f"public.a, a_side: 2 rows, and 1 {first}, as the row of public.side that (side) {gone}, or is rejected",
        f"public.a, a_up: 3 rows {first}, as the row of public.parent that (parent) {gone}, or is rejected",
        f"public.b, b_pk: 2 rows, {same}",
        f"public.b, b_up: 1 row, {both}, as the row of public.parent that (parent) {gone}, or is rejected",
    ]


def test_orphans_that_a_condition_makes(two, fails):
    some = {"parent": {"from": "select * from parent", "where": "id <= 999"}}
    text = fails(*two, some, error=ValidationFailed)
    assert "50 rows, as the row of public.parent that (parent) refers to is not there" in text
    assert "as `where` leaves rows of public.parent out; give public.child a `where` that fits it" in text


def test_orphans_among_rows_that_stay(two, fails):
    prod, test = two
    execute(prod, "delete from child where parent = 2; delete from parent where id = 2")
    text = fails(prod, test, {"child": {"skip": True}}, error=ValidationFailed)
    assert "public.child, child_parent: 1 rows refer to rows of public.parent that are not there" in text
    assert "as public.child keeps rows of test's own" in text


def test_a_condition_that_is_no_sql(two, fails):
    text = fails(*two, {"child": {"where": "id >> > 1"}}, error=ProfileError)
    assert (
        'tables.child.where: expected a condition that prod can compute; prod says: syntax error at or near ">"' in text
    )


def test_a_condition_that_is_another_one_each_time(new_database, fails):
    ddl = "create table t (id int)"
    prod = new_database(ddl, "insert into t select generate_series(1, 1000)")
    text = fails(prod, new_database(ddl), {"t": {"where": "random() < 0.5"}}, error=ValidationFailed)
    assert "public.t has " in text
    assert "rows in test, prod has " in text


def test_a_materialized_view_that_cannot_be_refreshed(new_database, fails):
    prod = new_database("create table t (id int)", "insert into t values (0)")
    test = new_database(
        "create table t (id int)", "insert into t values (1)", "create materialized view v as select 1 / id from t"
    )
    text = fails(prod, test)
    assert "refreshing public.v: test refuses with division by zero" in text


def broken_hook(values: pl.Series) -> pl.Series:
    """Fail as a hook does that shows what it got."""
    raise ValueError(f"cannot mask {values[0]}")


def test_a_hook_that_raises(two, fails):
    prod, test = two
    execute(prod, f"update child set note = '{SECRET}'")
    hook = {"call": f"{__name__}:broken_hook"}
    text = fails(prod, test, {"child": {"columns": {"note": {"mask": hook}}}})
    assert text.startswith("filling public.child: public.child.note: hook")
    assert "raised ValueError" in text


def test_prod_ends_the_connection_in_the_middle(two, fails, server):
    prod, test = two

    def kill():
        query(
            server,
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'krakn sync'"
            f" and datname = '{prod_name(prod)}'",
        )

    execute(prod, "insert into child select i, 1, repeat(md5(i::text), 30) from generate_series(50001, 150000) i")
    text = fails(prod, test, progress=When(kill))
    assert text.startswith("filling public.child: ")
    assert "prod ended the connection" in text or "the connection to prod was lost" in text


def test_test_ends_the_connection_in_the_middle(two, fails, server):
    prod, test = two

    def kill():
        query(
            server,
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'krakn sync'"
            f" and datname = '{prod_name(test)}'",
        )

    text = fails(prod, test, progress=When(kill))
    assert "test ended the connection" in text or "the connection to test was lost" in text


@pytest.mark.parametrize("step", [None, "building constraint public.child.child_pkey", "comparing"])
def test_an_interrupt_rolls_back_and_says_so(two, fails, step):
    text = fails(*two, error=Interrupted, progress=When(lambda: os.kill(os.getpid(), signal.SIGINT), step))
    assert text == "interrupted; everything is rolled back, test is as it was"


def test_an_interrupt_while_committing_comes_too_late(two):
    prod, test = two
    assert sync(prod, test, progress=When(lambda: os.kill(os.getpid(), signal.SIGINT), "committing")).rows == 51000
    assert query(test, "select count(*) from child") == [(50000,)]


def prod_name(url: str) -> str:
    """Give the database that a URL leads to."""
    return str(query(url, "select current_database()")[0][0])


def test_a_full_disk(new_database, fails):
    """A default of test's own raises what PostgreSQL raises when the disk is full; its words may be a row's."""
    prod = new_database("create table t (id int)", "insert into t values (1)")
    test = new_database(
        """create function full_disk() returns int language plpgsql as $$ begin raise exception using errcode = 'disk_full',
        message = 'could not extend file "base/1/2": No space left on device'; end $$;
        create table t (id int, n int); insert into t values (1, 1); alter table t alter n set default full_disk()"""
    )
    text = fails(prod, test)
    assert "filling public.t: test refuses with disk full; make room" in text


def test_a_table_that_somebody_uses(two, fails):
    prod, test = two
    with psycopg.connect(test) as other:
        other.execute("select * from parent")
        text = fails(prod, test, lock_timeout="200ms")
    assert re.search(r"locking the tables of test: session \d+ of '.+' \(.*idle in transaction\) uses public\.", text)


def test_a_schema_that_changes_after_the_plan(two):
    prod, test = two
    rows = "select count(*) from child"
    with pytest.raises(SyncError) as caught:
        sync(prod, test, progress=When(lambda: execute(test, "alter table child add fresh int"), "locking"))
    assert "test's schema has changed since the plan was made; run it again (column public.child.fresh)" in str(
        caught.value
    )
    assert query(test, rows) == [(1,)]


def test_one_database_for_both(new_database):
    url = new_database(TWO)
    with pytest.raises(ConnectError, match="lead to the same database"):
        sync(url, url)


@pytest.fixture
def role(server, new_database):  # noqa: ARG001 - its databases outlive what the role owns in them
    """Make a role that may do nothing yet."""
    name = f"krakn_reader_{os.getpid()}"
    execute(server, f"drop role if exists {name}", f"create role {name} login")
    granted = []
    yield name, granted
    for url in granted:
        execute(url, f"drop owned by {name}")
    execute(server, f"drop role {name}")


def as_role(url: str, name: str) -> str:
    """Give the URL with another role, which needs no password."""
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}@{host}"))


def test_what_the_role_cannot_read_is_told_before_anything_begins(new_database, fails, role):
    name, granted = role
    ddl = """create schema closed; create table closed.t (id int); create table a (id int, hidden text); create table b (id int);
        create table c (id int); create table d (id int); create table e (id int);"""
    prod = new_database(ddl)
    execute(
        prod,
        "alter table d enable row level security",
        f"grant select on c, d, closed.t to {name}; grant select (id) on a to {name}; grant usage on schema public to {name}",
    )
    granted.append(prod)
    text = fails(as_role(prod, name), new_database(ddl, "insert into a values (1, 'x')"))
    assert f"prod: role '{name}' " in text
    for problem in ("hidden of public.a", "public.b", "public.e"):
        assert f"has no SELECT on {problem};" in text
    assert "has no USAGE on schema 'closed'" in text
    assert "does not see all rows of public.d, as row security is on" in text
    assert text.endswith("nothing was changed")


def test_a_column_that_the_role_may_not_read_need_not_be_read(new_database, role):
    name, granted = role
    prod = new_database(
        f"create table a (id int, hidden text); insert into a values (1, 'x'); grant select (id) on a to {name}"
    )
    granted.append(prod)
    test = new_database("create table a (id int, hidden text)")
    sync(as_role(prod, name), test, {"a": {"columns": {"hidden": {"value": None}}}})
    assert query(test, "select * from a") == [(1, None)]


def test_tables_of_somebody_else_are_told_before_anything_begins(two, role):
    prod, test = two
    name, granted = role
    granted.append(test)
    execute(test, f"grant all on all tables in schema public to {name}")
    before = state(test)
    with pytest.raises(KraknError) as caught:
        sync(prod, as_role(test, name))
    assert f"test: role '{name}' must own what is filled anew, and does not own public.child (of " in str(caught.value)
    assert state(test) == before


def test_a_sync_may_run_in_a_thread(two):
    """Only the main thread hears of Ctrl-C."""
    prod, test = two
    found = []
    thread = threading.Thread(target=lambda: found.append(sync(prod, test).rows))
    thread.start()
    thread.join()
    assert found == [51000]


def test_both_sides_run_out_of_time_at_once(new_database, fails):
    prod, test = new_database(TWO, ROWS), new_database(TWO, OURS)
    slow = {"parent": {"where": "pg_sleep(0.01) is not null"}}
    message = fails(prod, test, slow, statement_timeout="300ms")
    assert "canceling statement due to statement timeout" in message
    assert "public.parent" in message


def test_a_cast_on_prod_that_fails_among_many(new_database, fails):
    prod = new_database("create table t (id int primary key, a numeric)")
    execute(prod, "insert into t select i, case when i = 47123 then 9e20 else i end from generate_series(1, 100000) i")
    test = new_database("create table t (id int primary key, a int); insert into t values (1, 2)")
    assert "public.t, a integer: 1 row, as the value of a" in fails(prod, test, error=ValidationFailed)


def test_a_question_that_prod_cannot_answer_before_the_load_shows_no_value(new_database, fails):
    prod = new_database(f"create table t (id int primary key, code text, n int); insert into t values (1, '{SECRET}')")
    test = new_database("create table t (id int primary key, code text, n int not null)")
    told = fails(prod, test, {"t": {"where": "code::int > 0"}}, auto_fill=True)
    assert told == "a server refuses with invalid text representation; test is as it was"
