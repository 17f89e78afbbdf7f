"""Stories of dry runs: what a sync would refuse before it begins, its dry run refuses in the same words."""

from __future__ import annotations

import pytest
from syncing import execute, order, state, sync

from alembic_krakn.errors import KraknError
from alembic_krakn.mask import MaskKey
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.order import Manner


def both(prod, test, tables=None, *, order_of=None, **manner):
    """Give what a dry run and a sync say."""
    told = []
    asked = order(prod, test, tables, **(order_of or {}))
    before = state(test)
    for run in (lambda: dry_run(asked, None, Manner(**manner)), lambda: sync_as(asked, Manner(**manner))):
        with pytest.raises(KraknError) as caught:
            run()
        told.append((type(caught.value), str(caught.value)))
    assert state(test) == before
    return told


def sync_as(asked, manner):
    from alembic_krakn.sync.run import run_sync

    return run_sync(asked, manner)


@pytest.mark.parametrize("mode", ["upsert", "append"])
def test_tables_without_a_key_are_refused_by_both(new_database, mode):
    prod, test = new_database("create table t (a int)"), new_database("create table t (a int)")
    dry, real = both(prod, test, mode=mode)
    assert dry == real
    assert f"--mode {mode} tells rows apart by their keys" in dry[1]
    assert "t: {mode: replace}" in dry[1]


def test_masked_keys_of_another_secret_are_refused_by_both(new_database):
    ddl = "create table t (email text primary key)"
    prod, test = new_database(ddl, "insert into t values ('a@real.com')"), new_database(ddl)
    tables = {"t": {"columns": {"email": {"mask": "hash"}}}}
    sync(prod, test, tables)
    other = MaskKey(b"another key than the last sync had")
    dry, real = both(prod, test, tables, order_of={"key": other}, mode="upsert")
    assert dry == real
    assert "the mask key is another one than that of the last sync" in dry[1]
    execute(test, "delete from krakn_history")
    assert dry_run(order(prod, test, tables, key=other), None, Manner(mode="upsert")).mode == "upsert"


@pytest.mark.parametrize(
    ("manner", "more", "word"),
    [
        ({"mode": "append", "delete_vanished": True}, {}, "--delete-vanished goes with --mode upsert"),
        ({"mode": "upsert", "swap": True}, {}, "--swap fills another database"),
        ({"mode": "upsert"}, {"on_violation": "quarantine"}, "--on-violation quarantine takes what fits"),
    ],
)
def test_what_cannot_go_together_is_refused_by_both(new_database, manner, more, word):
    ddl = "create table t (a int primary key)"
    dry, real = both(new_database(ddl), new_database(ddl), order_of=more, **manner)
    assert dry == real
    assert word in dry[1]
