"""Stories of large objects: those that rows name come along, under their numbers, and nothing else is touched."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import psycopg
import pytest
from syncing import addresses, execute, order, query, state, sync

from alembic_krakn.errors import SyncError, ValidationFailed
from alembic_krakn.progress import Silent
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.load import large_objects
from alembic_krakn.sync.order import Manner, Order
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.run import run_sync

from alembic_krakn.renames import Renames  # isort: skip

DDL = """
    create domain lo as oid;
    create table people (id int primary key, name text, photo oid, scan lo);
"""
ROWS = """
    select lo_from_bytea(5001, 'face of one'), lo_from_bytea(5002, ''), lo_from_bytea(5003, decode(repeat('00ff41', 1200000), 'hex')),
        lo_from_bytea(5004, 'scan of one'), lo_from_bytea(5005, 'nobody names this');
    insert into people values (1, 'one', 5001, 5004), (2, 'two', 5002, null), (3, 'three', 5003, 5001), (4, 'four', 9999, null)
"""
ALL = "select oid, md5(lo_get(oid)), pg_get_userbyid(lomowner) from pg_largeobject_metadata order by 1"
MANNERS = [pytest.param({}, id="whole"), pytest.param({"swap": True, "jobs": 2, "keep": 0}, id="swap")]


def held(url):
    return query(url, "select oid, md5(lo_get(oid)) from pg_largeobject_metadata order by 1")


def profiled(prod, test, manner=None, **profile):
    made = parse_profile(profile, source="krakn.yaml")
    return run_sync(Order(*addresses(prod, test), made, Renames()), Manner(**(manner or {})))


@pytest.mark.parametrize("manner", MANNERS)
def test_large_objects_come_with_the_rows_that_name_them(new_database, manner):
    prod, test = new_database(DDL, ROWS), new_database(DDL)
    result = sync(prod, test, **manner)
    assert held(test) == [row for row in held(prod) if row[0] != 5005]
    assert query(test, "table people order by id") == query(prod, "table people order by id")
    carried = result.to_json()["large_objects"]
    assert carried == {"objects": 4, "bytes": 3600022, "came": 4, "came_bytes": 3600022, "removed": 0}
    (remark,) = result.plan.remarks
    assert remark.startswith("1 large objects of prod stay behind")


def test_only_what_has_changed_travels_and_what_nobody_names_any_more_goes(new_database):
    prod, test = new_database(DDL, ROWS), new_database(DDL)
    sync(prod, test)
    execute(
        prod,
        "select lo_put(5001, 0, 'FACE'), lo_truncate(lo_open(5003, 131072), 10), lo_from_bytea(5006, 'new')",
        "update people set photo = 5006 where id = 2; update people set scan = null where id = 1",
    )
    execute(test, "select lo_from_bytea(6000, 'of test alone')")
    result = sync(prod, test)
    assert held(test) == [
        *(row for row in held(prod) if row[0] in (5001, 5003, 5006)),
        *query(test, "select oid, md5(lo_get(oid)) from pg_largeobject_metadata where oid = 6000"),
    ]
    assert result.to_json()["large_objects"] == {
        "objects": 3,
        "bytes": 24,
        "came": 3,
        "came_bytes": 24,
        "removed": 2,
    }
    assert sync(prod, test).to_json()["large_objects"]["came"] == 0


@pytest.mark.parametrize("manner", MANNERS)
def test_what_a_column_masks_or_leaves_out_stays_behind(new_database, manner):
    prod, test = new_database(DDL, ROWS), new_database(DDL)
    columns = {"photo": {"mask": "nullify"}}
    sync(prod, test, {"people": {"columns": columns}}, **manner)
    assert [oid for oid, _ in held(test)] == [5001, 5004]
    columns["scan"] = {"value": None}
    sync(prod, test, {"people": {"columns": columns}}, **manner)
    assert held(test) == []


def test_the_profile_may_leave_all_behind_or_bring_those_that_no_column_names(new_database):
    prod, test = new_database(DDL, ROWS), new_database(DDL)
    result = profiled(prod, test, large_objects="none")
    assert held(test) == []
    assert result.plan.remarks[0].startswith("5 large objects of prod stay behind, as large_objects: none says")
    result = profiled(prod, test, large_objects="all", tables={"people": {"columns": {"photo": {"mask": "nullify"}}}})
    assert [oid for oid, _ in held(test)] == [5001, 5004, 5005]
    assert result.plan.remarks[0].startswith("2 large objects of prod stay behind")


@pytest.mark.parametrize("manner", MANNERS)
def test_a_subset_brings_those_of_its_rows(new_database, manner):
    more = "create table visits (id int primary key, person int not null references people, paper oid);"
    rows = "select lo_from_bytea(5010, 'first'), lo_from_bytea(5011, 'second'); insert into visits values (1, 1, 5010), (2, 3, 5011)"
    prod, test = new_database(DDL, more, ROWS, rows), new_database(DDL, more)
    sync(prod, test, {"visits": {"where": "id = 1"}}, **manner)
    assert [oid for oid, _ in held(test)] == [5001, 5004, 5010]


@pytest.mark.parametrize("manner", MANNERS)
def test_a_row_in_quarantine_leaves_its_object_behind(new_database, manner):
    prod = new_database(DDL, ROWS)
    test = new_database(DDL, "alter table people add check (id <> 3)")
    sync(prod, test, on_violation="quarantine", **manner)
    assert [oid for oid, _ in held(test)] == [5001, 5002, 5004]


@pytest.mark.parametrize("manner", MANNERS)
def test_objects_of_tables_that_are_kept_stay(new_database, manner):
    prod = new_database(DDL, ROWS)
    mine = "create table mine (doc oid); select lo_from_bytea(7001, 'mine'), lo_from_bytea(7002, 'loose'), lo_from_bytea(7003, 'old'); insert into mine values (7001)"
    test = new_database(DDL, mine, "insert into people values (9, 'nine', 7003, 7001)")
    sync(prod, test, **manner)
    assert [oid for oid, _ in held(test)] == [5001, 5002, 5003, 5004, 7001, 7002]
    assert query(test, "select encode(lo_get(doc), 'escape') from mine") == [("mine",)]


@pytest.mark.parametrize("manner", MANNERS)
def test_an_object_that_kept_rows_name_is_not_overwritten(new_database, manner):
    prod = new_database(DDL, ROWS)
    test = new_database(
        DDL, "create table mine (doc oid); select lo_from_bytea(5003, 'mine'); insert into mine values (5003)"
    )
    before = state(test), held(test)
    with pytest.raises(
        SyncError, match=r"rows that are kept \(public\.mine\.doc\) name 1 large objects, and other ones"
    ):
        sync(prod, test, **manner)
    assert (state(test), held(test)) == before
    execute(test, "delete from mine")
    sync(prod, test, **manner)
    assert held(test) == [row for row in held(prod) if row[0] != 5005]


def test_an_object_of_somebody_else_is_refused(new_database, server):
    prod, test = new_database(DDL, ROWS), new_database(DDL)
    execute(server, "create role krakn_lo_other", "create role krakn_lo_owner login")
    try:
        execute(
            test,
            "alter table people owner to krakn_lo_owner; alter domain lo owner to krakn_lo_owner; grant all on schema public to krakn_lo_owner",
        )
        ours = f"{test}{'&' if '?' in test else '?'}user=krakn_lo_owner"
        sync(prod, ours)
        assert {row[2] for row in query(test, ALL)} == {"krakn_lo_owner"}
        execute(test, "alter large object 5001 owner to krakn_lo_other", "update people set name = 'old'")
        before = state(test), held(test)
        with pytest.raises(
            SyncError, match="1 large objects have numbers of ones that come from prod, and belong to 'krakn_lo_other'"
        ):
            sync(prod, ours)
        assert (state(test), held(test)) == before
    finally:
        execute(test, "drop owned by krakn_lo_owner, krakn_lo_other cascade")
        execute(server, "drop role krakn_lo_owner", "drop role krakn_lo_other")


def test_objects_that_prods_role_may_not_read_are_refused_at_once(new_database, server):
    prod, test = new_database(DDL, ROWS), new_database(DDL)
    execute(server, "create role krakn_lo_reader login")
    try:
        execute(
            prod,
            "grant select on people to krakn_lo_reader; grant select on large object 5001, 5002, 5003 to krakn_lo_reader",
        )
        poor = f"{prod}{'&' if '?' in prod else '?'}user=krakn_lo_reader"
        with pytest.raises(
            SyncError, match="role 'krakn_lo_reader' may not read 1 of the large objects that come"
        ) as caught:
            dry_run(order(poor, test))
        assert "people: {columns: {scan: {value: null}}}" in str(caught.value)
        execute(prod, "grant select on large object 5004 to public")
        sync(poor, test)
        assert [oid for oid, _ in held(test)] == [5001, 5002, 5003, 5004]
    finally:
        execute(prod, "drop owned by krakn_lo_reader")
        execute(server, "drop role krakn_lo_reader")


def test_a_failed_sync_leaves_all_objects_as_they_were(new_database, monkeypatch):
    prod, test = (
        new_database(DDL, ROWS),
        new_database(DDL, "select lo_from_bytea(5001, 'was here')", "insert into people values (7, 'old', 5001)"),
    )
    before = state(test), held(test)
    monkeypatch.setattr(large_objects, "_WRITE", large_objects._WRITE.replace("piece)", "piece || '!')", 1))
    with pytest.raises(ValidationFailed, match="3 large objects are not in test what they are in prod"):
        sync(prod, test)
    assert (state(test), held(test)) == before


def test_upsert_brings_what_has_changed_and_append_what_is_missing(new_database):
    prod, test = new_database(DDL, ROWS), new_database(DDL)
    sync(prod, test)
    changes = "select lo_put(5001, 0, 'FACE'), lo_from_bytea(5006, 'new'); insert into people values (5, 'five', 5006)"
    execute(prod, changes)
    result = sync(prod, test, mode="append")
    assert result.to_json()["large_objects"]["came"] == 1
    assert query(test, "select encode(lo_get(5001), 'escape'), encode(lo_get(5006), 'escape')") == [
        ("face of one", "new")
    ]
    result = sync(prod, test, mode="upsert")
    assert result.to_json()["large_objects"]["came"] == 1
    assert query(test, "select encode(lo_get(5001), 'escape')") == [("FACE of one",)]
    execute(prod, "delete from people where id = 3")
    assert sync(prod, test, mode="upsert", delete_vanished=True).to_json()["large_objects"]["removed"] == 1
    assert [oid for oid, _ in held(test)] == [5001, 5002, 5004, 5006]


def test_a_dry_run_tells_what_would_come(new_database):
    prod, test = new_database(DDL, ROWS), new_database(DDL)
    told = dry_run(order(prod, test)).to_json()["large_objects"]
    assert told["estimated_objects"] == 4
    assert told["estimated_bytes"] > 0
    assert told["columns"] == ["public.people.photo", "public.people.scan"]
    assert held(test) == []


def test_numbers_that_are_none_are_told_without_them(new_database):
    prod, test = new_database(DDL, ROWS), new_database(DDL)
    with pytest.raises(SyncError, match="the large objects that rows name cannot be counted: prod refuses with"):
        dry_run(order(prod, test, {"people": {"columns": {"photo": {"expr": "name"}}}}))


def test_swap_says_what_it_would_lose_of_tests_own_objects(new_database):
    prod = new_database(DDL, ROWS)
    test = new_database(DDL, "select lo_from_bytea(7001, 'mine'); grant select on large object 7001 to public")
    with pytest.raises(
        SyncError, match="1 large objects that rows of test's own name, or none, belong to another role"
    ):
        sync(prod, test, swap=True)
    sync(prod, test)
    assert 7001 in [oid for oid, _ in held(test)]


def test_many_objects_need_few_locks(new_database):
    prod = new_database(
        DDL,
        "insert into people select i, 'p', lo_from_bytea(0, ('face ' || i)::bytea) from generate_series(1, 20000) i",
    )
    test = new_database(DDL)
    assert sync(prod, test).to_json()["large_objects"]["came"] == 20000
    with psycopg.connect(prod) as conn:
        conn.execute("select lo_put(photo, 0, 'FACE') from people")
    assert sync(prod, test).to_json()["large_objects"]["came"] == 20000
    assert held(test) == held(prod)


class KillingWhileObjectsCome(Silent):
    """End the connection that writes to a database when the first bytes of large objects have come."""

    def __init__(self, server, like):
        self.server, self.like, self.did = server, like, False

    def advance(self, task, units, size=0):
        if task == "large objects" and not self.did:
            self.did = True
            query(
                self.server,
                f"select pg_terminate_backend(pid) from pg_stat_activity where datname like '{self.like}' and application_name = 'krakn sync'",
            )


@pytest.mark.parametrize("side", ["prod", "test"])
@pytest.mark.parametrize("manner", MANNERS)
def test_a_connection_that_is_lost_leaves_the_objects_of_test_as_they_were(new_database, server, manner, side):
    prod = new_database(DDL, ROWS)
    test = new_database(
        DDL,
        "select lo_from_bytea(5001, 'was here'), lo_from_bytea(5009, 'too'); insert into people values (1, 'x', 5009)",
    )
    before = state(test), held(test)
    names = {
        "prod": query(prod, "select current_database()")[0][0],
        "test": query(test, "select current_database()")[0][0],
    }
    like = names[side] + ("\\_krakn\\_%" if manner and side == "test" else "")
    killing = KillingWhileObjectsCome(server, like)
    with pytest.raises(SyncError):
        sync(prod, test, progress=killing, **manner)
    assert killing.did
    assert (state(test), held(test)) == before
    more = {"resume": True} if manner else {}
    sync(prod, test, **manner, **more)
    assert held(test) == [row for row in held(prod) if row[0] != 5005]
