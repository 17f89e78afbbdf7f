"""Alembic projects as teams have them: made by `alembic init` from a stock template, in a folder of their own."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent

from alembic.config import Config, main

TEMPLATES = ("generic", "async", "multidb", "pyproject")
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nowhere"


class Project:
    """One team's project; its own database (and the second one of multidb) cannot be reached unless that is said."""

    def __init__(
        self, folder: Path, template: str = "generic", *, url: str = NOWHERE, second_url: str = NOWHERE
    ) -> None:
        self.folder = folder
        self.template = template
        with self.inside():
            main(["--quiet", "init", "-t", template, "migrations"])
        driver = "asyncpg" if template == "async" else "psycopg"
        urls = iter([url, second_url])
        ini = folder / "alembic.ini"
        text = re.sub(r"(?m)^sqlalchemy\.url = .*$", lambda _: f"sqlalchemy.url = {next(urls)}", ini.read_text())
        ini.write_text(text.replace("postgresql+psycopg:", f"postgresql+{driver}:"))

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Work in the project's folder, as a person at a terminal does."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(before)

    @property
    def config(self) -> Config:
        toml = self.folder / "pyproject.toml"
        config = Config(str(self.folder / "alembic.ini"), toml_file=str(toml) if toml.exists() else None)
        if not toml.exists():
            config.set_main_option("script_location", str(self.folder / "migrations"))
        return config

    @property
    def env(self) -> Path:
        return self.folder / "migrations" / "env.py"

    def edit_env(self, *changes: tuple[str, str]) -> None:
        """Change the team's env.py: each text into another."""
        text = self.env.read_text()
        for have, want in changes:
            assert have in text, have
            text = text.replace(have, want)
        self.env.write_text(text)

    def revision(self, rev_id: str, down: str | None, upgrade: str, *, extra: str = "") -> Path:
        """Write a revision by hand; for several databases, it does its work in the first."""
        path = self.folder / "migrations" / "versions" / f"{rev_id}_.py"
        arguments = "engine_name: str = ''"
        body = indent(dedent(upgrade).strip() or "pass", "    ")
        if self.template == "multidb":
            body = "    if engine_name != 'engine1':\n        return\n" + body
        path.write_text(
            "from alembic import op\nimport sqlalchemy as sa\n\n"
            f"revision = {rev_id!r}\ndown_revision = {down!r}\nbranch_labels = None\ndepends_on = None\n{extra}\n\n"
            f"def upgrade({arguments}) -> None:\n{body}\n\n\ndef downgrade({arguments}) -> None:\n    pass\n"
        )
        return path
