"""Chains of revisions as `krakn migrate --online` writes them, in a project whose env.py is a stock one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic import command
from alembic.script import ScriptDirectory
from databases import Databases
from stories import catalog_of
from teams import Project

from alembic_krakn.catalog import Catalog
from alembic_krakn.connect import Side, engine, settle
from alembic_krakn.diff import Phases, Stage, stages
from alembic_krakn.revision.environment import Ground, TeamOptions
from alembic_krakn.revision.filters import without_version_table
from alembic_krakn.revision.online import Timeouts, write_stages
from alembic_krakn.revision.write import Placement

HAVE = """create table p (id int, code text); create table c (p text, n int, m int); create index c_n on c (n);
          insert into p select n, 'c' || n from generate_series(1, 50) n; insert into c select code, id, id from p"""
WANT = """create table p (id int primary key, code text unique, extra int);
          create table c (p text references p (code), n int not null, m int check (m > 0));
          create index c_n on c (n, m)"""
QUICK, INDEXES = "quick changes", "indexes concurrently"
TITLES = [QUICK, INDEXES, "validation and indexes concurrently"]
TEN_SECONDS, ANYWHERE = Timeouts("10s"), Placement()
EACH_BY_ITSELF = (
    "connection=connection, target_metadata=target_metadata",
    "connection=connection, target_metadata=target_metadata, transaction_per_migration=True",
)


@dataclass(frozen=True)
class Chain:
    """The revisions from one schema to another, their stages, and the prod that they are for."""

    project: Project
    prod: str
    have: Catalog
    want: Catalog
    stages: list[Stage]
    files: list[Path]

    @property
    def revisions(self) -> list[str]:
        script = ScriptDirectory.from_config(self.project.config)
        return [each.revision for each in script.walk_revisions()][::-1]

    def upgrade(self, revision: str = "head") -> None:
        with self.project.inside():
            command.upgrade(self.project.config, revision)

    def downgrade(self, revision: str) -> None:
        with self.project.inside():
            command.downgrade(self.project.config, revision)

    def now(self) -> Catalog:
        return without_version_table(catalog_of(self.prod), TeamOptions())

    def at(self) -> str | None:
        with psycopg.connect(self.prod) as conn:
            row = conn.execute("select version_num from alembic_version").fetchone()
            return row[0] if row else None


def write_chain(
    folder: Path,
    new_database: Databases,
    have_ddl: str = HAVE,
    want_ddl: str = WANT,
    *,
    template: str = "generic",
    timeouts: Timeouts = TEN_SECONDS,
    message: str | None = "as test",
    at: Placement = ANYWHERE,
    edits: tuple[tuple[str, str], ...] = (),
    prepare: Callable[[Project], None] | None = None,
) -> Chain:
    """Write the chain of revisions from one schema to another."""
    prod = new_database(have_ddl)
    have, want = catalog_of(prod), new_database.catalog(want_ddl)
    driven = prod.replace("postgresql:", "postgresql+psycopg:")
    second = new_database().replace("postgresql:", "postgresql+psycopg:")
    project = Project(folder, template, url=driven, second_url=second)
    project.edit_env(*edits)
    if prepare:
        prepare(project)
    found = stages(have, want)
    address = settle(prod, Side.PROD)
    with engine(address).connect() as connection, project.inside():
        ground = Ground(connection, address)
        files = write_stages(project.config, found, timeouts, ground=ground, message=message, at=at)
    return Chain(project, prod, have, want, found, files)


def run_phases(url: str, phases: Phases) -> None:
    """Run what stands alone, then the rest in one transaction."""
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in (statement for step in phases.alone for statement in step.statements):
            conn.execute(statement)
        with conn.transaction():
            for statement in (statement for step in phases.together for statement in step.statements):
                conn.execute(statement)
