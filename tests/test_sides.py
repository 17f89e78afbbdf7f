"""Both databases are read at the same time, and neither keeps a command waiting when the other one fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from alembic_krakn import api
from alembic_krakn.config import Settings
from alembic_krakn.errors import ConnectError

WAITING = (
    "select pid from pg_stat_activity where datname = %s and application_name = 'krakn' and wait_event_type = 'Lock'"
)


def test_when_one_side_fails_nobody_waits_for_the_other(new_database: Callable[..., str]) -> None:
    ddl = "create table t (id int); create view v as select id from t"
    prod, test = new_database(ddl), new_database(ddl)
    with (
        psycopg.connect(prod) as on_prod,
        psycopg.connect(test) as on_test,
        psycopg.connect(test, autocommit=True) as watch,
        ThreadPoolExecutor(1) as pool,
    ):
        for conn in (on_prod, on_test):
            conn.execute("lock table t in access exclusive mode")
        diff = pool.submit(api.diff, Settings(prod_url=prod, test_url=test, lock_timeout="1h"))
        waiting = {url: _wait_for(watch, url) for url in (prod, test)}
        watch.execute("select pg_terminate_backend(%s)", [waiting[test]])
        with pytest.raises(ConnectError, match=r"the connection to test .* was lost"):
            diff.result(timeout=30)


def _wait_for(watch: psycopg.Connection, url: str) -> int:
    """Wait until krakn waits for a lock in that database, and give its server process."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    for _ in range(300):
        if found := watch.execute(WAITING, [name]).fetchone():
            return int(found[0])
        time.sleep(0.1)
    raise AssertionError(f"nobody waits in {name}")
