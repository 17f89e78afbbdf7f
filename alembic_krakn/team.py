"""Ask the Alembic project, for the front room: where prod stands, what pending revisions do, where a new one goes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .addresses import address_of
from .catalog import Catalog
from .connect import Address, ReadOnlyConnection, Side, WritableConnection, engine, likeness
from .diff import Plan, Stage
from .diff.leaving import Left
from .errors import ConnectError, PlanError, RevisionError
from .names import some_of
from .progress import Progress
from .renames import Made, Renames
from .revision.environment import Ground, TeamOptions, read_options
from .revision.explained import explained_by
from .revision.filters import as_the_team_filters
from .revision.held import build_like, tells_alike, told_as
from .revision.home import public_is_home
from .revision.learned import Learned
from .revision.online import Timeouts, stages_script, write_stages
from .revision.pending import HEADS, PendingRevision, pending, reached, revisions_at
from .revision.proof import Claim, Proof, prove_files, prove_sql, whole
from .revision.recorded import Recorded, recorded_renames
from .revision.rehearsal import Rehearsal, rehearse
from .revision.scratch import scratch_database
from .revision.scripts import scripts_of
from .revision.target import Models, build_head, build_models
from .revision.types import saying_public
from .revision.write import Placement, sql_script, write_revision
from .version_tables import schema_and_name

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

    from .config import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Team:
    """One project and the databases that belong to it."""

    config: Config
    options: TeamOptions
    prod: ReadOnlyConnection
    test: WritableConnection | None  # whose server has scratch databases
    settings: Settings
    at: tuple[str, ...]  # the revisions that prod is at
    test_at: tuple[str, ...] = ()  # those that test is at, where that can be known

    @classmethod
    def meet(
        cls,
        config: Config,
        prod: ReadOnlyConnection,
        test: WritableConnection | None,
        settings: Settings,
        *,
        compares_test: bool,
    ) -> Team:
        """Run the team's env.py for its options, and read which revisions prod and, if it is compared, test are at."""
        with engine(prod.address).connect() as connection:
            options = read_options(config, Ground(connection, prod.address))
        if settings.origin("version_table") != "the default":
            schema, table = schema_and_name(settings.version_table)
            options = replace(options, version_table=table, version_table_schema=schema)
        team = cls(config, options, prod, test, settings, revisions_at(prod, options))
        if not (test and compares_test):
            return team
        try:
            return replace(team, test_at=revisions_at(test, options))
        except RevisionError as exc:
            logger.warning("test is taken to be at the project's head: %s", exc)
            return team

    @cached_property
    def scripts(self) -> ScriptDirectory:
        """Give the project's revisions."""
        return scripts_of(self.config)

    @property
    def version_table(self) -> tuple[str | None, str]:
        """Name the table that holds the revision, with its schema where env.py gives one."""
        return self.options.version_table_schema, self.options.version_table

    def filtered(self, have: Catalog, want: Catalog) -> Left:
        """Leave out of both sides what env.py leaves out of autogenerate."""
        return as_the_team_filters(have, want, self.options)

    def waiting(self) -> tuple[PendingRevision, ...]:
        """List the revisions that prod does not have, in the order in which they will run."""
        return tuple(map(PendingRevision.of, pending(self.scripts, self.at)))

    def has_revisions(self) -> bool:
        """Say whether the project has any revision at all."""
        return bool(self.scripts.get_heads())

    def learn(self, have: Catalog, progress: Progress) -> Learned:
        """Learn what the revisions between prod's and test's do: run them, or else read what they rename."""
        upto, revisions = self._between()
        later = [each.revision for each in pending(self.scripts, self.at) if each not in revisions]
        if later:
            logger.warning(
                "test is at %s and has not run %s, so what these do is not expected in it",
                ", ".join(upto),
                some_of(later),
            )
        if not revisions:
            return Learned(Renames())
        try:
            rehearsal = self.rehearse(have, progress, upto=upto)
        except (ConnectError, PlanError, RevisionError) as exc:
            logger.warning(
                "the pending revisions were only read, so which of them explains a difference is not known: %s", exc
            )
        else:
            return Learned(rehearsal.renames, Made(rehearsal.made, known=True), rehearsal)
        progress.step("reading what the pending revisions rename")
        recorded = self._read(have, revisions)
        for revision, why in recorded.unread:
            logger.warning("a rename may be missing: pending revision %s was not read whole, as %s", revision, why)
        return Learned.read(recorded)

    def hear(self, have: Catalog) -> Learned:
        """Read what the revisions between prod's and test's do, and say nothing of what cannot be read.

        Sides that look alike need no more, though names may be exchanged, or columns made like those before them.
        """
        try:
            recorded = self._read(have, self._between()[1])
        except RevisionError as exc:
            logger.info("the pending revisions were not read: %s", exc)
            return Learned(Renames(), known=False)
        return Learned.read(recorded)

    def _between(self) -> tuple[Sequence[str], Sequence[Script]]:
        """Give the revisions that test is at, and those between prod's and these."""
        upto = reached(self.scripts, self.test_at)
        return upto, pending(self.scripts, self.at, upto)

    def _read(self, have: Catalog, revisions: Sequence[Script]) -> Recorded:
        path = likeness(self.prod).search_path
        return recorded_renames(self.config, revisions, have, self.options, search_path=path)

    def rehearse(self, have: Catalog, progress: Progress, *, upto: Sequence[str] = HEADS) -> Rehearsal:
        """Run the pending revisions on an empty copy of prod's schema."""
        with self.scratch() as scratch:
            return rehearse(self.config, scratch, have, self.at, self.options, upto=upto, progress=progress)

    def scratch(self) -> AbstractContextManager[Address]:
        """Give an empty database in prod's likeness, for as long as it is needed."""
        setting = address_of(self.settings, Side.SCRATCH) if self.settings.scratch_url else None
        return scratch_database(likeness(self.prod), setting=setting, test=self.test.address if self.test else None)

    def head(self, have: Catalog) -> Catalog:
        """Give what all revisions of the project build from nothing, as prod's server would tell it."""
        with self.scratch() as scratch:
            found = build_head(self.config, scratch, self.options)
        if tells_alike(have, found):
            return found
        with self.scratch() as scratch:
            return told_as(have, build_like(scratch, have, self.options), found)

    def models(self, base: Catalog) -> Models:
        """Give what the models build beside what `base` has besides tables, as prod's server would tell it."""
        with self.scratch() as scratch:
            found = build_models(scratch, base, self.options)
        if tells_alike(base, found.catalog):
            return found
        with self.scratch() as scratch:
            built = build_like(scratch, base, self.options)
        return replace(found, catalog=told_as(base, built, found.catalog), before=told_as(base, built, found.before))

    def prove(self, files: Sequence[Path], claim: Claim, have: Catalog) -> Proof:
        """Run the pending revisions and the new files on a copy of prod's schema, and the new ones back."""
        return prove_files(self.config, files, claim, have, self.at, self.options, self.scratch)

    def prove_sql(self, script: str, claim: Claim) -> Proof:
        """Run a script on a copy of the schema that it starts from."""
        return prove_sql(script, claim, self.options, self.scratch)

    def write(
        self, up: Plan, down: Plan, have: Catalog, want: Catalog, message: str | None, at: Placement
    ) -> tuple[Path, ...]:
        """Write the revision file."""
        with self._ground() as ground:
            return tuple(
                write_revision(self.config, up, down, have=have, want=want, ground=ground, message=message, at=at)
            )

    def write_stages(
        self, stages: Sequence[Stage], timeouts: Timeouts, message: str | None, at: Placement
    ) -> tuple[Path, ...]:
        """Write a revision file for each stage, the first at its place and each other on the one before."""
        if self.options.engine_name:
            logger.warning(
                "env.py has several databases; if it begins their transactions itself, as Alembic's own template does,"
                " Alembic cannot commit within them, and these revisions do not run"
            )
        with self._ground() as ground:
            return tuple(write_stages(self.config, stages, timeouts, ground=ground, message=message, at=at))

    @contextmanager
    def _ground(self) -> Iterator[Ground]:
        """Give what env.py runs on, which is prod, to read; operations name public where names may lead elsewhere."""
        says = not public_is_home(self.prod, self.config)
        with saying_public(says), engine(self.prod.address).connect() as connection:
            yield Ground(connection, self.prod.address)

    def beside_the_pending(self, asked: Placement) -> Placement:
        """Place a revision on prod's own, as a branch beside the pending ones, where nobody asked for another place."""
        if asked.head:
            return asked
        if len(self.at) > 1:
            raise RevisionError(
                f"prod is at {len(self.at)} revisions ({', '.join(self.at)}); name with --head which of them the new"
                " revision stands on"
            )
        return replace(asked, head=self.at[0] if self.at else "base", splice=True)


__all__ = [
    "Claim",
    "Learned",
    "Models",
    "PendingRevision",
    "Placement",
    "Proof",
    "Rehearsal",
    "Team",
    "Timeouts",
    "explained_by",
    "sql_script",
    "stages_script",
    "whole",
]
