"""Stories of what goes wrong while features meet: row security and a swap that is resumed, and the like."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faults import Killing
from roles import owned, role
from syncing import execute, order, query

from alembic_krakn.errors import SyncError
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
