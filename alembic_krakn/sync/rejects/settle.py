"""Keys that rows stand against in; those rows moved, with all that refers to them, until every key holds, out.

Of the rows with one key the first stays, in the order of the primary key. A row whose foreign key leads nowhere goes
too; where the key may be NULL, it is set to NULL instead, and the row stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import partial

import asyncpg
from psycopg import sql

from ...catalog import Catalog, Column, Constraint, Fact, Index, Table
from ...checks.places import excluded, orphaned, surplus
from ...checks.rows import Rows
from ...names import Name, comma, split, text_of
from ..attempt import attempt
from ..roots import roots_of
from ..stream import Driver
from ..types import bare
from ..values import Relation, one_line, shown
from .account import Account, Offence
from .keep import Keep, key_columns

_STUCK = "krakn_stuck"


class Settling:
    """How rows are moved that stand against keys; only rows of `movable` tables are, which came from prod."""

    def __init__(self, keep: Keep, account: Account, moved: Counter[Relation], movable: frozenset[Relation]) -> None:
        self.keep, self.account, self.moved, self.catalog = keep, account, moved, keep.catalog
        self.rows = Rows(self.catalog, self.catalog, self.catalog)
        self._roots = roots_of(self.catalog)
        self._movable = movable

    def may_move(self, fact: Fact | None) -> bool:
        """Tell whether the rows that a key stands on are prod's."""
        return isinstance(fact, Index | Constraint) and self._root(fact) in self._movable

    async def count(self, test: Driver, fact: Index | Constraint) -> None:
        """Count the rows that `unique` would move, while those that other keys move are still there."""
        places, offence = self._crowded(fact)
        count = sql.SQL("SELECT pg_catalog.count(*) FROM ({}) AS krakn_rows").format(places)
        self.account.besides[offence] += int(await test.fetchval(text_of(count)))

    async def unique(self, test: Driver, fact: Index | Constraint) -> None:
        """Move the rows that a unique key or an exclusion constraint does not let stand beside others."""
        places, offence = self._crowded(fact)
        gone = await self._move(test, fact, places, offence)
        self.account.rejected[offence] += gone
        self.account.besides[offence] = max(0, self.account.besides[offence] - gone)

    def _crowded(self, fact: Index | Constraint) -> tuple[sql.Composed, Offence]:
        """Compose what finds those rows, and say what they break."""
        assert fact.parent is not None
        key = list(key_columns(self.catalog, (fact.parent.path[0], fact.parent.path[1])))
        if isinstance(fact, Constraint) and (fact.type == "x" or fact.period):
            why = "another row excludes it, or its range is empty" if fact.period else "another row excludes it"
            places, reason = excluded(fact, self.rows, key), f"{why}, {one_line(fact.definition)}"
        else:
            columns = fact.columns if isinstance(fact, Constraint) else [each.expression for each in fact.keys]
            same = ", ".join(columns)
            where = f" WHERE {fact.predicate}" if isinstance(fact, Index) and fact.predicate else ""
            places, reason = surplus(fact, self.rows, key), f"another row has the same ({same}){where}"
        return places, Offence(self._root(fact), fact.name, reason)

    async def foreign(self, test: Driver, keys: Iterable[Constraint]) -> None:
        """Move or cut off the rows whose foreign keys lead nowhere, in rounds, as rows that go leave others behind."""
        keys = list(keys)
        while sum([await self._cut_off(test, key) for key in keys]):
            pass

    def reached(self, keys: Iterable[Constraint], broken: Iterable[Constraint]) -> set[Relation]:
        """Give the tables that may lose rows, or values that others refer to, when these keys are settled."""
        keys = list(keys)
        found, queue = set(), [self._root(key) for key in broken]
        while queue:
            table = queue.pop()
            if table not in found:
                found.add(table)
                queue += [self._root(key) for key in keys if self.refers_to(key, table)]
        return found

    def refers_to(self, key: Constraint, table: Relation) -> bool:
        """Tell whether a foreign key leads to a table, or to a part of it."""
        return key.references is not None and self._roots.get(key.references, key.references) == table

    def _orphaned(self, key: Constraint) -> tuple[sql.Composed, Offence]:
        """Compose what finds the rows whose foreign key leads nowhere, and say what they break."""
        assert key.references is not None
        parent, columns = shown(key.references), ", ".join(key.columns)
        reason = f"the row of {parent} that ({columns}) refers to is not there, or is rejected"
        root = self._roots.get(key.references, key.references)
        return orphaned(key, self.rows), Offence(self._root(key), key.name, reason, root)

    async def _cut_off(self, test: Driver, key: Constraint) -> int:
        """Do away with the references of one key that lead nowhere, and count them."""
        places, offence = self._orphaned(key)
        cleared = cleared_columns(self.catalog, key)
        if not cleared:
            return await self._reject(test, key, places, offence)
        update = self._nulls(key, cleared, places)
        stuck = 0
        try:
            async with attempt(test):
                nulled = int((await test.execute(text_of(update))).split()[-1])
        except asyncpg.IntegrityConstraintViolationError:
            nulled, stuck = await self._one_by_one(test, key, cleared, places, offence)
        if nulled:
            self.account.nulled[offence] += nulled
        return nulled + stuck

    async def _one_by_one(
        self, test: Driver, key: Constraint, cleared: list[str], places: sql.Composable, offence: Offence
    ) -> tuple[int, int]:
        """Set keys to NULL row by row, and reject the rows that must not be without."""
        one = sql.SQL("SELECT krakn_one.krakn_table AS krakn_table, krakn_one.krakn_place AS krakn_place")
        await test.execute("CREATE TEMPORARY TABLE krakn_stuck (krakn_table oid, krakn_place tid, krakn_free bool)")
        body = sql.SQL(_TRIES).format(
            stuck=Name("pg_temp", _STUCK), places=places, update=self._nulls(key, cleared, one)
        )
        await test.execute(text_of(sql.SQL("DO {}").format(sql.Literal(text_of(body)))))
        nulled = int(await test.fetchval("SELECT pg_catalog.count(*) FROM pg_temp.krakn_stuck WHERE krakn_free"))
        rest = sql.SQL("SELECT krakn_table, krakn_place FROM pg_temp.{} WHERE NOT krakn_free").format(Name(_STUCK))
        stuck = await self._reject(test, key, rest, offence)
        await test.execute("DROP TABLE pg_temp.krakn_stuck")
        return nulled, stuck

    def _nulls(self, key: Constraint, cleared: list[str], places: sql.Composable) -> sql.Composed:
        return sql.SQL("UPDATE {} SET {} FROM ({}) AS krakn_gone WHERE {}").format(
            self._table(key),
            comma(sql.SQL("{} = NULL").format(Name(column)) for column in cleared),
            places,
            _THERE,
        )

    async def _reject(self, test: Driver, key: Constraint, places: sql.Composable, offence: Offence) -> int:
        gone = await self._move(test, key, places, offence)
        if gone:
            self.account.rejected[offence] += gone
        return gone

    async def _count_besides(self, test: Driver, fact: Index | Constraint, places: sql.Composable) -> None:
        """Count the rows at these places that foreign keys would not let stay either."""
        for key in self.catalog.parts(fact.parent, Constraint):
            if key.references and key.enforced and key.name != fact.name and self.may_move(key):
                orphans, offence = self._orphaned(key)
                both = sql.SQL(
                    "SELECT pg_catalog.count(*) FROM ({}) AS krakn_one JOIN ({}) AS krakn_other"
                    " USING (krakn_table, krakn_place)"
                ).format(places, orphans)
                self.account.besides[offence] += int(await test.fetchval(text_of(both)))

    async def _move(self, test: Driver, fact: Index | Constraint, places: sql.Composable, offence: Offence) -> int:
        if not self.keep.wanted:
            await self._count_besides(test, fact, places)
        rows = sql.SQL("DELETE FROM {} USING ({}) AS krakn_gone WHERE {} RETURNING {} AS krakn_row")
        deleted = partial(rows.format, self._table(fact), places, _THERE)
        try:
            async with attempt(test):
                gone = await self.keep.take(test, offence, deleted(sql.SQL("pg_catalog.to_jsonb(krakn_old)")))
        except asyncpg.DataError:
            gone = await self.keep.take(test, offence, deleted(self._spelt(fact)))
        self.moved[offence.table] += gone
        return gone

    def _spelt(self, fact: Index | Constraint) -> sql.Composable:
        """Compose a row as jsonb, with text for what jsonb may not take: json (`"\\u0000"`), and what may hold that."""
        row: sql.Composable = sql.SQL("'{}'::pg_catalog.jsonb")
        for column in self.catalog.columns(fact.schema, fact.table):
            plain = column.builtin and column.type_kind != "d" and bare(column.type).removesuffix("[]") != "json"
            value = sql.SQL("krakn_old.{}" if plain else "krakn_old.{}::pg_catalog.text").format(Name(column.name))
            # One at a time, as a function takes no more than 100 arguments.
            row += sql.SQL(" || pg_catalog.jsonb_build_object({}::pg_catalog.text, {})").format(
                sql.Literal(column.name), value
            )
        return row

    def _table(self, fact: Index | Constraint) -> sql.Composed:
        assert fact.parent is not None
        only = sql.SQL("" if self.rows.whole(fact.parent) else "ONLY ")
        return sql.SQL("{}{} AS krakn_old").format(only, Name(*fact.parent.path))

    def _root(self, fact: Index | Constraint) -> Relation:
        return self._roots.get((fact.schema, fact.table), (fact.schema, fact.table))


_THERE = sql.SQL("krakn_old.tableoid = krakn_gone.krakn_table AND krakn_old.ctid = krakn_gone.krakn_place")
_TRIES = """
#variable_conflict use_column
DECLARE krakn_one record;
BEGIN
  FOR krakn_one IN {places} LOOP
    BEGIN
      {update};
      INSERT INTO {stuck} VALUES (krakn_one.krakn_table, krakn_one.krakn_place, true);
    EXCEPTION WHEN integrity_constraint_violation THEN
      INSERT INTO {stuck} VALUES (krakn_one.krakn_table, krakn_one.krakn_place, false);
    END;
  END LOOP;
END
"""


def cleared_columns(catalog: Catalog, key: Constraint) -> list[str]:
    """Name the columns that are set to NULL where a foreign key leads nowhere; none where the row has to go.

    These are what the key's own ON DELETE SET NULL names, or those that no other foreign key needs, or all that may
    be NULL. With MATCH FULL it is all or nothing.
    """
    free = [column for column in key.columns if _may_be_null(catalog, key, column)]
    named = re.search(r"ON DELETE SET NULL \((.*)\)", key.definition)
    if key.match == "f" or named:
        columns = list(key.columns) if key.match == "f" else _listed(key, named[1] if named else "")
        return columns if set(columns) <= set(free) else []
    others = {
        column
        for other in catalog.parts(key.parent, Constraint)
        if other.references and other.name != key.name
        for column in other.columns
    }
    return [column for column in free if column not in others] or free


def _listed(key: Constraint, text: str) -> list[str]:
    named = split(text, ",")
    return [column for column in key.columns if text_of(Name(column)) in named]


def _may_be_null(catalog: Catalog, key: Constraint, name: str) -> bool:
    column = catalog.get(Column, key.schema, key.table, name)
    table = catalog.get(Table, key.schema, key.table)
    assert column is not None
    assert table is not None
    # A row whose partition key changes would go elsewhere, or nowhere.
    dividing = bool(table.partition_key) and re.search(rf"\b{re.escape(name)}\b", table.partition_key or "")
    return not (column.not_null or column.generated or dividing or table.partition_of)


__all__ = ["Settling", "cleared_columns"]
