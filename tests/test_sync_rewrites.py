"""Stories of what prod truncates, rewrites, drops or detaches while an upsert or an append looks at it and reads it."""

from __future__ import annotations

import psycopg
import pytest
from faults import Moments
from syncing import order, query, state

from alembic_krakn.errors import SyncError
from alembic_krakn.sync.order import Manner
from alembic_krakn.sync.run import run_sync

TABLES = """
    create table b (id int primary key, v text);
    create table p (id int primary key, v text) partition by range (id);
    create table p1 partition of p for values from (0) to (3000);
    create table p2 partition of p default
"""
ROWS = "insert into b select i, i from generate_series(1, 6000) i; insert into p select * from b"
OURS = "update b set v = 'x' where id % 2 = 0; delete from p where id % 10 = 7"
CHANGES = {
    "truncated": "truncate b, p",
    "rewritten": "alter table b alter v type char(9); alter table p alter v type char(9)",
    "replaced": f"drop table b, p; {TABLES}",
    "detached": "alter table p detach partition p1; drop table p1; truncate b",
}
UPSERT = {"mode": "upsert", "delete_vanished": True}


@pytest.mark.parametrize(
    ("manner", "how", "at"),
    [
        *((UPSERT, how, at) for how in CHANGES for at in (1, 4)),  # before it is looked at; when it was compared
        ({"mode": "append"}, "truncated", 1),
        ({"mode": "append"}, "rewritten", 4),
    ],
)
def test_rows_that_prod_takes_away_are_missed_or_there(new_database, manner, how, at):
    """Either the sync began to read before prod could change anything, and all is right, or it says what happened."""
    prod, test = new_database(TABLES, ROWS), new_database(TABLES, ROWS, OURS)
    before, held = state(test), []

    def change() -> None:
        try:
            with psycopg.connect(prod) as conn:
                conn.execute("set lock_timeout = '200ms'")
                for statement in CHANGES[how].split(";"):
                    conn.execute(statement)
        except psycopg.errors.LockNotAvailable as exc:
            held.append(exc)

    try:
        run_sync(order(prod, test), Manner(**manner), Moments(at, change))
    except SyncError as exc:
        assert "prod has truncated, rewritten or replaced public." in str(exc) or "its schema has changed" in str(exc)  # noqa: PT017
        assert not held
        assert state(test) == before
        return
    assert held
    right = "select count(*), sum(id), count(*) filter (where v = id::text)"
    expected = [(6000, 18003000, 6000)] if manner == UPSERT else [(6000, 18003000, 3000)]
    assert query(test, f"{right} from b") == expected
    assert query(test, f"{right} from p") == [(6000, 18003000, 6000)]
