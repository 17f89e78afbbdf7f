"""Stories of partitioned tables: rows go straight into the partitions where both sides part them alike."""

from __future__ import annotations

from collections import Counter

import pytest
from roles import as_role, role
from syncing import catalog, execute, order, query, sync

from alembic_krakn.progress import Silent
from alembic_krakn.sync.prepare import prepared
from alembic_krakn.sync.swap import ranges
from alembic_krakn.sync.values import Leaf

EVENTS = """
    create table event (id int, at date not null, kind text, primary key (id, at, kind)) partition by range (at);
    create table event_1 partition of event for values from (minvalue) to ('2024-01-01');
    create table event_2 partition of event for values from ('2024-01-01') to ('2025-01-01') partition by list (kind);
    create table event_2a partition of event_2 for values in ('a', 'b');
    create table event_2c partition of event_2 default;
    create index event_kind on event (kind);
"""
ROWS = "insert into event select i, date '2023-01-01' + i, chr(97 + i % 5) from generate_series(1, 700) i"
LEAVES = ("event_1", "event_2a", "event_2c")


def leaves(prod: str, test: str, tables=None, table: str = "event") -> list[Leaf | None]:
    """Give the partitions that would be filled by themselves."""
    with prepared(order(prod, test, tables), Silent()) as ready:
        return [part.leaf for part in ready.parts.get(("public", table), ())]


def same(prod: str, test: str, table: str = "event") -> bool:
    """Say whether both sides have the same rows in the same partitions."""
    rows = f"select tableoid::regclass::text, t::text from {table} as t order by 1, 2"
    return query(prod, rows) == query(test, rows)


MODES = [{}, {"swap": True, "jobs": 2}]


@pytest.mark.parametrize("manner", MODES)
def test_partitions_of_partitions_are_filled_by_themselves(new_database, manner):
    prod, test = new_database(EVENTS, ROWS), new_database(EVENTS, "insert into event values (0, '2024-05-05', 'c')")
    assert {*leaves(prod, test)} == {Leaf(("public", name), ("public", name)) for name in LEAVES}
    before = catalog(test).facts
    result = sync(prod, test, **manner)
    assert same(prod, test)
    assert catalog(test).facts == before
    assert [(table.test, table.rows) for table in result.tables] == [(("public", "event"), 700)]


@pytest.mark.parametrize("manner", MODES)
def test_partitions_have_other_names_and_masked_and_new_columns(new_database, manner):
    prod = new_database(EVENTS, "alter table event_1 rename to event_before; alter table event add mail text", ROWS)
    execute(prod, "update event set mail = 'm' || id || '@example.org'")
    test = new_database(
        EVENTS,
        "alter table event add mail text, add size int not null, add twice int generated always as (id * 2) stored",
    )
    tables = {"event": {"columns": {"mail": {"mask": "hash"}, "size": {"value": 7}}}}
    assert Leaf(("public", "event_before"), ("public", "event_1")) in leaves(prod, test, tables)
    sync(prod, test, tables, **manner)
    assert query(test, "select count(*), count(distinct mail), min(size), sum(twice) from event") == [
        (700, 700, 7, 2 * sum(range(1, 701)))
    ]
    assert query(test, "select count(*) from event_1") == query(prod, "select count(*) from event_before")
    assert not set(query(test, "select mail from event")) & set(query(prod, "select mail from event"))


OTHER_LAYOUTS = {
    "another bound": "drop table event_2; create table event_2 partition of event"
    " for values from ('2024-01-01') to ('2026-01-01')",
    "a partition more": "create table event_3 partition of event for values from ('2025-01-01') to ('2026-01-01')",
    "row security": "alter table event_1 enable row level security",
    "a key of another type": "drop table event; create table event (id int, at timestamp, kind text)"
    " partition by range (at); create table event_1 partition of event default",
    "a number of its own": "alter table event add n serial",
}


@pytest.mark.parametrize("other", OTHER_LAYOUTS)
def test_rows_go_through_the_table_where_layouts_differ(new_database, other):
    prod, test = new_database(EVENTS, ROWS), new_database(EVENTS, OTHER_LAYOUTS[other])
    assert leaves(prod, test) == []
    sync(prod, test)
    rows = "select id, at::date, kind from event order by 1"
    assert query(test, rows) == query(prod, rows)


def test_texts_in_a_range_have_an_order_of_their_own_and_enums_hashes(new_database):
    ddl = """
        create type size as enum ('s', 'm', 'l', 'xl');
        create table word (a text) partition by range (a);
        create table word_1 partition of word for values from (minvalue) to ('m');
        create table word_2 partition of word for values from ('m') to (maxvalue);
        create table shirt (a size) partition by hash (a);
        create table shirt_1 partition of shirt for values with (modulus 2, remainder 0);
        create table shirt_2 partition of shirt for values with (modulus 2, remainder 1);
        create table number (a int) partition by hash (a);
        create table number_1 partition of number for values with (modulus 2, remainder 0);
        create table number_2 partition of number for values with (modulus 2, remainder 1);
    """
    prod = new_database(
        ddl,
        """insert into word values ('a'), ('z'); insert into shirt values ('s'), ('m'), ('l'), ('xl');
        insert into number select generate_series(1, 100)""",
    )
    test = new_database("create type first as enum ('x', 'y')", ddl)
    assert [bool(leaves(prod, test, table=table)) for table in ("word", "shirt", "number")] == [False, False, True]
    sync(prod, test)
    assert query(test, "select a from shirt order by 1") == query(prod, "select a from shirt order by 1")
    assert same(prod, test, "number")
    assert same(prod, test, "word")


def test_a_role_that_may_read_the_table_alone(server, new_database):
    prod, test = new_database(EVENTS, ROWS), new_database(EVENTS)
    with role(server) as name:
        execute(prod, f"grant select on event, event_1, event_2, event_2a to {name}")
        assert leaves(as_role(prod, name), test) == []
        sync(as_role(prod, name), test)
        execute(prod, f"grant select on event_2c to {name}")
        assert len(leaves(as_role(prod, name), test)) == len(LEAVES)
        execute(prod, f"drop owned by {name}")
    assert same(prod, test)


@pytest.mark.parametrize("manner", MODES)
def test_rows_that_do_not_fit_are_counted_for_the_table(new_database, manner):
    prod, test = new_database(EVENTS, ROWS), new_database(EVENTS, "alter table event add check (id % 100 <> 0)")
    result = sync(prod, test, on_violation="quarantine", **manner)
    assert query(test, "select count(*) from event") == [(693,)]
    assert [(table.test, table.rows) for table in result.tables] == [(("public", "event"), 693)]
    assert query(test, 'select "table", count(*) from krakn_rejects group by 1') == [("public.event", 7)]


def test_parts_that_profile_and_subset_choose(new_database):
    prod, test = new_database(EVENTS, ROWS), new_database(EVENTS)
    sync(prod, test, {"event": {"where": "id <= 400 and at >= '2023-12-30'"}})
    assert query(test, "select count(*), min(at)::text from event") == [(38, "2023-12-30")]
    sync(prod, test, {"event": {"limit": 10}})
    assert query(test, "select count(*) from event") == [(10,)]


def test_hundreds_of_partitions(new_database):
    many = """
        create table t (a int primary key, b text) partition by range (a);
        create index on t (b);
        do $$ begin for i in 0..299 loop
            execute format('create table t_%s partition of t for values from (%s) to (%s)', i, i * 10, i * 10 + 10);
        end loop; end $$
    """
    prod, test = (
        new_database(many, "insert into t select i, 'b' || i from generate_series(0, 2999) i"),
        new_database(many),
    )
    assert len(leaves(prod, test, table="t")) == 300
    sync(prod, test, swap=True, jobs=2)
    assert same(prod, test, "t")


def test_a_partition_with_most_of_the_rows_is_shared_by_connections(new_database, monkeypatch):
    monkeypatch.setattr(ranges, "_LARGE", 1)
    prod, test = new_database(EVENTS, ROWS), new_database(EVENTS)
    execute(prod, "insert into event select i, date '2020-01-01', 'x' from generate_series(1000, 9000) i", "analyze")
    with prepared(order(prod, test), Silent()) as ready:
        (parts,) = ranges.parted(ready, 2).values()
    assert Counter(part.leaf.test[1] for part in parts if part.leaf) == {"event_1": 2, "event_2a": 1, "event_2c": 1}
    assert sync(prod, test, swap=True, jobs=2, keep=0).rows == 8701
    assert same(prod, test)
    assert sync(prod, test, swap=True, jobs=2, keep=0).rows == 8701


@pytest.mark.parametrize("manner", MODES)
def test_indexes_of_partitions_come_back_as_they_were(new_database, manner):
    more = """
        create index own on event_1 (kind, id);
        create index named_before on event_1 (at);
        create index on event_2 (id) where id > 5;
        create index every on event (at);
        create index on event (lower(kind) desc);
        create unique index one on event (at, kind, id);
        comment on index named_before is 'of event_1';
        cluster event_1 using named_before;
    """
    prod, test = new_database(EVENTS, ROWS), new_database(EVENTS, more)
    before = catalog(test)
    sync(prod, test, **manner)
    after = catalog(test)
    assert after.facts == before.facts
    assert same(prod, test)
