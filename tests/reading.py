"""Have the revisions of a project read for what they rename, and run, which must come to the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import psycopg
from databases import Databases
from stories import catalog_of
from teams import Project

from alembic_krakn.catalog import Catalog
from alembic_krakn.connect import Side, likeness, open_prod, settle
from alembic_krakn.names import Ident
from alembic_krakn.renames import Renames
from alembic_krakn.revision.environment import TeamOptions
from alembic_krakn.revision.pending import pending
from alembic_krakn.revision.recorded import Recorded, recorded_renames
from alembic_krakn.revision.rehearsal import rehearse
from alembic_krakn.revision.scratch import scratch_database
from alembic_krakn.revision.scripts import scripts_of

USERS = "create table users (id int primary key, nick text, old text);"


@dataclass(frozen=True)
class Read:
    """Prod's DDL, a revision or several (apart by a line of dashes), and what they rename: 'table a.b -> a.c'."""

    name: str
    have: str
    revisions: str
    renames: str = ""
    runs: bool = True  # False where an empty database is not enough to run them
    search_path: str = "public"

    def __str__(self) -> str:
        return self.name


def written(renames: Renames) -> list[str]:
    """Write renames as the stories do."""

    def name(ident: Ident) -> str:
        return ".".join(ident.path)

    things = [f"{was.kind} {name(was)} -> {name(now)}" for was, now in renames.things.items()]
    labels = [
        f"label {name(enum)}.{was} -> {now}" for enum, changed in renames.labels.items() for was, now in changed.items()
    ]
    return sorted(things + labels)


def project_of(folder: Path, revisions: str, template: str = "generic") -> Project:
    project = Project(folder, template)
    before = None
    for number, body in enumerate(dedent(revisions).split("\n--\n")):
        project.revision(f"r{number}", before, body)
        before = f"r{number}"
    return project


def recorded(project: Project, have: Catalog, search_path: str = "public", **options: str) -> Recorded:
    scripts = pending(scripts_of(project.config), ())
    return recorded_renames(project.config, scripts, have, TeamOptions(**options), search_path=search_path)


def verify(story: Read, folder: Path, new_database: Databases) -> None:
    """Read the story's revisions, and run them: both must find the same renames."""
    prod = new_database(story.have)
    if story.search_path != "public":
        with psycopg.connect(prod, autocommit=True) as conn:
            conn.execute(f'ALTER DATABASE "{conn.info.dbname}" SET search_path = {story.search_path}')
    have, project = catalog_of(prod), project_of(folder, story.revisions)
    expected = sorted(line.strip() for line in story.renames.strip().splitlines() if line.strip())
    assert written(recorded(project, have, story.search_path).renames) == expected
    if story.runs:
        with (
            open_prod(settle(prod, Side.PROD)) as connection,
            scratch_database(likeness(connection), test=settle(prod, Side.TEST)) as scratch,
        ):
            truth = rehearse(project.config, scratch, have, (), TeamOptions()).renames
        assert written(truth) == expected
