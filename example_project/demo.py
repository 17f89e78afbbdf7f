"""Build the shop's prod and test databases, run krakn's three commands on them as a person would, and sum up."""

from __future__ import annotations

import argparse
import io
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable

import psycopg
from sqlalchemy import URL

from alembic_krakn import embedded
from alembic_krakn.errors import KraknError

from . import data, summary
from .stage import HERE, HOTFIXES, PROD, PROD_REVISION, TEST, Stage, data_folder

REPORT = "sync-report.json"
COMMANDS = (
    ("krakn-diff",),
    ("krakn-migrate", "-m", "take back what was done by hand"),
    ("krakn-sync", "--yes", "--report", REPORT),
)


class CommandFailed(Exception):
    """One of the commands did not end well; it has said why."""


def main(argv: list[str] | None = None) -> int:
    """Run the demo, or stop its server."""
    parser = argparse.ArgumentParser(
        prog="python -m example_project",
        description="Show krakn on a shop: prod with 50,000 rows and an older schema, test with the newest schema.",
    )
    parser.add_argument("--server", metavar="URL", help="a PostgreSQL of yours, instead of the embedded one")
    parser.add_argument("--stop", action="store_true", help="stop the embedded server that an earlier run left running")
    args = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Windows console may still have a code page of its own
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        if args.stop:
            say("The server is stopped." if embedded.stop(data_folder()) else "No server was running.")
        else:
            show(args.server)
    except (KraknError, psycopg.Error, CommandFailed) as exc:
        print(f"python -m example_project: {exc}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def show(server: str | None) -> None:
    """Play the whole demo."""
    began = time.monotonic()
    key = secrets.token_hex(32)
    stage = build(server, key)
    for command in COMMANDS:
        alembic(stage, key, *command)
        if command[0] == "krakn-migrate":
            show_revision(stage)
    heading("Summary")
    say(*summary.lines(stage, stage.project / REPORT))
    say("", f"All of it took {time.monotonic() - began:.0f} seconds.")
    heading("How to go on by hand")
    say(*how_to_go_on(stage, embedded_server=server is None))


def build(server: str | None, key: str) -> Stage:
    """Make prod and test as a team has them: prod behind head and full of rows, test at head, and a bit of drift."""
    heading("Setting up the shop")
    if server is None:
        say("PostgreSQL starts in the folder example_project/.server ...")
        server = embedded.start(data_folder(), keep=True)
    stage = Stage.build(server)
    say(f"{PROD} and {TEST} are made; their revisions come from the shop's own migrations:")
    quietly(stage, key, stage.prod, "upgrade", PROD_REVISION)
    quietly(stage, key, stage.test, "upgrade", "head")
    with stage.connect(stage.prod) as conn:
        counts = data.load(conn)
        say("", f"{PROD} has {sum(counts.values()):,} rows in {len(counts)} tables.")
    say("", "Meanwhile, somebody has typed into psql:")
    for url in (stage.prod, stage.test):
        statement = HOTFIXES[str(url.database)]
        say(f"  {url.database}=# {statement};")
        with stage.connect(url) as conn:
            conn.execute(statement)
    with stage.connect(stage.prod) as conn:
        conn.execute("UPDATE orders SET gift_note = 'Happy birthday!' WHERE id % 40 = 0")
    return stage


def quietly(stage: Stage, key: str, url: URL, *arguments: str) -> None:
    """Run the team's revisions with alembic on one of the databases; what it says is shown when it fails."""
    say(f"  $ alembic {shlex.join(arguments)}   # SHOP_DATABASE_URL leads to {url.database}")
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=stage.project,
        env=stage.environment(url, key),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"alembic {shlex.join(arguments)} ended with {done.returncode}:\n{done.stdout}")


def alembic(stage: Stage, key: str, *arguments: str) -> None:
    """Run a command of alembic in front of the audience."""
    heading(f"$ alembic {shlex.join(arguments)}")
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=stage.project,
        env=stage.environment(stage.test, key),
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"alembic {arguments[0]} ended with {done.returncode}; above it says why")


def show_revision(stage: Stage) -> None:
    """Print what the revision file does that the team has not written itself."""
    team = {path.name for path in (HERE / "migrations" / "versions").glob("*.py")}
    written = [path for path in (stage.project / "migrations" / "versions").glob("*.py") if path.name not in team]
    if len(written) != 1:
        raise CommandFailed(f"alembic krakn-migrate wrote {len(written)} revision files instead of one")
    say("", f"{written[0].name} says:", "")
    body = written[0].read_text(encoding="utf-8").partition("\ndef upgrade(")
    say(*("    " + line if line else "" for line in (body[1] + body[2]).strip().splitlines()))


def how_to_go_on(stage: Stage, *, embedded_server: bool) -> Iterable[str]:
    """Tell a person what to type now."""
    variables = {
        "KRAKN_PROD_URL": stage.prod.render_as_string(),
        "KRAKN_TEST_URL": stage.test.render_as_string(),
        "SHOP_DATABASE_URL": stage.test.set(drivername="postgresql+psycopg").render_as_string(),
    }
    new_key = 'python -c "import secrets; print(secrets.token_hex(32))"'
    project = os.path.relpath(stage.project)
    if sys.platform == "win32":
        yield f'cd "{project}"'
        yield from (f"$env:{name} = '{value}'" for name, value in variables.items())
        yield f"$env:KRAKN_MASK_KEY = {new_key}"
    else:
        yield f"cd {shlex.quote(project)}"
        yield from (f"export {name}={shlex.quote(value)}" for name, value in variables.items())
        yield f"export KRAKN_MASK_KEY=$({new_key})"
    if stage.prod.password:
        yield "(*** stands for your server's password)"
    yield ""
    yield "alembic krakn-diff --exit-code          # what differs, and which revision explains it"
    yield f"alembic history -r {PROD_REVISION}:head   # what prod has before it, krakn's revision last"
    yield "alembic krakn-sync --format json        # once more, with a report for machines"
    if shutil.which("psql"):
        yield f'psql "{stage.test.render_as_string()}"'
    if embedded_server:
        yield ""
        yield "The server runs on; `python -m example_project --stop` stops it, and another run begins anew."


def heading(text: str) -> None:
    """Print a heading."""
    say("", text, "-" * min(len(text), 100))


def say(*lines: str) -> None:
    """Print lines at once, so that they stand before what the next command prints."""
    print(*lines, sep="\n", flush=True)
