"""The README tells the truth: its two databases are made, its commands run, and what they print is what it shows."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PROGRAMS = {"krakn": ["-m", "alembic_krakn"], "alembic": ["-m", "alembic"]}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def sessions() -> list[tuple[list[str], str]]:
    """List the commands that the README shows, each with what it prints."""
    found = []
    for block in blocks("console"):
        for command, output in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block, re.M):
            if not command.startswith("export "):
                found.append((re.findall(r'"[^"]*"|\S+', command), output))
    return found


def pattern(shown: str) -> re.Pattern[str]:
    """Turn what is shown into what must be printed: `...` stands for anything."""
    return re.compile(re.escape(shown.strip()).replace(r"\.\.\.", ".*"), re.S)


@pytest.fixture
def project(new_database: Callable[..., str], tmp_path: Path) -> dict[str, str]:
    prod, test = (new_database(script) for script in blocks("sql"))
    env = {name: value for name, value in os.environ.items() if not name.startswith("KRAKN_")}
    env |= {"KRAKN_PROD_URL": prod, "KRAKN_TEST_URL": test, "KRAKN_MASK_KEY": secrets.token_hex(32), "NO_COLOR": "1"}
    (profile,) = blocks("yaml")
    (tmp_path / "anywhere").mkdir()
    (tmp_path / "anywhere" / "krakn.yaml").write_text(profile, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "alembic", "init", "migrations"], cwd=tmp_path, check=True, capture_output=True
    )
    ini = tmp_path / "alembic.ini"
    driver = prod.replace("postgresql://", "postgresql+psycopg://").replace("%", "%%")
    ini.write_text(re.sub(r"(?m)^sqlalchemy.url = .*", lambda _: f"sqlalchemy.url = {driver}", ini.read_text()))
    return env


def test_the_sessions_are_what_the_commands_print(project: dict[str, str], tmp_path: Path) -> None:
    assert [words[:2] for words, _ in sessions()] == [
        ["krakn", "diff"],
        ["alembic", "krakn-migrate"],
        ["krakn", "sync-data"],
        ["krakn", "sync-data"],
    ]
    for words, shown in sessions():
        arguments = [*PROGRAMS[words[0]], *(word.strip('"') for word in words[1:])]
        folder = tmp_path / "anywhere" if words[0] == "krakn" else tmp_path
        done = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=project, capture_output=True, text=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr
        assert pattern(shown).fullmatch(done.stdout.strip()), done.stdout
    (revision,) = (tmp_path / "migrations" / "versions").glob("*.py")
    (shown,) = blocks("python")
    assert pattern(shown).search(revision.read_text(encoding="utf-8"))


def test_the_readme_names_every_page_of_the_docs() -> None:
    docs = Path(__file__).parents[1] / "docs"
    for page in docs.glob("*.md"):
        assert f"(docs/{page.name})" in README
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (docs.parent / link).exists(), link
