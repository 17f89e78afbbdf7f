"""Stories of syncs over ways that are cut, that stall and that change what goes through them."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from faults import MODES, OPTIONS, Child, Pair, Proxy, backends, wait_for
from syncing import execute, order, sync

from alembic_krakn.connect.stream import open_stream
from alembic_krakn.errors import KraknError, ValidationFailed
from alembic_krakn.progress import Silent
from alembic_krakn.sync.pace import Pace
from alembic_krakn.sync.prepare import prepared
from alembic_krakn.sync.problems import ReadingFailed
from alembic_krakn.sync.stream import stream_table
from alembic_krakn.sync.values import WHOLE

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals that interrupt another process")


@pytest.fixture(scope="module")
def pairs(server) -> Iterator[dict[str, Pair]]:
    """Give two databases for each mode."""
    found = {mode: Pair(server, f"krakn_ways_{os.getpid()}_{mode}", manner) for mode, manner in MODES.items()}
    yield found
    for pair in found.values():
        pair.drop()


def bytes_of(pair: Pair, side: str) -> int:
    """Count what comes from one side in a sync where nothing goes wrong."""
    with Proxy.to(pair.server) as proxy:
        _sync(pair, side, proxy)
        assert pair.whole()
        return proxy.passed


def _sync(pair: Pair, side: str, proxy: Proxy) -> None:
    urls = {"prod": pair.prod, "test": pair.test}
    urls[side] = proxy.url(urls[side])
    sync(urls["prod"], urls["test"], **pair.manner)


def _problem(pair: Pair, side: str, proxy: Proxy) -> KraknError | None:
    try:
        _sync(pair, side, proxy)
    except KraknError as exc:
        return exc
    return None


@pytest.mark.parametrize("side", ["prod", "test"])
@pytest.mark.parametrize("mode", MODES)
def test_a_way_that_is_cut(pairs, mode, side):
    pair = pairs[mode]
    usual = bytes_of(pair, side)
    too_late = 0
    for part in range(1, 11):
        with Proxy.to(pair.server) as proxy:
            proxy.limit, proxy.fault = usual * part // 11, Proxy.cut
            problem = _problem(pair, side, proxy)
        if problem is not None:
            assert problem.exit_code == 2
            assert "lost" in str(problem) or "cannot connect" in str(problem)
        wait_for(lambda: not backends(pair))
        assert pair.whole() or problem is not None
        too_late += problem is None
    # The new database may be in its place when the way is cut, and only the former ones are still to be dropped.
    assert too_late <= (mode == "swap" and side == "test")
    sync(pair.prod, pair.test, **pair.manner)
    assert pair.whole()
    assert pair.unfinished() == []


@pytest.mark.parametrize("mode", MODES)
def test_a_way_that_changes_a_value(pairs, mode):
    pair = pairs[mode]
    with Proxy.to(pair.server) as proxy:
        proxy.flip = (b"item 4321 item 4321", b"item 4321 item 5321")
        with pytest.raises(ValidationFailed, match=r"public\.items: the checksum of its 5000 rows is"):
            _sync(pair, "prod", proxy)
    assert not pair.whole()
    with Proxy.to(pair.server) as proxy:
        proxy.flip = (b"c77@real.com", b"c78@real.com")
        with pytest.raises(ValidationFailed):
            _sync(pair, "prod", proxy)
    assert not pair.whole()
    assert pair.unfinished() == []


@posix
@pytest.mark.skipif(
    tuple(map(int, re.findall(r"\d+", psycopg.__version__)))[:3] < (3, 3, 6),
    reason="psycopg before 3.3.6 waits for the answer to its own cancel request",
)
@pytest.mark.parametrize("side", ["prod", "test"])
@pytest.mark.parametrize("mode", MODES)
def test_a_way_that_stalls_can_be_left(pairs, mode, side):
    """Nobody can tell a way that stalls from a server that thinks; an interrupt must get krakn out of it."""
    pair = pairs[mode]
    usual = bytes_of(pair, side)
    with Proxy.to(pair.server) as proxy:
        urls = {"prod": pair.prod, "test": pair.test}
        urls[side] = proxy.url(urls[side])
        stalled: list[bool] = []
        proxy.limit, proxy.fault = usual * 3 // 5, lambda it: (it.stall(), stalled.append(True))
        child = Child(urls["prod"], urls["test"], *OPTIONS[mode])
        wait_for(lambda: stalled)
        child.process.send_signal(signal.SIGINT)
        assert child.end(40) == 130, child.said
        assert "interrupted" in child.said[-1]
    wait_for(lambda: not backends(pair))
    assert not pair.whole()
    for name in pair.unfinished():
        execute(pair.server, f"drop database {name} with (force)")


def test_a_connection_that_has_ended_before_its_table_is_read(new_database):
    prod, test = (
        new_database("create table t (a text)", "insert into t values ('x')"),
        new_database("create table t (a text)"),
    )
    asked = order(prod, test)

    async def read(table) -> None:
        source = await open_stream(asked.prod, read_only=True, search_path="public")
        target = await open_stream(asked.test, read_only=False, search_path="public")
        execute(prod, f"select pg_terminate_backend({source.get_server_pid()})")
        while not source.is_closed():
            await asyncio.sleep(0.01)
        with ThreadPoolExecutor(1) as workers:
            copying = stream_table(
                source, target, table, WHOLE, workers, lambda *_: None, freeze=False, pace=Pace(), large=True
            )
            with pytest.raises(ReadingFailed):
                await asyncio.wait_for(copying, 30)
        target.terminate()

    with prepared(asked, Silent()) as ready:
        asyncio.run(read(ready.plan.tables[0]))
