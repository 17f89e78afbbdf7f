"""Listen to revisions as they run: the SQL that they send in; what stands under which name, and what is unread, out."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.util import greenlet_spawn

from ..catalog import Catalog
from ..errors import KraknError, RevisionError
from ..names import schemas_of
from .environment import TeamOptions
from .failures import explain
from .no_database import GREENLET, Answer, NoConnection, no_database
from .older import older_calls
from .present import ROUTINES
from .refusing import databases_refused
from .renaming_sql import read
from .standing import Standing

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script
    from sqlalchemy.engine import Engine

_RENAMING = re.compile("rename|new_column_name", re.IGNORECASE)


class Hearing:
    """One listening to revisions, one after the other."""

    def __init__(self, have: Catalog, search_path: str) -> None:
        self.standing = Standing(have, schemas_of(search_path))
        self.unread: list[tuple[str, str]] = []
        self.remarks: list[str] = []  # on the revision that runs
        self.asked: list[str] = []  # PostgreSQL's own tables that it asked
        self.routines = {ident.path[1] for ident in have.facts if ident.kind in ROUTINES}  # prod's and revisions' own
        self.whole = True  # nothing was run of which nothing is known

    def hear_all(self, config: Config, revisions: Sequence[Script], options: TeamOptions) -> None:
        """Listen to each of the revisions; nothing but this can be used as a database meanwhile."""
        engine = no_database(self.standing, self.hear)
        directory = ScriptDirectory.from_config(config)
        with databases_refused(but=NoConnection), older_calls():
            for script in revisions:
                with self.listening(script):
                    _run(EnvironmentContext(config, directory), script, engine, options)

    def hear(self, text: str) -> Answer:
        """Take in one text of SQL, and answer it."""
        reading = read(text)
        for effect in reading.effects:
            self.standing.apply(effect)
        self.remarks += reading.unread
        self.asked += reading.asked
        self.routines |= {each.thing.name for each in reading.effects if each.thing.kind == "routine"}
        self.whole = self.whole and not (reading.dark or reading.asked or self.routines.intersection(reading.called))
        return reading.columns, reading.rows

    @contextlib.contextmanager
    def listening(self, script: Script) -> Iterator[None]:
        """Listen to one revision; what it raises ends its reading and nothing else."""
        self.remarks, self.asked = [], []
        self.standing.next_revision()
        try:
            yield
        except KeyboardInterrupt:
            raise
        except KraknError as exc:
            self.remarks.append(str(exc))
        except BaseException as exc:  # SystemExit too: a revision is the team's code, and may end a process
            self.remarks.append(f"it raised {explain(exc)}")
        if self.asked and _RENAMING.search(Path(script.path).read_text(encoding="utf-8", errors="replace")):
            self.remarks.append(f"it asks {', '.join(sorted(set(self.asked)))}, which nothing answers here")
        self.unread += [(script.revision, each) for each in dict.fromkeys(self.remarks)]


def _run(environment: EnvironmentContext, script: Script, engine: Engine, options: TeamOptions) -> None:
    """Call one upgrade() as env.py would have it called; env.py itself does not run."""
    with engine.connect() as connection, environment:
        environment.configure(
            connection=connection,
            transaction_per_migration=True,
            target_metadata=options.target_metadata,
            version_table=options.version_table,
            version_table_schema=options.version_table_schema,
        )
        context = environment.get_context()
        with context.begin_transaction(_per_migration=True), Operations.context(context):
            _call(script.module.upgrade, options.arguments)


def _call(upgrade: Any, arguments: Mapping[str, Any]) -> None:
    """Call upgrade() with what env.py gives it."""
    if not GREENLET:
        upgrade(**arguments)
        return
    # Nothing here ever waits, so no event loop is needed to run what is asynchronous.
    running = greenlet_spawn(upgrade, **arguments)
    with contextlib.suppress(StopIteration), contextlib.closing(running):
        running.send(None)
        raise RevisionError("it waits for something that is not the database")
