"""Stories of large tables that cannot be read by pages: several connections read ranges of their keys."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import psycopg
import pytest
from syncing import execute, order, query, sync

from alembic_krakn.progress import Silent
from alembic_krakn.sync.order import Manner
from alembic_krakn.sync.prepare import prepared
from alembic_krakn.sync.swap import ranges

KEYS = {
    "int": ("int", "i"),
    "bigint, few of them": ("bigint", "i * 1000000007::bigint"),
    "text": ("text", "md5(i::text) || ' '"),
    "odd text": ("text", "'it''s \\ {\"' || i || '\"}, '"),
    "uuid": ("uuid", "md5(i::text)::uuid"),
    "time": ("timestamptz", "'2020-01-01'::timestamptz + i * interval '1 hour'"),
    "two columns": ("numeric", "(i % 900) / 7.0"),
}
OTHER = "create access method krakn_heap type table handler heap_tableam_handler;"


def parts_of(prod, test, jobs=3):
    with prepared(order(prod, test), Silent(), Manner(swap=True, jobs=jobs)) as ready:
        found = ranges.parted(ready, jobs)
        return {table[1]: len(parts) for table, parts in found.items() if len(parts) > 1}


@pytest.mark.parametrize("analyzed", [True, False], ids=["analyzed", "never analyzed"])
@pytest.mark.parametrize("name", KEYS)
def test_a_table_of_another_access_method_is_read_by_ranges_of_its_key(new_database, monkeypatch, name, analyzed):
    monkeypatch.setattr(ranges, "_LARGE", 1)
    kind, value = KEYS[name]
    more = ", n" if name == "two columns" else ""
    ddl = f"create table t (k {kind}, n int, primary key (k{more}))"
    prod = new_database(
        OTHER,
        ddl + " using krakn_heap",
        f"insert into t select {value}, i from generate_series(1, 5000) i",
        "analyze" if analyzed else "",
    )
    test = new_database(ddl)
    assert parts_of(prod, test) == ({"t": 3} if analyzed or kind in ("int", "bigint") else {})
    result = sync(prod, test, swap=True, jobs=3, keep=0)
    assert result.rows == 5000
    assert query(test, "select count(*), sum(n) from t") == query(prod, "select count(*), sum(n) from t")


def test_rows_without_a_key_are_parted_by_the_column_with_the_most_values(new_database, monkeypatch):
    monkeypatch.setattr(ranges, "_LARGE", 1)
    ddl = "create table t (kind int, k int, n text[])"
    rows = "insert into t select i % 5, nullif(i % 3000, 7), array['x'] from generate_series(1, 9000) i"
    prod, test = new_database(OTHER, ddl + " using krakn_heap", rows, "analyze"), new_database(ddl)
    assert parts_of(prod, test) == {"t": 3}
    assert sync(prod, test, swap=True, jobs=3, keep=0).rows == 9000
    assert query(test, "select count(*), count(k) from t") == [(9000, 8997)]


def test_few_keys_are_not_parted(new_database, monkeypatch):
    monkeypatch.setattr(ranges, "_LARGE", 1)
    ddl = "create table t (k int primary key, n text)"
    prod = new_database(OTHER, ddl + " using krakn_heap", "insert into t values (1, 'x'), (2, 'y')")
    test = new_database(ddl)
    assert parts_of(prod, test) == {}
    assert sync(prod, test, swap=True, jobs=3, keep=0).rows == 2


def test_a_table_with_a_partition_elsewhere_is_read_by_ranges_of_its_key(new_database, monkeypatch):
    monkeypatch.setattr(ranges, "_LARGE", 1)
    root = "create table t (k int, n text) partition by range (k); create table t1 partition of t for values from (1) to (1000);"
    far = new_database(
        "create table t2 (k int, n text); insert into t2 select i, 'far' from generate_series(1000, 1999) i"
    )
    prod, test = (
        new_database(root),
        new_database(root + "create table t2 partition of t for values from (1000) to (2000)"),
    )
    try:
        execute(prod, "create extension postgres_fdw")
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this server has no postgres_fdw")
    name, port, folder = query(
        far,
        "select current_database(), current_setting('port'), split_part(current_setting('unix_socket_directories'), ',', 1)",
    )[0]
    execute(
        prod,
        f"create server far foreign data wrapper postgres_fdw options (host '{folder}', port '{port}', dbname '{name}')",
        "create user mapping for current_user server far options (user 'postgres')",
        "create foreign table t2 partition of t for values from (1000) to (2000) server far",
        "insert into t select i, 'near' from generate_series(1, 999) i",
        "analyze",
    )
    assert parts_of(prod, test) == {"t": 3}
    assert sync(prod, test, swap=True, jobs=3, keep=0).rows == 1999
    assert query(test, "select n, count(*) from t group by 1 order by 1") == [("far", 1000), ("near", 999)]
