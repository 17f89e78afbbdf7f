"""Stories of `krakn_history`: what a sync writes there, and who does not see it."""

from __future__ import annotations

import hashlib

import pytest
from psycopg import conninfo
from syncing import KEY, execute, order, query, state, sync
from test_guards import settings, stake

from alembic_krakn import __version__, api
from alembic_krakn.errors import ProfileError, SyncError
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.run import run_sync

DDL = "create table t (id int primary key, name text)"
VERSION = "create table alembic_version (version_num varchar(32) primary key)"


@pytest.fixture
def pair(new_database):
    prod = new_database(DDL, VERSION, "insert into alembic_version values ('a1')")
    execute(prod, "insert into t select i, 'n' || i from generate_series(1, 3) i")
    test = new_database(DDL, VERSION, "insert into alembic_version values ('b2'), ('c3')")
    return prod, test


def test_a_sync_writes_down_what_it_did(pair):
    prod, test = pair
    rules = {"t": {"columns": {"name": {"mask": "hash"}}}}
    result = sync(prod, test, rules)
    ((began, took, role, have, want, was, now, profile, key, *counts, mode, version),) = query(
        test, "select * from krakn_history"
    )
    assert abs((began - result.started).total_seconds()) < 1
    assert 0 < took.total_seconds() <= result.seconds
    assert [(role,)] == query(test, "select current_user::text")
    assert (have.rpartition("/")[2], want) == tuple(conninfo.conninfo_to_dict(u)["dbname"] for u in pair)
    assert (was, now) == (["a1"], ["b2", "c3"])
    assert profile == parse_profile({"tables": rules}).fingerprint
    assert len(profile) == len(hashlib.sha256().hexdigest())
    assert key == KEY.fingerprint
    assert counts == [1, 3, sum(table.bytes for table in result.tables), 1]
    assert (mode, version) == ("replace", __version__)
    sync(prod, test, rules)
    assert query(test, "select count(*), max(rows) from krakn_history") == [(2, 3)]


def test_a_failed_sync_writes_nothing(pair):
    prod, test = pair
    execute(test, "alter table t add check (id < 3)")
    before = state(test)
    with pytest.raises(SyncError):
        sync(prod, test)
    assert state(test) == before


def test_no_command_sees_krakns_own_tables(pair):
    prod, test = pair
    sync(prod, test)
    rejects = 'krakn_rejects ("table" text, key jsonb, "constraint" text, reason text, "row" jsonb)'
    execute(test, f"create table {rejects}")
    execute(test, "grant select on krakn_history to public", "comment on table krakn_rejects is 'left over'")
    assert not api.diff(settings(prod, test)).plan.changes
    assert not api.diff(settings(test, prod)).plan.changes
    result = sync(prod, test)
    assert (result.plan.kept, result.plan.emptied, result.plan.skipped) == ((), (), ())
    assert query(test, "select count(*) from krakn_history") == [(2,)]
    assert stake(prod, test).tables == 1
    with pytest.raises(ProfileError, match="krakn_history is krakn's own, which a sync leaves alone"):
        dry_run(order(prod, test, {"krakn_history": {"skip": True}}))
    assert sync(test, prod).plan.retired == ()


def test_it_stands_beside_alembics_table(new_database):
    ddl = (DDL, "create schema meta", "create table meta.alembic_version (version_num varchar(32) primary key)")
    prod, test = new_database(*ddl), new_database(*ddl)
    run_sync(order(prod, test, version_tables=frozenset({("meta", "alembic_version")})))
    assert query(test, "select prod_revision from meta.krakn_history") == [(None,)]


def test_a_role_that_may_not_create_it_syncs_without_and_is_told(new_database, server):
    ddl = "create schema app; create table app.t (id int primary key)"
    prod, test = new_database(ddl, "insert into app.t values (1)"), new_database(ddl)
    role = conninfo.conninfo_to_dict(test)["dbname"] + "_owner"
    execute(server, f"create role {role} login")
    try:
        execute(test, f"alter table app.t owner to {role}", f"alter schema app owner to {role}")
        execute(test, "revoke create on schema public from public")
        url = conninfo.make_conninfo(test, user=role)
        (remark,) = sync(prod, url).plan.remarks
        assert remark == (
            f"no history is kept, as public.krakn_history is not there, and role {role!r} has no CREATE on schema"
            " 'public'; each sync will ask as if it were the first"
        )
        assert query(test, "select id from app.t") == [(1,)]
        sync(prod, test)  # as the superuser, who makes it
        (remark,) = sync(prod, url).plan.remarks
        assert "public.krakn_history is another table, or the role may not insert into it" in remark
        execute(test, f"grant insert on krakn_history to {role}")
        assert sync(prod, url).plan.remarks == ()
    finally:
        execute(test, f"reassign owned by {role} to current_user", f"drop owned by {role}")
        execute(server, f"drop role {role}")


def test_a_profile_has_one_hash_however_it_is_written():
    one = {"tables": {"t": {"skip": True}, "s.u": {"where": "a > 1"}}}
    other = {"$schema": "x.json", "tables": {'"s".u': {"where": "a > 1"}, "public.t": {"skip": True}}}
    assert parse_profile(one).fingerprint == parse_profile(other).fingerprint
    assert parse_profile(one).fingerprint != parse_profile({"tables": {"t": {"skip": True}}}).fingerprint
    null, nothing = ({"tables": {"t": {"columns": {"a": rule}}}} for rule in ({"value": None}, {"from": "b"}))
    assert parse_profile(null).fingerprint != parse_profile(nothing).fingerprint
