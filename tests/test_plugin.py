"""krakn's commands inside the `alembic` program, which they must neither slow down nor break."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import main as alembic
from teams import Project

HEAVY = ("polars", "faker", "asyncpg", "pydantic", "rich", "psycopg", "yaml")


def python(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "80", "PYTHONUTF8": "1", **environ},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_alembic_lists_the_commands_with_one_line_each(tmp_path: Path) -> None:
    done = python("-m", "alembic", "--help", cwd=tmp_path)
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert "krakn-diff Show what differs between prod's and test's schema." in text
    assert "krakn-migrate Write a revision that leads from prod's schema to test's." in text
    assert "krakn-sync Replace test's rows by prod's, masked." in text
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("krakn-diff", ["--prod URL", "--test URL", "--format {text,json}", "--exit-code", "-v", "-q"]),
        ("krakn-diff", ["--only PATTERN", "--exclude PATTERN", "--keep-prod-only", "--column-order", "--reverse"]),
        ("krakn-migrate", ["-m", "--head", "--splice", "--branch-label", "--version-path", "--rev-id", "--depends-on"]),
        (
            "krakn-migrate",
            [
                "--sql",
                "--base {head,prod}",
                "--verify",
                "--reverse",
                "--only PATTERN",
                "--to {test,head,models}",
                "--scratch URL",
            ],
        ),
        ("krakn-sync", ["--profile FILE", "--dry-run", "--report FILE", "--yes", "--format {text,json}"]),
    ],
)
def test_each_command_explains_its_options(
    command: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        alembic([command, "--help"], prog="alembic")
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert text.startswith(f"usage: alembic {command} ")
    assert [option for option in options if option not in text] == []


def test_alembic_stays_as_quick_as_it_was(tmp_path: Path) -> None:
    script = (
        "import sys, alembic.config\n"
        "alembic.config.CommandLine(prog='alembic')\n"
        f"print([name for name in {HEAVY} if name in sys.modules])\n"
    )
    done = python("-c", script, cwd=tmp_path)
    assert done.stdout.strip() == "[]"


def test_it_joins_an_alembic_that_is_imported_already(tmp_path: Path) -> None:
    script = (
        "import importlib.metadata as metadata\n"
        "known = metadata.entry_points\n"
        "metadata.entry_points = lambda **wanted: [] if wanted.get('group') == 'alembic.plugins' else known(**wanted)\n"
        "import alembic.config\n"
        "before = set(alembic.config.CommandLine().subparsers.choices)\n"
        "from alembic.runtime.plugins import Plugin\n"
        "import alembic_krakn.plugin\n"
        "Plugin.setup_plugin_from_module(alembic_krakn.plugin, 'krakn')\n"
        "print(sorted(set(alembic.config.CommandLine().subparsers.choices) - before))\n"
    )
    done = python("-c", script, cwd=tmp_path)
    assert done.stdout.strip() == "['krakn-diff', 'krakn-migrate', 'krakn-sync']", done.stderr


@pytest.mark.parametrize("missing", ["alembic_krakn.cli.host", "wrapt"])
def test_what_breaks_in_krakn_does_not_break_alembic(tmp_path: Path, missing: str) -> None:
    script = (
        "import sys\n"
        f"sys.modules[{missing!r}] = None\n"
        "from alembic.config import main\n"
        "main(['init', 'migrations'], prog='alembic')\n"
    )
    done = python("-c", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "alembic.ini").exists()
    assert "the krakn-* commands are not available" in done.stderr


def test_an_alembic_without_the_method_we_wrap_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    from types import ModuleType

    from alembic_krakn.plugin import attach

    attach(ModuleType("alembic.config"))
    assert "the krakn-* commands are not available" in caplog.text


@pytest.fixture(autouse=True)
def _no_settings_of_mine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KRAKN_") and name != "KRAKN_TEST_SERVER"]:
        monkeypatch.delenv(name)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return made


def test_alembics_own_commands_still_work(project: Project) -> None:
    project.revision("a1", None, "")
    assert python("-m", "alembic", "heads", cwd=project.folder).stdout == "a1 (head)\n"


def test_alembics_own_flags_work(
    project: Project, new_database: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    prod, test = new_database("create table a (id int)"), new_database("create table a (id bigint)")
    project.edit_env(("run_migrations_online()\n", "run_migrations_online()\nprint(context.get_x_argument())\n"))
    ini = project.folder / "alembic.ini"
    text = ini.read_text(encoding="utf-8") + f"\n[krakn]\nprod_url = {prod}\ntest_url = {test}\n"
    (project.folder / "other.ini").write_text(text.replace("[alembic]", "[shop]"), encoding="utf-8")
    ini.unlink()
    alembic(["-c", "other.ini", "-n", "shop", "-x", "tenant=a", "-q", "krakn-diff", "-v"])
    out, err = capsys.readouterr()
    assert "~ column id: type integer -> bigint" in out
    assert err == "['tenant=a']\n"  # env.py's own print, off stdout; krakn itself is quiet


@pytest.mark.usefixtures("project")
def test_errors_look_like_alembics_and_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        alembic(["krakn-diff"])
    out, err = capsys.readouterr()
    assert ended.value.code == 2
    assert out == ""
    assert err.startswith("FAILED: no URL for prod: give --prod URL, set KRAKN_PROD_URL")
    assert err.count("\n") == 1


@pytest.mark.usefixtures("project")
def test_raiseerr_raises() -> None:
    from alembic_krakn.errors import SettingsError

    with pytest.raises(SettingsError):
        alembic(["--raiseerr", "krakn-diff"])
