"""Stories of what a command says on stderr: JSON for programs, bars for people, and never a value."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timezone

import pytest
from syncing import execute, order

from alembic_krakn.cli.output import Output
from alembic_krakn.cli.progress import Bars
from alembic_krakn.cli.work import Work, short
from alembic_krakn.report import preview_text
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.order import Manner

DDL = "create table t (id int primary key, name text)"
SECRET = "s3cr3t value"


@pytest.fixture
def pair(new_database):
    rows = f"insert into t select i, '{SECRET}' from generate_series(1, 1000) i"
    return new_database(DDL, rows, "analyze"), new_database(DDL)


@pytest.fixture
def run(pair, tmp_path):
    """Run a command with JSON logs, and give its exit code, its result and its events."""

    def run(*arguments, **environ):
        prod, test = pair
        env = {name: value for name, value in os.environ.items() if not name.startswith("KRAKN_")}
        env |= {"KRAKN_PROD_URL": prod, "KRAKN_TEST_URL": test, **environ}
        command = [sys.executable, "-m", "alembic_krakn", *arguments]
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert SECRET not in done.stderr
        return done.returncode, done.stdout, [json.loads(each) for each in done.stderr.splitlines()]

    return run


def only(events, name):
    (found,) = (event for event in events if event["event"] == name)
    return found


def test_a_sync_logs_its_steps_and_tables(run):
    before = datetime.now(timezone.utc)
    code, out, events = run("sync-data", "--yes", "--log-format", "json")
    assert code == 0
    assert "1,000 rows in 1 table came from prod" in out
    for event in events:
        assert event["level"] == "info"
        when = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
        assert 0 <= (when - before).total_seconds() + 0.001 < 60
    assert [events[0]["event"], events[-1]["event"]] == ["started", "ended"]
    assert "reading the catalog of prod" in [event.get("message") for event in events]
    assert only(events, "table_started")["expected_rows"] == 1000
    done = only(events, "table_done")
    assert (done["table"], done["rows"]) == ("public.t", 1000)
    assert done["bytes"] > 10000
    assert done["seconds"] >= 0
    assert only(events, "synced")["rows"] == 1000
    assert only(events, "ended")["exit_code"] == 0


def test_a_variable_or_a_file_may_say_it(run, tmp_path):
    assert only(run("diff", KRAKN_LOG_FORMAT="json")[2], "ended")["command"] == "diff"
    (tmp_path / "pyproject.toml").write_text('[tool.krakn]\nlog_format = "json"\n')
    assert only(run("diff")[2], "ended")["exit_code"] == 0


def test_a_failure_is_an_event_and_shows_no_value(run, pair):
    execute(pair[1], "alter table t add check (length(name) < 5)")
    code, out, events = run("sync-data", "--yes", "--log-format", "json")
    assert (code, out) == (1, "")
    failed = events[-1]
    assert (failed["event"], failed["level"], failed["exit_code"]) == ("failed", "error", 1)
    assert failed["message"].startswith("rows do not fit into test; ")
    assert "1000 rows" in failed["message"]


def test_settings_that_are_wrong_are_an_event_as_well(run):
    code, _, events = run("sync-data", "--log-format", "json", "--jobs", "2")
    assert code == 2
    assert events[-1]["message"].startswith("--jobs: 2 jobs need --swap")
    code, _, (*_, event) = run("diff", "--log-format", "json", KRAKN_TEST_URL="postgresql://u:hunter2@nowhere/x@y")
    assert (code, event["event"]) == (2, "failed")
    assert "hunter2" not in json.dumps(event)


def test_a_full_stack_trace_is_an_event_as_well(run):
    code, _, events = run("sync-data", "--log-format", "json", "--jobs", "2", "--raiseerr")
    assert code == 2
    assert [event["event"] for event in events[-2:]] == ["remark", "failed"]
    assert events[-2]["message"].startswith("Traceback (most recent call last):\n")
    assert events[-1]["message"].startswith("--jobs: 2 jobs need --swap")


def test_nobody_is_asked_and_quiet_leaves_only_errors(run):
    code, _, events = run("sync-data", "-q", "--log-format", "json")
    assert code == 2
    assert [event["event"] for event in events] == ["failed"]
    assert "add --yes" in events[0]["message"]


def test_what_is_left_is_told_by_rows_or_by_bytes(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    text, binary, unknown = Work(4_000_000, 1 << 30), Work(4_000_000, 1 << 30), Work(None)
    clock[0] = 10.0
    text.add(1_000_000, 100 << 20)
    binary.add(0, 1 << 29)
    unknown.add(5, 10)
    assert text.told == "1.0M of 4.0M rows, 100.0 MB, 100k/s, 0:00:30 left"
    assert binary.told == "512.0 MB, 51.2 MB/s, 0:00:10 left"
    assert unknown.told == "5 rows, 10 bytes, 0/s"
    assert Work(10).told == ""
    assert [short(number) for number in (999, 1000, 9_960, 999_600, 12e9)] == ["999", "1.0k", "10k", "1.0M", "12G"]


def test_a_dry_run_says_what_prod_will_feel(pair):
    preview = dry_run(order(*pair), manner=Manner(swap=True, jobs=3, max_rate=0.1))
    load = preview.to_json()["load_on_prod"]
    size = load.pop("estimated_bytes")
    assert load.pop("largest_bytes") == size
    assert load.pop("estimated_seconds") == round(size / 1e5, 1)
    assert load == {
        "estimated_rows": 1000,
        "largest_table": "public.t",
        "connections": 4,
        "locks": "ACCESS SHARE",
        "max_rate": 0.1,
    }
    text = "\n".join(getattr(line, "text", "") for line in preview_text.lines(preview))
    assert "load on prod: about 1,000 rows or " in text
    assert "the most of t (" in text
    assert "by 4 connections with ACCESS SHARE locks" in text
    assert "at 0.1 MB/s, to send them takes about 0:00:0" in text


def test_of_a_partitioned_table_each_row_is_counted_once(new_database):
    ddl = "create table t (id int) partition by range (id); create table t_1 partition of t default"
    prod = new_database(ddl, "insert into t select generate_series(1, 1000)", "analyze")
    assert dry_run(order(prod, new_database(ddl))).to_json()["load_on_prod"]["estimated_rows"] == 1000


def test_a_step_that_others_go_on_beside_is_shown_until_it_is_over():
    bars = Bars(Output())
    shown = []

    def look():
        shown.append([task.description for task in bars.steps.tasks])

    bars.step("emptying the tables of test")
    bars.step("copying rows")
    with bars.beside("building index public.i"):
        with bars.beside("building index public.j"):
            look()
        look()
    look()
    told = ["copying rows", "building index public.i", "building index public.j"]
    assert shown == [told, told[:2], told[:1]]


def test_of_a_part_of_prod_only_that_is_counted(pair):
    preview = dry_run(order(*pair, {"t": {"limit": 100}}))
    load = preview.to_json()["load_on_prod"]
    assert (load["estimated_rows"], load["connections"], load["estimated_seconds"]) == (100, 2, None)
