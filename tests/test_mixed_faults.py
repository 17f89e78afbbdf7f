"""Stories of what goes wrong while features meet: row security and a swap that is resumed, and the like."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faults import Killing
from roles import owned, role
from syncing import execute, order, query, state, sync

from alembic_krakn.errors import ProfileError, SyncError, ValidationFailed
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.order import Manner
from alembic_krakn.sync.run import run_sync


@pytest.fixture
def owner(server) -> Iterator[str]:
    """Give a role that is no superuser, and may make databases."""
    with role(server, "createdb") as name:
        yield name


def test_a_swap_that_was_nearly_done_is_resumed_where_row_security_binds_the_owner(owner, new_database, server):
    ddl = "create table a (id serial primary key); create table b (id int primary key, a int references a)"
    prod = new_database(ddl, "insert into a values (1), (2); insert into b values (7, 2)")
    forced = "alter table a enable row level security; alter table a force row level security"
    test = owned(new_database(), owner, ddl, forced, "create materialized view m as select count(*) from b")
    name = query(test, "select current_database()")[0][0]
    with pytest.raises(SyncError, match="2 tables are done, and --resume goes on with the others"):
        run_sync(order(prod, test), Manner(swap=True, keep=0), Killing(server, name, "refreshing public.m"))
    run_sync(order(prod, test), Manner(swap=True, keep=0, resume=True))
    assert query(test, "table m") == [(1,)]
    assert query(test, "select nextval('a_id_seq')") == [(3,)]
    execute(test, "alter table a no force row level security")
    assert query(test, "select b.id from a join b on b.a = a.id") == [(7,)]


RATIO = "create table t (id int primary key, a int, b int, ratio int generated always as (a / b) stored)"


@pytest.mark.parametrize("manner", [{}, {"swap": True, "keep": 0}])
def test_rows_that_test_cannot_compute_a_column_of_are_told_by_that_column(new_database, manner):
    prod = new_database(
        "create table t (id int primary key, a int, b int)", "insert into t values (1, 1, 1), (2, 777, 0)"
    )
    test = new_database(RATIO, "insert into t values (5, 5, 5)")
    before = state(test)
    (foreseen,) = dry_run(order(prod, test)).unfit
    assert foreseen == (
        "public.t: rows that hold values of which ratio cannot be computed in test as (a / b) could not be counted"
        " (prod refuses with division by zero)"
    )
    with pytest.raises(ValidationFailed) as told:
        sync(prod, test, **manner)
    assert str(told.value).splitlines()[1:] == [
        "  public.t, ratio integer: 1 row, as test computes ratio as (a / b), which fails (division by zero)"
    ]
    assert state(test) == before
    sync(prod, test, on_violation="quarantine", **manner)
    assert query(test, "select id, ratio from t") == [(1, 1)]
    assert query(test, "select key from krakn_rejects") == [({"id": 2},)]


def test_an_upsert_tells_what_test_computes_of_rows_that_it_refuses(new_database):
    prod = new_database(
        "create table t (id int primary key, a int, b int)", "insert into t values (1, 1, 1), (2, 777, 0)"
    )
    test = new_database(RATIO, "insert into t values (5, 5, 5)")
    before = state(test)
    with pytest.raises(
        ValidationFailed, match=r"^merging public\.t: .* \(division by zero\); .* ratio as \(a / b\); test"
    ):
        sync(prod, test, mode="upsert")
    assert state(test) == before


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("c int not null generated always as (nullif(b, 0)) stored", "c NOT NULL: 1 row, as c is NULL, which test computes as NULLIF(b, 0)"),
        ("c int generated always as (b) stored check (c > 0)", "t_c_check: 1 row, as CHECK ((c > 0)) does not hold"),
        ("c positive generated always as (b) stored", "positive_check: 1 row, as the value of c breaks this constraint of public.positive"),
        ("c text, check (a / b > 0)", "t_check: 1 row, as CHECK (((a / b) > 0)) fails (division by zero)"),
    ],
)  # fmt: skip
def test_what_refuses_a_row_that_test_computes_something_of(new_database, more, line):
    prod = new_database(
        "create table t (id int primary key, a int, b int)", "insert into t values (1, 1, 1), (2, 777, 0)"
    )
    domain = "create domain positive as int check (value > 0);"
    test = new_database(f"{domain} create table t (id int primary key, a int, b int, {more})")
    with pytest.raises(ValidationFailed) as told:
        sync(prod, test)
    assert str(told.value).splitlines()[1:] == [f"  public.t, {line}"]


def test_a_check_of_a_column_that_test_computes_is_foreseen(new_database):
    prod = new_database(
        "create table t (id int primary key, a int, b int)", "insert into t values (1, 1, 1), (2, 777, 0)"
    )
    test = new_database(
        "create table t (id int, a int, b int, c int generated always as (b) stored check (c > id - 2))"
    )
    assert dry_run(order(prod, test)).unfit == (
        "public.t: 1 of prod's rows break constraint t_check: CHECK ((c > (id - 2)))",
    )


def test_an_upsert_says_that_a_table_is_numbered_by_fills(new_database):
    prod = new_database("create table t (id int primary key)", "insert into t values (1), (2)")
    test = new_database("create table t (id int primary key, code text not null unique)")
    with pytest.raises(ProfileError, match=r"public\.t has a column that --fill auto numbers.*; t: \{mode: replace\}"):
        sync(prod, test, auto_fill=True, mode="upsert")
