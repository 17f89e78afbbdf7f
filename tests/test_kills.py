"""Stories of syncs that are killed: whatever dies, and whenever, test is as it was or new, and the next run goes well.

How many moments there are, in both modes together: MOMENTS of connections that end, STEPS of krakn itself, CRASHES of
the server; 52 in all.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest
from faults import MODES, OPTIONS, Child, Fragile, Moments, Pair, Victims, backends, wait_for
from syncing import execute, query, sync

from alembic_krakn.connect import Side, settle
from alembic_krakn.errors import KraknError, SyncError
from alembic_krakn.sync.swap import roll_back

MOMENTS = {"whole": 12, "swap": 20}
STEPS = {"whole": 4, "swap": 6}
CRASHES = {"whole": 4, "swap": 6}
KINDS = {
    "whole": ["prod krakn", "prod krakn sync", "test krakn sync"],
    "swap": ["prod krakn", "prod krakn sync", "new krakn sync", "test krakn sync", "server krakn", "new krakn"],
}
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals that kill")


def cases(counts: dict[str, int]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("mode", "moment"), [(mode, moment) for mode, count in counts.items() for moment in range(count)]
    )


@pytest.fixture(scope="module")
def pairs(server) -> Iterator[dict[str, tuple[Pair, list[str]]]]:
    """Give, for each mode, two databases and what a sync between them tells of itself."""
    found = {mode: _told(Pair(server, f"krakn_kills_{os.getpid()}_{mode}", manner)) for mode, manner in MODES.items()}
    yield found
    for pair, _ in found.values():
        pair.drop()


@pytest.fixture(scope="module")
def fragile(server) -> Iterator[tuple[Fragile, dict[str, tuple[Pair, list[str]]]]]:
    """Give a server that may crash, and for each mode a test database on it, and prod elsewhere."""
    with Fragile.started() as its:
        names = {mode: f"krakn_crash_{os.getpid()}_{mode}" for mode in MODES}
        pairs = {mode: Pair(its.url, names[mode], manner, server) for mode, manner in MODES.items()}
        yield its, {mode: _told(pair) for mode, pair in pairs.items()}
        its.be_there()
        for pair in pairs.values():
            pair.drop()


def _told(pair: Pair) -> tuple[Pair, list[str]]:
    moments = Moments()
    sync(pair.prod, pair.test, progress=moments, **pair.manner)
    assert pair.whole()
    return pair, moments.told


@cases(MOMENTS)
def test_a_connection_ends(pairs, mode, moment):
    pair, told = pairs[mode]
    kinds, chance = KINDS[mode], random.Random(moment)
    victims = Victims(pair, kinds[moment % len(kinds)], moment)
    at = moment * len(told) // MOMENTS[mode]
    moments = Moments(at, victims.end_one, chance.choice([0, 0.002, 0.01, 0.03]))
    told_of = _fails_in_one_sentence(pair, moments)
    moments.wait()
    if pair.whole():
        assert told_of is None or "not known" in told_of or "if there is a database" in told_of
    else:
        assert told_of is not None, victims.ended
        assert "lost" in told_of or "ended the connection" in told_of
        assert "test is as it was" in told_of or "not known" in told_of or "it is as it was" in told_of
    _goes_well(pair, resume=bool(moment % 2))


@posix
@cases(STEPS)
def test_krakn_itself_is_killed(pairs, mode, moment):
    pair, told = pairs[mode]
    chance = random.Random(moment)
    steps = sum(not what.startswith(("start ", "finish ")) and "advances" not in what for what in told)
    child = Child(pair.prod, pair.test, *OPTIONS[mode])
    child.listen(moment * steps // STEPS[mode])
    time.sleep(chance.choice([0, 0.001, 0.005, 0.02]))
    child.kill()
    wait_for(lambda: not backends(pair))
    pair.whole()
    if mode == "swap" and moment % 2:
        again = Child(pair.prod, pair.test, *OPTIONS[mode], "--resume")
        assert again.end() == 0, again.said
        assert pair.whole()
        assert pair.unfinished() == []
    else:
        _goes_well(pair, resume=False)


@posix
def test_what_a_killed_krakn_asked_of_prod_ends_soon(new_database, tmp_path):
    prod = new_database("create table t (id int); insert into t values (1)")
    if "linux" not in query(prod, "select version()")[0][0]:
        pytest.skip("this server cannot see that a client has gone while it works for it")
    profile = tmp_path / "krakn.yaml"
    profile.write_text("tables: {t: {where: pg_sleep(60) is not null}}", encoding="utf-8")
    child = Child(prod, new_database("create table t (id int)"), "--profile", str(profile))
    asked = "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
    wait_for(lambda: query(prod, asked))
    child.kill()
    wait_for(lambda: not query(prod, asked), 20)


@posix
@cases(CRASHES)
def test_the_server_crashes(fragile, mode, moment):
    server, pairs = fragile
    pair, told = pairs[mode]
    crash = server.stop_at_once if moment % 2 else server.lose_a_backend
    moments = Moments(1 + moment * (len(told) - 1) // CRASHES[mode], crash, random.Random(moment).choice([0, 0.01]))
    told_of = _fails_in_one_sentence(pair, moments)
    moments.wait()
    server.be_there()
    if not pair.whole(crashed=True):
        assert told_of is not None
        assert "as it was" in told_of or "not known" in told_of or "cannot connect" in told_of
    _goes_well(pair, resume=moment % 4 > 1)


def test_what_is_half_dropped_is_dropped_and_never_brought_back(pairs):
    """A DROP DATABASE that is cut off leaves a database that nobody can connect to."""
    pair, _ = pairs["swap"]
    halves = [f"{pair.name}_krakn_0123abcd", f"{pair.name}_before_20200101_000000"]
    for half in halves:
        execute(pair.server, f"create database {half}")
        execute(pair.server, f"update pg_database set datconnlimit = -2 where datname = '{half}'")
    with pytest.raises(SyncError, match="there is no former database"):
        roll_back(settle(pair.test, Side.TEST))
    _goes_well(pair, resume=True)


def _fails_in_one_sentence(pair: Pair, moments: Moments) -> str | None:
    """Sync, and give what it says when it fails; anything but an error of krakn's own is a bug."""
    try:
        sync(pair.prod, pair.test, progress=moments, **pair.manner)
    except KraknError as exc:
        problem = exc
    else:
        return None
    assert problem.exit_code == 2
    return str(problem)


def _goes_well(pair: Pair, *, resume: bool) -> None:
    """Sync once more, and see that test is new and that nothing else is left."""
    sync(pair.prod, pair.test, **pair.manner, **({"resume": resume} if "swap" in pair.manner else {}))
    assert pair.whole()
    assert pair.unfinished() == []
