"""Where a database stands among the project's revisions, and which of them are still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from alembic.util import CommandError
from psycopg import sql

from ..connect import ReadOnlyConnection, WritableConnection
from ..errors import RevisionError
from ..names import Name, text_of
from .environment import TeamOptions
from .scripts import folders_of

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep
    from alembic.script import Script, ScriptDirectory

HEADS = ("heads",)


@dataclass(frozen=True)
class PendingRevision:
    """A revision of the project that prod does not have yet."""

    revision: str
    message: str  # the first line of what its file says of it

    def __str__(self) -> str:
        return f'{self.revision} "{self.message}"' if self.message else self.revision

    @classmethod
    def of(cls, script: Script) -> PendingRevision:
        """Give the revision in a file."""
        return cls(script.revision, next(iter((script.doc or "").strip().splitlines()), ""))


_VERSION_TABLE = """
    SELECT n.nspname AS schema, n.nspname = ANY (pg_catalog.current_schemas(false) || 'public'::name) AS on_path
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = %(table)s AND c.relkind IN ('r', 'p') AND n.nspname = coalesce(%(schema)s::text, n.nspname)
      AND (SELECT pg_catalog.array_agg(a.attname::text) FROM pg_catalog.pg_attribute AS a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) = '{version_num}'
    ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname)
"""


def revisions_at(database: ReadOnlyConnection | WritableConnection, options: TeamOptions) -> tuple[str, ...]:
    """Give the revisions that a database's version table names, by name; none where it has no such table."""
    found = database.fetch(_VERSION_TABLE, {"table": options.version_table, "schema": options.version_table_schema})
    near = [row for row in found if row["on_path"] or options.version_table_schema]
    if not near and len(found) != 1:  # env.py may have set another search path, but not several
        return ()
    table = Name((near or found)[0]["schema"], options.version_table)
    try:
        rows = database.fetch(sql.SQL("SELECT version_num FROM {} ORDER BY 1").format(table))
    except psycopg.errors.InsufficientPrivilege:
        side = database.side.value
        raise RevisionError(
            f"{side}'s role may not read {text_of(table)}, which says at which revision {side} is; grant SELECT on it"
        ) from None
    return tuple(row["version_num"] for row in rows)


def pending(script: ScriptDirectory, revisions: Sequence[str], upto: Sequence[str] = HEADS) -> list[Script]:
    """Give the revisions that lead a prod at `revisions` to those of `upto`, in the order in which they would run."""
    return [step.revision for step in upgrades(script, revisions, upto)]


def upgrades(script: ScriptDirectory, revisions: Sequence[str], upto: Sequence[str] = HEADS) -> list[RevisionStep]:
    """Give the steps that run those revisions."""
    for revision in revisions:
        try:
            script.get_revision(revision)
        except CommandError:
            raise RevisionError(
                f"prod is at revision {revision!r}, which is none of those in {folders_of(script)};"
                " check out the code that prod runs, or pull, so that the revision is there"
            ) from None
    try:
        return script._upgrade_revs(tuple(upto), tuple(revisions))  # type: ignore[arg-type]
    except CommandError as exc:
        raise RevisionError(f"the revisions in {folders_of(script)} cannot be put in order: {exc}") from None
    except AttributeError as exc:
        raise RevisionError(f"a revision in {folders_of(script)} cannot be run: {exc}") from None


def reached(script: ScriptDirectory, revisions: Sequence[str]) -> tuple[str, ...]:
    """Give the revisions that a test at `revisions` has reached; the heads, where that is not known."""
    try:
        known = [script.get_revision(revision) for revision in revisions]
    except CommandError:
        return HEADS
    return tuple(revisions) if all(known) and known else HEADS


def stamp(scratch: WritableConnection, revisions: Sequence[str], options: TeamOptions) -> None:
    """Write prod's revisions into the version table, so that env.py goes on from there."""
    if not revisions:
        return
    found = scratch.fetch(_VERSION_TABLE, {"table": options.version_table, "schema": options.version_table_schema})
    schema = found[0]["schema"] if found else options.version_table_schema
    table = Name(*([schema] if schema else []), options.version_table)
    with scratch.transaction():
        if not found and schema:
            scratch.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Name(schema)))
        if not found:
            scratch.execute(sql.SQL("CREATE TABLE {} (version_num text PRIMARY KEY)").format(table))
        for revision in revisions:
            scratch.execute(sql.SQL("INSERT INTO {} (version_num) VALUES ({})").format(table, sql.Literal(revision)))
