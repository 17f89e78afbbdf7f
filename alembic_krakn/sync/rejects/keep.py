"""Rows that test does not take in; `krakn_rejects`, where a person finds them with the reason, out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql

from ...catalog import Catalog, Constraint
from ...catalog.own import REJECTS
from ...names import Ident, Name, comma, text_of
from ..history import own_schema
from ..stream import Driver
from ..values import Relation, shown
from .account import Offence

_COLUMNS = sql.SQL(
    '"table" text NOT NULL, key jsonb, "constraint" text NOT NULL, reason text NOT NULL, "row" jsonb NOT NULL'
)
_COMMENT = (
    "Rows of prod that broke a constraint of test in the last krakn sync, masked as test's rows are;"
    " every sync with --on-violation quarantine begins it anew."
)
_COUNTS = sql.SQL('SELECT "table", "constraint", reason, pg_catalog.count(*) AS rows FROM {} GROUP BY 1, 2, 3')
_THERE = "SELECT pg_catalog.to_regclass($1) IS NOT NULL"


@dataclass(frozen=True)
class Keep:
    """Where rejected rows go: a table beside Alembic's own."""

    table: Relation
    catalog: Catalog  # of test
    wanted: bool  # otherwise a load with any such row fails, and they need not be written

    async def begin(self, test: Driver, finished: Iterable[Relation]) -> Counter[Offence]:
        """Make an empty table of what the last sync may have left, or a new one where it is wanted.

        What an earlier run rejected of tables that it finished stays, and is counted.
        """
        name = Name(*self.table)
        if await test.fetchval(_THERE, text_of(name)):
            tables = {shown(relation): relation for relation in finished}
            await test.execute(text_of(sql.SQL('DELETE FROM {} WHERE "table" <> ALL ($1)').format(name)), list(tables))
            left = await test.fetch(text_of(_COUNTS.format(name)))
            return Counter({Offence(tables[row[0]], row[1], row[2]): row["rows"] for row in left})
        if self.wanted:
            await test.execute(text_of(sql.SQL("CREATE TABLE {} ({})").format(name, _COLUMNS)))
            # Or the next sync could not empty it where a publication is FOR ALL TABLES.
            await test.execute(text_of(sql.SQL("ALTER TABLE {} REPLICA IDENTITY FULL").format(name)))
            await test.execute(text_of(sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(_COMMENT))))
        return Counter()

    async def take(self, test: Driver, offence: Offence, rows: sql.Composable) -> int:
        """Write the rows that a WITH item `rows` gives in its jsonb column `krakn_row`, and count them."""
        if not self.wanted:
            count = sql.SQL("WITH krakn_gone AS ({}) SELECT pg_catalog.count(*) FROM krakn_gone").format(rows)
            return int(await test.fetchval(text_of(count)))
        insert = sql.SQL(
            'WITH krakn_gone AS ({}) INSERT INTO {} ("table", key, "constraint", reason, "row")'
            " SELECT {}, {}, {}, {}, krakn_row FROM krakn_gone"
        ).format(
            rows,
            Name(*self.table),
            sql.Literal(shown(offence.table)),
            self._key(offence.table),
            sql.Literal(offence.constraint),
            sql.Literal(offence.reason),
        )
        return int((await test.execute(text_of(insert))).split()[-1])

    def _key(self, relation: Relation) -> sql.Composable:
        """Compose what of a row's jsonb tells it apart."""
        columns = key_columns(self.catalog, relation)
        if not columns:
            return sql.SQL("NULL::jsonb")
        pairs = (sql.SQL("{}::text, krakn_row -> {}").format(*[sql.Literal(column)] * 2) for column in columns)
        return sql.SQL("pg_catalog.jsonb_build_object({})").format(comma(pairs))


def key_columns(catalog: Catalog, relation: Relation) -> Sequence[str]:
    """Name the columns of a table's primary key, or else of the first unique key."""
    keys = sorted(
        (fact for fact in catalog.parts(Ident("table", relation), Constraint) if fact.type in ("p", "u")),
        key=lambda fact: (fact.type, fact.name),
    )
    return keys[0].columns if keys else ()


def rejects_table(version_tables: frozenset[Relation]) -> Relation:
    """Name the table of rejected rows."""
    return own_schema(version_tables), REJECTS


__all__ = ["Keep", "key_columns", "rejects_table"]
