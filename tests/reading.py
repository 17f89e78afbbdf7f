"""Have the revisions of a project read for what they rename."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from teams import Project

from alembic_krakn.catalog import Catalog
from alembic_krakn.names import Ident
from alembic_krakn.renames import Renames
from alembic_krakn.revision.environment import TeamOptions
from alembic_krakn.revision.pending import pending
from alembic_krakn.revision.recorded import Recorded, recorded_renames
from alembic_krakn.revision.scripts import scripts_of

USERS = "create table users (id int primary key, nick text, old text);"


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
