"""Rows that people keep in tables of extensions in test in; the same ones in the new database out.

CREATE EXTENSION makes such a table anew, with the rows that the extension brings along. It says which rows are
people's (`pg_extension_config_dump`): spatial reference systems of their own, rules for partitions, jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from io import BytesIO
from typing import Any

from psycopg import sql

from ...connect import WritableConnection
from ...errors import SyncError
from ...names import Name, comma, text_of, verbatim
from ..load.crew import explained
from ..stream import Driver
from ..values import Relation, shown

_TABLES = """
    SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind = 'r' AS alone, kept.condition,
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                 ORDER BY a.attnum) AS columns,
           ARRAY(SELECT k.confrelid FROM pg_catalog.pg_constraint AS k
                 WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid) AS above,
           pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT pg_catalog.row_security_active(c.oid) AS readable
    FROM pg_catalog.pg_extension AS e
    CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition))
        AS kept (class, condition)
    JOIN pg_catalog.pg_class AS c ON c.oid = kept.class
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
    ORDER BY n.nspname, c.relname
"""

_MEMBERS = """
    SELECT e.extname AS extension, found.type || ' ' || found.identity AS member
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) AS found
    WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    ORDER BY 1, 2
"""


@dataclass(frozen=True)
class _Owned:
    """A table of an extension, and which of its rows are people's own."""

    relation: Relation
    alone: bool  # it is not partitioned; what inherits from it is not the extension's
    condition: str  # WHERE and what follows, or nothing, as the extension's script writes it
    columns: Sequence[str]

    @property
    def read(self) -> str:
        """Compose the query for the rows, as text that is the same for the same rows."""
        columns, only = comma(map(Name, self.columns)), verbatim("ONLY " if self.alone else "")
        query = sql.SQL("SELECT {} FROM {}{} {}").format(columns, only, self._name, verbatim(self.condition))
        return text_of(query)

    @property
    def clear(self) -> str:
        """Compose the statement that takes them away."""
        only = verbatim("ONLY " if self.alone else "")
        return text_of(sql.SQL("DELETE FROM {}{} {}").format(only, self._name, verbatim(self.condition)))

    @property
    def _name(self) -> Name:
        return Name(*self.relation)


def refuse_unreadable(old: WritableConnection) -> None:
    """Refuse to lose rows that the role does not see."""
    if hidden := [shown((row["schema"], row["name"])) for row in old.fetch(_TABLES) if not row["readable"]]:
        raise SyncError(
            f"test: the role may not read all rows of {', '.join(hidden)}, where extensions keep what is people's own,"
            " so that --swap would lose them; GRANT SELECT, or sync without --swap; nothing was changed"
        )


async def refuse_attached(old: Driver, new: Driver) -> None:
    """Refuse to lose tables that ALTER EXTENSION ... ADD gave to an extension: its script does not make them."""
    async with explained("comparing what belongs to extensions"):
        made = set(await new.fetch(_MEMBERS))
        lost = [row["member"] for row in await old.fetch(_MEMBERS) if row not in made]
    if lost:
        raise SyncError(
            f"test: its extensions have {', '.join(lost)}, which CREATE EXTENSION does not make, so that --swap would"
            " lose them; ALTER EXTENSION ... DROP them, or sync without --swap; test is as it was"
        )


async def move_own_rows(old: Driver, new: Driver) -> None:
    """Let the tables of extensions have the rows that people added to those of test; what is equal stays."""
    async with explained("moving rows of tables that belong to extensions"):
        found = []
        for table in _above_first(map(dict, await old.fetch(_TABLES))):
            want, have = await _rows(old, table), await _rows(new, table)
            if sorted(want.splitlines()) != sorted(have.splitlines()):
                found.append((table, want))
        async with new.transaction():
            for table, _ in reversed(found):
                await new.execute(table.clear)
            for table, rows in found:
                schema, name = table.relation
                await new.copy_to_table(name, schema_name=schema, columns=table.columns, source=BytesIO(rows))


def _above_first(rows: Iterable[Mapping[str, Any]]) -> list[_Owned]:
    """Give the tables in an order in which foreign keys hold."""
    known = {row["oid"]: row for row in rows if row["columns"]}
    order = TopologicalSorter({oid: [each for each in row["above"] if each in known] for oid, row in known.items()})
    return [
        _Owned((row["schema"], row["name"]), row["alone"], row["condition"] or "", row["columns"])
        for row in map(known.__getitem__, order.static_order())
    ]


async def _rows(connection: Driver, table: _Owned) -> bytes:
    found = BytesIO()
    await connection.copy_from_query(table.read, output=found)
    return found.getvalue()


__all__ = ["move_own_rows", "refuse_attached", "refuse_unreadable"]
