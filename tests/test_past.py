"""Stories of looking back: what the latest syncs into test did, for people and for programs."""

from __future__ import annotations

import json

import pytest
from syncing import execute, state, sync

from alembic_krakn.cli.program import main
from alembic_krakn.connect import Side, open_test, settle
from alembic_krakn.errors import SyncError
from alembic_krakn.sync.past import past_syncs

DDL = (
    "create table t (id int primary key, name text);"
    " create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values ('{}')"
)


@pytest.fixture
def pair(new_database, monkeypatch):
    for name in ("KRAKN_PROD_URL", "KRAKN_TEST_URL", "KRAKN_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return new_database(DDL.format("a1"), "insert into t values (1, 'x'), (2, 'y')"), new_database(DDL.format("b2"))


def test_the_latest_syncs_are_shown(pair, capsys):
    prod, test = pair
    assert main(["sync-data", "--test", test, "--history"]) == 0
    assert "no sync has written into test so far" in capsys.readouterr().out
    sync(prod, test, {"t": {"columns": {"name": {"mask": "hash"}}}})
    execute(prod, "insert into t values (3, 'z')")
    sync(prod, test, {"t": {"columns": {"name": {"mask": "hash"}}}}, mode="upsert")
    before = state(test)
    assert main(["sync-data", "--test", test, "--history"]) == 0
    heading, second, first = capsys.readouterr().out.splitlines()
    assert heading.split()[:3] == ["began", "(UTC)", "seconds"]
    assert "upsert" in second
    assert "replace" in first
    assert "a1" in first
    assert max(map(len, (heading, second, first))) <= 80
    assert main(["sync-data", "--test", test, "--history", "1", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == 1
    (one,) = told["syncs"]
    assert (one["mode"], one["rows"], one["masked_columns"], one["prod_revision"]) == ("upsert", 3, 1, ["a1"])
    assert one["test_revision"] == ["b2"]
    assert one["began"].endswith("+00:00")
    assert main(["sync-data", "--test", test, "--history", "0"]) == 2
    assert state(test) == before


def test_a_history_that_the_role_may_not_read_is_said(pair, server):
    prod, test = pair
    sync(prod, test)
    execute(server, "create role krakn_lo_nobody login")
    try:
        poor = settle(f"{test}{'&' if '?' in test else '?'}user=krakn_lo_nobody", Side.TEST)
        with (
            open_test(poor) as found,
            pytest.raises(SyncError, match=r"may not read public\.krakn_history; GRANT SELECT"),
        ):
            past_syncs(found, 3)
    finally:
        execute(server, "drop role krakn_lo_nobody")
