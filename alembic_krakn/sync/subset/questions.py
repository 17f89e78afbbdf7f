"""Rules and references in; which rows of prod they lead to, out: all that a subset asks of prod, and it only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from ...connect import ReadOnlyConnection
from ...errors import SyncError
from ...names import Name, comma, verbatim
from ..problems import unreadable
from ..values import Part, Relation, shown
from .rowids import AtRows, Leaf, RowIds, row_number
from .values import Choice, Ground, Reference

BATCH = 100_000  # rows that one question is about: a child without an index on its key is read once for each
_FETCHED = 50_000  # rows of an answer that are in memory as Python's numbers

_LEAVES = """
    SELECT c.oid::int8 AS oid, pg_catalog.pg_get_partition_constraintdef(c.oid) AS bound
    FROM pg_catalog.pg_partition_tree(
        (SELECT r.oid FROM pg_catalog.pg_class AS r JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
         WHERE n.nspname = %s AND r.relname = %s)
    ) AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
    WHERE t.isleaf
    ORDER BY c.oid
"""


class Questions:
    """Ask prod for rows; every answer is a set of row numbers."""

    def __init__(self, prod: ReadOnlyConnection, ground: Ground) -> None:
        self.prod, self.ground = prod, ground
        self._leaves: dict[Relation, tuple[Leaf, ...]] = {}

    def chosen(self, table: Relation) -> RowIds:
        """Find the rows that a table's rule chooses by itself."""
        choice = self.ground.choices[table]
        if choice.limit is None:
            return self._rows(table, self._rule(choice))
        return self._first(table, choice, choice.limit, self._rule(choice))

    def parents(self, reference: Reference, rows: RowIds | None) -> RowIds:
        """Find the rows that rows of the child refer to; None are all that its rule chooses."""
        found = RowIds()
        rule = self._rule(self.ground.choices[reference.child])
        for condition in self._conditions(reference.child, rows) if rows is not None else [rule]:
            child = self._source(reference.child, "child", reference.child_key, [*condition, *_only(reference)])
            exists = sql.SQL("EXISTS (SELECT FROM {} WHERE {})").format(child, _same_key(reference))
            found |= self._found(reference.parent, "parent", reference.parent_key, [], [exists])
        return found

    def children(self, reference: Reference, rows: RowIds) -> RowIds:
        """Find the rows that refer to rows of the parent, as far as the child's own rule allows."""
        found = RowIds()
        narrowed = [*self._rule(self.ground.choices[reference.child]), *_only(reference)]
        for condition in self._conditions(reference.parent, rows):
            parent = self._source(reference.parent, "parent", reference.parent_key, condition)
            exists = sql.SQL("EXISTS (SELECT FROM {} WHERE {})").format(parent, _same_key(reference))
            found |= self._found(reference.child, "child", reference.child_key, narrowed, [exists])
        return found

    def without(self, reference: Reference, rows: RowIds, allowed: RowIds) -> RowIds:
        """Leave out those rows of the child that refer to something beyond the allowed rows of the parent."""
        left = rows
        set_key = sql.SQL(" AND ").join(
            sql.SQL("child.{} IS NOT NULL").format(_key(number)) for number in range(len(reference.child_key))
        )
        for batch in rows.batches(BATCH):
            (condition,) = self._conditions(reference.child, batch)
            query = sql.SQL("SELECT {}, {} FROM {} LEFT JOIN {} ON {} WHERE {}").format(
                row_number(self.leaves(reference.child), "child"),
                row_number(self.leaves(reference.parent), "parent"),
                self._source(reference.child, "child", reference.child_key, [*condition, *_only(reference)]),
                self._source(reference.parent, "parent", reference.parent_key, []),
                _same_key(reference),
                set_key,
            )
            for found in self._fetch(reference.child, query):
                pairs = pl.DataFrame(found, schema={"child": pl.Int64, "parent": pl.Int64}, orient="row")
                parents = pairs["parent"].fill_null(-1)  # what refers to nothing is beyond as well
                left -= RowIds.of(pairs["child"].filter(~allowed.holds(parents)))
        return left

    def first(self, table: Relation, rows: RowIds, limit: int) -> RowIds:
        """Keep the first rows by the primary key."""
        kept = RowIds()
        for batch in rows.batches(BATCH) if len(rows) > limit else ():
            kept = self._first(table, self.ground.choices[table], limit, [AtRows(kept | batch, self.leaves(table))])
        return kept if len(rows) > limit else rows

    def leaves(self, table: Relation) -> tuple[Leaf, ...]:
        """List the partitions of a table of prod; a table that has none has no leaves."""
        plan = self.ground.tables[table]
        if plan.only:
            return ()
        if table not in self._leaves:
            self._leaves[table] = tuple(Leaf(row["oid"], row["bound"]) for row in self.prod.fetch(_LEAVES, plan.prod))
        return self._leaves[table]

    def _rule(self, choice: Choice) -> list[sql.Composable]:
        return [part for part in (enclosed(choice.where), choice.sample) if part is not None]

    def _conditions(self, table: Relation, rows: RowIds) -> Iterator[list[sql.Composable]]:
        """Say which rows a question is about, in as many questions as that takes."""
        for batch in rows.batches(BATCH):
            yield [AtRows(batch, self.leaves(table))]

    def _rows(self, table: Relation, conditions: Sequence[sql.Composable]) -> RowIds:
        return self._found(table, "child", (), conditions, [])

    def _first(self, table: Relation, choice: Choice, limit: int, conditions: Sequence[sql.Composable]) -> RowIds:
        source = self._source(table, "child", [Name(column) for column in choice.order], conditions)
        order = comma(sql.SQL("child.{}").format(_key(number)) for number in range(len(choice.order)))
        query = sql.SQL("SELECT {} FROM {} ORDER BY {} LIMIT {}").format(
            row_number(self.leaves(table), "child"), source, order, limit
        )
        return self._numbers(table, query)

    def _found(
        self,
        table: Relation,
        alias: str,
        key: Sequence[sql.Composable],
        inside: Sequence[sql.Composable],
        outside: Sequence[sql.Composable],
    ) -> RowIds:
        where = sql.SQL(" WHERE {}").format(sql.SQL(" AND ").join(outside)) if outside else sql.SQL("")
        query = sql.SQL("SELECT {} FROM {}{}").format(
            row_number(self.leaves(table), alias), self._source(table, alias, key, inside), where
        )
        return self._numbers(table, query)

    def _source(
        self, table: Relation, alias: str, key: Sequence[sql.Composable], conditions: Sequence[sql.Composable]
    ) -> sql.Composable:
        """Compose a table of prod, in which the profile's SQL sees only the table's own columns."""
        plan = self.ground.tables[table]
        columns = [sql.SQL("{} AS {}").format(value, _key(number)) for number, value in enumerate(key)]
        places = [] if plan.from_query else [sql.SQL("tableoid"), sql.SQL("ctid")]
        part = Part(sql.SQL(" AND ").join(conditions) if conditions else None)
        return sql.SQL("({}) AS {}").format(plan.rows_of_prod(comma([*places, *columns]), part), Name(alias))

    def _numbers(self, table: Relation, query: sql.Composable) -> RowIds:
        pieces = [pl.Series([row[0] for row in rows], dtype=pl.Int64) for rows in self._fetch(table, query)]
        if not pieces:
            return RowIds()
        numbers = pl.concat(pieces, rechunk=False)
        if numbers.null_count():
            raise SyncError(
                f"prod's {shown(self.ground.tables[table].prod)} got a new partition while its rows were chosen;"
                " run it again; test is as it was"
            )
        return RowIds.of(numbers)

    def _fetch(self, table: Relation, query: sql.Composable) -> Iterator[list[tuple[int, ...]]]:
        """Run a question and give its answer in pieces, so that it takes little memory here."""
        plan = self.ground.tables[table]
        try:
            with self.prod.driver.cursor(name="krakn_rows", row_factory=tuple_row) as cursor:
                cursor.execute(sql.Composed([query]))
                while rows := cursor.fetchmany(_FETCHED):
                    yield rows
        except psycopg.Error as exc:
            raise unreadable(exc, plan) from None


def enclosed(condition: str | None) -> sql.Composable | None:
    """Put a condition of the profile in parentheses, on a line of its own: it may end in a comment."""
    return sql.SQL("({}\n)").format(verbatim(condition)) if condition is not None else None


def _only(reference: Reference) -> list[sql.Composable]:
    condition = enclosed(reference.where)
    return [] if condition is None else [condition]


def _key(number: int) -> Name:
    return Name(f"k{number}")


def _same_key(reference: Reference) -> sql.Composable:
    """Compose the condition that `child` refers to `parent`."""
    count = len(reference.child_key)
    operators = [f"OPERATOR({operator})" for operator in reference.operators] or ["="] * count
    if reference.period:
        operators[-1] = "OPERATOR(pg_catalog.&&)"
    return sql.SQL(" AND ").join(
        sql.SQL("parent.{0} {1} child.{0}").format(_key(number), verbatim(operator))
        for number, operator in enumerate(operators)
    )


__all__ = ["Questions", "enclosed"]
