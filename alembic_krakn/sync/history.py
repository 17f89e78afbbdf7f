"""What a sync did in; a row of `krakn_history` in test out, which becomes visible together with prod's rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from psycopg import sql

from .. import __version__
from ..catalog.own import HISTORY
from ..connect import ReadOnlyConnection, WritableConnection
from ..names import Name, comma, names, text_of
from .values import Relation, shown

if TYPE_CHECKING:
    from .stream import Driver

COLUMNS = {
    "began": "timestamptz PRIMARY KEY",
    "took": "interval NOT NULL",
    "role": "text NOT NULL",
    "prod": "text NOT NULL",
    "test": "text NOT NULL",
    "prod_revision": "text[]",
    "test_revision": "text[]",
    "profile": "text NOT NULL",
    "key_fingerprint": "text",
    "tables": "integer NOT NULL",
    "rows": "bigint NOT NULL",
    "bytes": "bigint NOT NULL",
    "masked_columns": "integer NOT NULL",
    "mode": "text NOT NULL",
    "krakn_version": "text NOT NULL",
}
_COMMENT = "A row for every krakn sync into this database; rows may be deleted, and without any, krakn asks first"
FOUND = """
    SELECT n.nspname AS schema,
           pg_catalog.has_table_privilege(c.oid, 'INSERT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS takes,
           pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS tells,
           (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text) FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = %s AND c.relkind = 'r' AND c.relpersistence <> 't'
    ORDER BY 1
"""
_MAY_CREATE = """
    SELECT current_user AS role, pg_catalog.bool_or(pg_catalog.has_schema_privilege(n.oid, 'CREATE')) AS may
    FROM pg_catalog.pg_namespace AS n WHERE n.nspname = %s
"""
_VERSION_TABLE = """
    SELECT pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS tells
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p')
"""


@dataclass(frozen=True)
class History:
    """Where the row goes, and what of it is known before anything is loaded."""

    table: Relation
    exists: bool
    role: str
    prod: str  # host:port/database
    test: str  # the database
    prod_revision: tuple[str, ...] | None
    test_revision: tuple[str, ...] | None
    profile: str  # a hash
    unkept: str | None = None  # why there can be no row


@dataclass(frozen=True)
class Done:
    """What is known when all is loaded."""

    began: datetime
    took: float
    key_fingerprint: str | None
    tables: int
    rows: int
    bytes: int
    masked_columns: int
    mode: str


def synced_before(test: WritableConnection) -> bool:
    """Tell whether krakn has synced this very database; a copy of it under another name is another one."""
    held = sql.SQL("SELECT FROM {} WHERE test = pg_catalog.current_database() LIMIT 1")
    return any(
        row["tells"] and "test" in row["columns"] and test.fetch(held.format(Name(row["schema"], HISTORY)))
        for row in test.fetch(FOUND, (HISTORY,))
    )


def own_schema(version_tables: Iterable[Relation]) -> str:
    """Choose the schema for krakn's own tables: that of Alembic's, else public."""
    schemas = {schema for schema, _ in version_tables}
    return min(schemas) if schemas and "public" not in schemas else "public"


def history_of(
    prod: ReadOnlyConnection, test: WritableConnection, profile: str, version_tables: Iterable[Relation]
) -> History:
    """Learn both revisions, and where the history is or is to be."""
    schema = own_schema(version_tables)
    found = test.fetch(FOUND, (HISTORY,))
    mine = next((row for row in found if row["schema"] == schema), found[0] if found else None)
    table = (mine["schema"] if mine else schema, HISTORY)
    (role,) = test.fetch(_MAY_CREATE, (schema,))
    unkept = None
    if mine and not (mine["takes"] and COLUMNS.keys() <= set(mine["columns"])):
        unkept = "is another table, or the role may not insert into it"
    elif not mine and not role["may"]:
        unkept = f"is not there, and role {role['role']!r} has no CREATE on schema {schema!r}"
    return History(
        table=table,
        exists=mine is not None,
        role=role["role"],
        prod=prod.address.shown,
        test=test.identity.database,
        prod_revision=_revision(prod, version_tables),
        test_revision=_revision(test, version_tables),
        profile=profile,
        unkept=f"no history is kept, as {shown(table)} {unkept}; each sync will ask as if it were the first"
        if unkept
        else None,
    )


def _revision(
    connection: ReadOnlyConnection | WritableConnection, version_tables: Iterable[Relation]
) -> tuple[str, ...] | None:
    """Read Alembic's revisions, where there are any to read."""
    found: list[str] = []
    for relation in sorted(version_tables):
        if any(row["tells"] for row in connection.fetch(_VERSION_TABLE, relation)):
            query = sql.SQL("SELECT version_num::pg_catalog.text AS revision FROM {}").format(Name(*relation))
            found += [row["revision"] for row in connection.fetch(query)]
    return tuple(sorted(set(found))) or None


async def note(test: Driver, history: History, done: Done) -> None:
    """Write the row, and the table where it is missing."""
    if history.unkept:
        return
    table = Name(*history.table)
    if not history.exists:
        columns = comma(sql.SQL("{} {}").format(Name(n), sql.SQL(kind)) for n, kind in COLUMNS.items())
        await test.execute(text_of(sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(table, columns)))
        await test.execute(text_of(sql.SQL("COMMENT ON TABLE {} IS {}").format(table, sql.Literal(_COMMENT))))
    values = {
        "began": done.began,
        "took": timedelta(seconds=done.took),
        "role": history.role,
        "prod": history.prod,
        "test": history.test,
        "prod_revision": history.prod_revision,
        "test_revision": history.test_revision,
        "profile": history.profile,
        "key_fingerprint": done.key_fingerprint,
        "tables": done.tables,
        "rows": done.rows,
        "bytes": done.bytes,
        "masked_columns": done.masked_columns,
        "mode": done.mode,
        "krakn_version": __version__,
    }
    places = comma(sql.SQL(f"${number}") for number in range(1, len(values) + 1))
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(table, names(values), places)
    await test.execute(text_of(insert), *values.values())


__all__ = ["COLUMNS", "FOUND", "Done", "History", "history_of", "note", "own_schema", "synced_before"]
