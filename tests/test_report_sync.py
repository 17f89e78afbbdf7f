# ruff: noqa: E501 - lines as a terminal shows them
"""What a sync, and a dry run of it, look like to a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from textwrap import dedent

import pytest
from syncing import KEY, addresses, execute, sync

from alembic_krakn.renames import Renames
from alembic_krakn.report import preview_text, sync_text
from alembic_krakn.report.lines import Line, Table
from alembic_krakn.sync.before import Size
from alembic_krakn.sync.cost import Cost
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.order import Order
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.result import SyncResult
from alembic_krakn.sync.run import run_sync
from alembic_krakn.sync.stream import Waits

PROD = """
    create table customers (id int primary key, name text, fax text, email text);
    create table orders (id int primary key, customer int references customers, amount int);
    create table log (id int); create table ticks (id int primary key); create table old (id int);
    create table secrets (id int);
    insert into customers select i, 'name ' || i, 'fax', 'mail ' || i from generate_series(1, 5) i;
    insert into orders select i, 1 + i % 4, i * 10 from generate_series(1, 12) i;
    insert into log select generate_series(1, 3); insert into ticks select generate_series(1, 1000);
"""
TEST = """
    create table customers (id int primary key, full_name text, email text, tier text not null, note text);
    create table orders (id int primary key, customer int references customers, amount bigint check (amount < 100));
    create table log (id int); create table ticks (id int primary key); create table own (id int);
    create table notes (id int references orders); create table secrets (id int);
    create materialized view total as select sum(amount) from orders;
"""
RULES = {
    "customers": {
        "columns": {
            "full_name": {"from": "name", "mask": "nullify"},
            "email": {"mask": "hash"},
            "tier": {"fill": "basic"},
            "note": {"value": None},
        }
    },
    "orders": {"where": "amount > 20"},
    "log": {"where": "id > 1"},
    "ticks": {"sample": "0%"},
    "secrets": {"skip": True},
}


def page(lines: Iterable[Line | Table]) -> str:
    """Give a page without styles, the cells of a table between bars."""
    told = []
    for each in lines:
        told += [each.text] if isinstance(each, Line) else [" | ".join(row) for row in (each.headings, *each.rows)]
    return "".join(f"{text}\n" for text in told)


def timed(result: SyncResult) -> SyncResult:
    """Let each table have taken half a second, and everything two."""
    tables = tuple(replace(table, seconds=0.5) for table in result.tables)
    return replace(result, tables=tables, seconds=2.0, waits=Waits(0.5, 0.25, 1.0))


@pytest.fixture
def asked(new_database) -> Order:
    profile = parse_profile({"tables": RULES, "validate": "select count(*) from log where id > 1"})
    sides = addresses(new_database(PROD), new_database(TEST))
    return Order(*sides, profile, Renames(), KEY, on_violation="quarantine")


def test_a_sync_says_what_came_what_was_checked_and_what_was_left_alone(asked):
    assert page(sync_text.lines(timed(run_sync(asked)))) == dedent(
        f"""\
        table | rows | seconds | rows/s | checks | masked columns
        customers | 4 | 0.5 | 8 | ok | full_name, email
        log | 2 | 0.5 | 4 | ok |\x20
        orders | 7 | 0.5 | 14 | ok |\x20
        ticks | 0 | 0.5 | 0 | ok |\x20

        table | path | rows
        customers | parent of public.orders | 4
        log | where | 2
        orders | where | 10
        ticks | sample 0% | 0

        13 rows in 4 tables came from prod in 2.0 s, 6 rows/s
        the streams waited 0.5 s for prod, 0.2 s for masks, 1.0 s for test: test is the bottleneck
        2 columns in 1 table masked with the key {KEY.fingerprint}
        checked and right: row counts of 4 tables, checksums of 4, 2 foreign keys; 0 sequences set
        quarantine: 3 rows broke a constraint of test, see krakn_rejects
          orders, orders_amount_check: 3 rows, as CHECK ((amount < 100)) does not hold
        and: NULLs of 1 masked column, distinct values of 1, 1 query of the profile
        refreshed: total
        filled: customers.tier, 'basic' in every row
        not copied from customers, as no column of test takes it: fax
        skipped, as the profile says: secrets
        only in test, left as they are: own
        only in test, emptied: notes
        only in prod, not copied: old
        """
    )


def test_a_dry_run_says_where_every_column_comes_from_and_what_prod_will_feel(asked):
    preview = dry_run(asked)
    sizes = {table.test: Size(12, 8192) for table in preview.plan.tables}
    cost = Cost(12, 20_000_000, ("public", "customers"), 8192, 2, max_rate=2.0)
    assert page(preview_text.lines(replace(preview, sizes=sizes, cost=cost))) == dedent(
        f"""\
        customers: about 12 rows, 8.0 kB; 4 chosen: 4 parent of public.orders
        column | comes from | sample 1 | sample 2 | sample 3
        id | copy | 1 | 2 | 3
        full_name | rename: from name; mask: nullify | NULL | NULL | NULL
        email | copy; mask: hash | a48fa26c608a3f92a... | 382e34f18e3374930... | f4c61bd0a4444cf09...
        tier | fill: 'basic' in every row | basic | basic | basic
        note | value: NULL in every row | NULL | NULL | NULL
        not copied, as no column of test takes it: fax

        log: about 12 rows, 8.0 kB where id > 1
        column | comes from | sample 1 | sample 2
        id | copy | 2 | 3

        orders: about 12 rows, 8.0 kB; 10 chosen: 10 where
        column | comes from | sample 1 | sample 2 | sample 3
        id | copy | 3 | 4 | 5
        customer | copy | 4 | 1 | 2
        amount | cast: integer to bigint | 30 | 40 | 50

        ticks: about 12 rows, 8.0 kB; sample 0%
        column | comes from
        id | copy

        a sync would replace the rows of 4 tables: about 48 rows, 32.0 kB on prod's disk; nothing was written
        load on prod: about 12 rows or 19.1 MB to read, once to send and once for checksums, the most of customers (8.0 kB), by 2 connections with ACCESS SHARE locks
        at 2 MB/s, to send them takes about 0:00:10
        masked with the key {KEY.fingerprint}
        test would refuse rows of prod, and these would go to krakn_rejects, with what cannot be without them:
          public.orders: 3 of prod's rows break constraint orders_amount_check: CHECK ((amount < 100))
        skipped, as the profile says: secrets
        only in test, left as they are: own
        only in test, emptied: notes
        only in prod, not copied: old
        """
    )


@pytest.mark.parametrize(
    ("on_violation", "fate", "gone"),
    [
        ("fail", "the sync would stop:", ""),
        (
            "quarantine",
            "these would go to krakn_rejects, with what cannot be without them:",
            "  public.t: 1 of prod's rows have 'open' in s, a label that public.e of test lacks",
        ),
    ],
)
def test_a_dry_run_says_what_would_become_of_rows_that_test_refuses(on_violation, fate, gone, new_database):
    prod = new_database(
        "create type e as enum ('open', 'on'); create table t (a int, s e); insert into t values (1, 'on')"
    )
    test = new_database("create type e as enum ('on'); create table t (a int check (a > 1), s e)")
    if gone:  # otherwise there is no plan
        execute(prod, "insert into t values (2, 'open')")
    order = Order(*addresses(prod, test), parse_profile({}), Renames(), None, on_violation=on_violation)
    preview = dry_run(order)
    told = page(preview_text.lines(preview))
    check = "  public.t: 1 of prod's rows break constraint t_a_check: CHECK ((a > 1))\n"
    assert f"test would refuse rows of prod, and {fate}\n{gone}" in told
    assert check in told
    assert preview.to_json()["rejects"] == ("public.krakn_rejects" if gone else None)


def test_a_sync_of_changes_says_how_many_rows_are_new_and_how_many_went(new_database):
    prod = new_database(
        "create table t (id int primary key, a text); insert into t values (1, 'a'), (2, 'b'), (3, 'c')"
    )
    test = new_database(
        "create table t (id int primary key, a text); insert into t values (2, 'x'), (3, 'c'), (4, 'd')"
    )
    result = timed(sync(prod, test, mode="upsert", delete_vanished=True))
    assert page(sync_text.lines(result)).startswith(
        dedent(
            """\
            table | rows | seconds | rows/s | checks | masked columns
            t | 3 | 0.5 | 6 | ok |\x20

            table | new | changed | deleted | as they were | ranges | of them came
            t | 1 | 1 | 1 | 1 | 1 | 1

            """
        )
    )
