"""Two runs on the same two schemas give the same bytes, whatever the hashes and whatever order rows come in."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from teams import Project
from test_diff import STORIES

from alembic_krakn.api import DiffResult
from alembic_krakn.catalog import Answer, Catalog, assemble, present, queries
from alembic_krakn.connect import Side, open_prod, settle
from alembic_krakn.diff import plan
from alembic_krakn.report import diff_json
from alembic_krakn.revision.write import sql_script

NewDatabase = Callable[..., str]


@pytest.fixture
def both(new_database: NewDatabase) -> tuple[str, str]:
    """Give two databases that differ in all that the stories tell."""
    told = [story for story in STORIES if "on schema public" not in story.want and "other one" not in story.want]

    def script(side: str) -> str:
        parts = [f"create schema s{n}; set search_path = s{n}; {story.given};" for n, story in enumerate(told)]
        return "\n".join(f"{part} {getattr(story, side)};" for part, story in zip(parts, told, strict=True))

    return new_database(script("have")), new_database(script("want"))


def test_hashes_leave_no_trace(both: tuple[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    Project(folder)
    sides = ["--prod", both[0], "--test", both[1]]

    def output(seed: str, *arguments: str) -> bytes:
        command = [sys.executable, "-m", "alembic_krakn", *arguments, *sides]
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=True).stdout

    def revision(seed: str) -> list[str]:
        output(seed, "migrate", "-m", "all", "--rev-id", "abc")
        (path,) = (folder / "migrations" / "versions").glob("*.py")
        lines = path.read_text(encoding="utf-8").splitlines()
        path.unlink()
        return [line for line in lines if not line.startswith("Create Date: ")]

    for command in (["diff", "--format", "json"], ["diff"], ["migrate", "--sql"]):
        assert output("0", *command) == output("1", *command)
    assert revision("0") == revision("1")


def test_the_order_of_rows_leaves_no_trace(both: tuple[str, str]) -> None:
    answers = []
    for url in both:
        with open_prod(settle(url, Side.PROD)) as conn, conn.snapshot():
            asked = queries(Answer(*conn.ask(present())))
            answers.append({name: Answer(*conn.ask(query)) for name, query in asked.items()})

    def printed(have: Catalog, want: Catalog) -> tuple[str, str]:
        way = plan(have, want)
        return sql_script(way), json.dumps(diff_json.document(DiffResult("prod", "test", have, want, way)))

    def mixed(answer: Answer, chance: random.Random) -> Answer:
        return answer._replace(rows=chance.sample(answer.rows, len(answer.rows)))

    def both_ways(chance: random.Random) -> tuple[tuple[str, str], ...]:
        have, want = (assemble({name: mixed(each, chance) for name, each in side.items()}) for side in answers)
        return printed(have, want), printed(want, have)

    assert both_ways(random.Random(1)) == both_ways(random.Random(2))
