"""Run the team's env.py, unedited, on a connection of ours: krakn's work goes in, the team's options come out.

An env.py opens a database of its own (named in alembic.ini, in the environment, in the app's settings) and hands the
connection to `context.configure()`. Here, every connection that SQLAlchemy opens to a PostgreSQL while env.py runs is
led to the database we name, read-only unless that is a scratch database, and `configure()` takes our
connection in place of env.py's. So nothing is written, nor read, anywhere else.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from ..connect import Address, Side
from ..errors import KraknError, RevisionError
from .apart import led_to, own_logging, with_arguments
from .failures import explain, where

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect

# Called when env.py says run_migrations(): gets the database's revisions and the context, and
# gives the revision steps to run (none, unless it upgrades).
Work = Callable[[tuple[str, ...], "MigrationContext"], Iterable[Any]]
RenderItem = Callable[[str, Any, Any], Any]

# What the offline branch of an env.py says about its SQL output.
_OFFLINE_ONLY = {"literal_binds", "dialect_opts", "dialect_name", "output_buffer", "output_encoding", "starting_rev"}


class EnvironmentFailed(RevisionError):
    """env.py, or a revision that it ran, raised; `cause` is the class and message of what."""

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


@dataclass(frozen=True)
class TeamOptions:
    """What the team's env.py says in `context.configure()`, as far as krakn follows it."""

    version_table: str = "alembic_version"
    version_table_schema: str | None = None
    include_schemas: bool = False
    include_object: Callable[..., bool] | None = None
    include_name: Callable[..., bool] | None = None
    target_metadata: Any = None
    engine_name: str | None = None  # where env.py has several databases: the first, which krakn works for
    arguments: Mapping[str, Any] = field(default_factory=dict, compare=False)  # what run_migrations() gives upgrade()


@dataclass(frozen=True)
class Ground:
    """The database that env.py runs on: an open connection, and the address that leads to the same place."""

    connection: Connection
    address: Address

    @property
    def scratch(self) -> bool:
        """Say whether revisions may run here."""
        return self.address.side is Side.SCRATCH

    def dial(self, dialect: Dialect) -> DBAPIConnection:
        """Open one more connection with the team's driver; on anything but a scratch database it is read-only."""
        if dialect.driver == "asyncpg":
            arguments = self.address.asyncpg_arguments()
            if not self.scratch:
                arguments["server_settings"]["default_transaction_read_only"] = "on"
            return dialect.connect(**arguments)
        # An empty URL gives what the dialect itself hands to its driver, such as psycopg's adapters.
        _, own = dialect.create_connect_args(URL.create("postgresql"))
        options = [
            self.address.parameters.get("options"),
            None if self.scratch else "-c default_transaction_read_only=on",
        ]
        conninfo = make_conninfo(self.address.conninfo(), options=" ".join(filter(None, options)))
        return dialect.connect(conninfo, **own)


@dataclass(frozen=True)
class Task:
    """What krakn does in env.py; `idle` is done for each database that krakn does not work for."""

    work: Work | None = None  # None: only the options are wanted
    idle: Work = lambda _revisions, _context: ()
    render_item: Callable[[RenderItem | None], RenderItem] | None = None  # wraps the team's own hook
    template_args: dict[str, Any] = field(default_factory=dict)


def run_environment(config: Config, task: Task, ground: Ground) -> TeamOptions:
    """Run env.py once on `ground`, do the task when it says run_migrations(), and give the team's options.

    An env.py for several databases (the multidb template) or schemas (of tenants) configures and runs migrations once
    for each; krakn works for the first.
    """
    run = _Run(config, task, ground)
    with (
        own_logging() as restore,
        contextlib.redirect_stdout(sys.stderr),
        led_to(ground),
        with_arguments(config, ground),
    ):
        try:
            run.attempt(restore, offline=False)
        except EnvironmentFailed:
            # An env.py whose engine cannot even be made (no driver, no URL) has an offline branch that needs none. The
            # one of the multidb template would write files and does not say which database it is at.
            if run.said or config.get_main_option("databases"):
                raise
            try:
                run.attempt(restore, offline=True)
            except EnvironmentFailed:
                if run.said:  # it came further than the first, and failed there
                    raise
            if not run.said:
                raise
    return run.options()


def read_options(config: Config, ground: Ground) -> TeamOptions:
    """Run env.py for nothing but its options."""
    return run_environment(config, Task(), ground)


class _Run:
    """One use of env.py: what it is given and what it says."""

    def __init__(self, config: Config, task: Task, ground: Ground) -> None:
        self.config = config
        self.script = ScriptDirectory.from_config(config)
        self.task = task
        self.ground = ground
        self.said: list[Mapping[str, Any]] = []  # the keywords of each configure(), in order
        self.ours: Mapping[str, Any] | None = None  # those of the first for which run_migrations() was called
        self.arguments: Mapping[str, Any] = {}  # those of that run_migrations()

    def attempt(self, restore_logging: Callable[[], None], *, offline: bool) -> None:
        """Run env.py; `offline` makes it take the branch that needs no database of its own."""
        self.said.clear()
        self.ours = None
        environment = EnvironmentContext(
            self.config, self.script, fn=self._work, as_sql=offline, template_args=self.task.template_args
        )
        configure, run_migrations = environment.configure, environment.run_migrations

        def configuring(connection: Any = None, url: Any = None, **said: Any) -> None:  # noqa: ARG001
            restore_logging()
            self.said.append(said)
            options = {name: value for name, value in said.items() if name not in _OFFLINE_ONLY}
            if self.task.render_item:
                options["render_item"] = self.task.render_item(said.get("render_item"))
            # Without dont_mutate, run_migrations() would create the version table on prod.
            environment.context_opts.update(as_sql=False, dont_mutate=not (self.ground.scratch and self.ours is None))
            # A value that one revision adds to an enum can be used by the next only after a commit.
            configure(connection=self.ground.connection, **{**options, "transaction_per_migration": True})

        def running(**arguments: Any) -> None:
            if self.said and self.ours is None:
                self.ours, self.arguments = self.said[-1], arguments
            run_migrations(**arguments)

        # On the instance: a subclass does not do, as alembic's module proxies are keyed by the exact class.
        environment.configure = configuring  # type: ignore[assignment]
        environment.run_migrations = running  # type: ignore[method-assign]
        with environment:
            try:
                self.script.run_env()
            except (KraknError, KeyboardInterrupt):
                raise
            except BaseException as exc:  # SystemExit too: env.py is the team's code, and may end a process
                cause = explain(exc)
                raise EnvironmentFailed(f"{where(exc, self.script)} failed with {cause}", cause) from None
        missing = "run_migrations" if self.said else "configure"
        if not self.said or (self.task.work and self.ours is None):
            cause = f"it ended without calling context.{missing}()"
            message = f"{self.script.env_py_location}: {cause}, which krakn needs; let it call that for every command"
            raise EnvironmentFailed(message, cause)

    def _work(self, revisions: tuple[str, ...], context: MigrationContext) -> Iterable[Any]:
        assert self.ours is not None
        if self.said[-1] is self.ours:
            return self.task.work(revisions, context) if self.task.work else ()
        # Another schema of the same database has no part of its own in a revision's file.
        other = _engine_of(self.said[-1]) != _engine_of(self.ours)
        return self.task.idle(revisions, context) if other else ()

    def options(self) -> TeamOptions:
        """Give what env.py said for the database that krakn works for."""
        ours = self.ours or self.said[0]
        names = {each.name for each in fields(TeamOptions)} - {"engine_name", "arguments"}
        said = {name: value for name, value in ours.items() if name in names and value is not None}
        return TeamOptions(**said, engine_name=_engine_of(ours), arguments=self.arguments)


def _engine_of(said: Mapping[str, Any]) -> str | None:
    """Give the name of the database, from the token that names its part of a revision file."""
    name, _, rest = str(said.get("upgrade_token") or "").rpartition("_upgrades")
    return name if name and not rest else None
