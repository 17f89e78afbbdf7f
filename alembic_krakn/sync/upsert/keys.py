"""A planned table and its key in; how its rows are compared on both sides, and brought up to date, out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from psycopg import sql

from ...catalog import Catalog, Column
from ...names import Name, verbatim
from ..compared import hashed
from ..order import Manner
from ..row_keys import Key
from ..types import base
from ..values import ColumnPlan, Origin, TablePlan

# The hash of these is the same for values that a person can tell apart: 1.0 and 1.00, 0 and -0.
_LOOSE = frozenset({"numeric", "real", "double precision", "jsonb"})
_FIXED = frozenset(
    """
    smallint,integer,bigint,real,double precision,date,timestamp without time zone,timestamp with time zone,uuid
    """.replace("\n    ", "").split(",")
)


Pair: TypeAlias = tuple[sql.Composable, sql.Composable]  # the same value, as prod and as test compute it


@dataclass(frozen=True)
class Term:
    """A column of a key, as both sides compute and order it."""

    on_prod: sql.Composable
    on_test: sql.Composable
    type: str
    fixed: bool  # every value takes the same room, so that many of them can be searched

    def read(self, text: sql.Composable) -> sql.Composable:
        """Compose a value out of its text."""
        tail = ' COLLATE "C"' if self.type == "text" else ""
        return verbatim(f"{{}}::{self.type}{tail}").format(text)


@dataclass(frozen=True)
class Course:
    """How one table is brought up to date."""

    table: TablePlan
    key: Key | None  # None: all of its rows are replaced, if any differs
    appends: bool = False  # rows that test has stay as they are
    deletes: bool = False  # rows that prod does not give go
    terms: tuple[Term, ...] = ()  # of the key; none where its order is not the same on both sides
    values: tuple[Pair, ...] = ()  # what is compared, on prod and on test
    compared: tuple[str, ...] = ()  # the columns that `values` are made of
    comparable: bool = True  # rows that differ, differ in `values`
    kept: tuple[str, ...] = field(default=())  # columns that do not travel and are test's own


def course_of(table: TablePlan, key: Key | None, manner: Manner, test: Catalog) -> Course:
    """Decide what of a table is compared before anything travels."""
    wanted = {column.name: column for column in test.columns(*table.test)}
    columns = {column.name: column for column in table.sent}
    appends = manner.mode == "append" and key is not None
    mine = [columns[name] for name in key.columns] if key else []
    ordered = bool(mine) and all(column.prod_check is not None for column in mine) and not table.numbered
    values = {
        column.name: pair
        for column in (mine if appends else table.sent)
        if (pair := _exact(column, wanted[column.name]) or _constant(column, wanted[column.name]))
    }
    return Course(
        table,
        key,
        appends=appends,
        deletes=manner.delete_vanished or key is None,
        terms=tuple(_term(column, wanted[column.name]) for column in mine) if ordered else (),
        values=tuple(values.values()),
        compared=tuple(values),
        comparable=(ordered or key is None) and (appends or len(values) == len(columns)),
        kept=tuple(name for name, column in wanted.items() if name not in columns and not column.generated),
    )


def _term(column: ColumnPlan, want: Column) -> Term:
    """Compose what both sides order alike; text in the order of its bytes, as collations differ between servers."""
    assert column.prod_check is not None
    assert column.test_check is not None
    kind = base(want) if hashed(want) else "text"
    if kind in ("text", "character varying"):
        # As text even where it is varchar: records of several types cannot be compared.
        on_prod, on_test = (
            verbatim('({})::text COLLATE "C"').format(each) for each in (column.prod_check, column.test_check)
        )
        return Term(on_prod, on_test, "text", fixed=False)
    return Term(column.prod_check, column.test_check, kind, fixed=kind in _FIXED)


def _exact(column: ColumnPlan, want: Column) -> Pair | None:
    """Compose what differs as soon as a person could tell two values apart, where both sides can compute that."""
    if column.prod_check is None or column.test_check is None:
        return None
    if hashed(want) and base(want) in _LOOSE:
        on_prod, on_test = (verbatim("({})::text").format(each) for each in (column.prod_check, column.test_check))
        return on_prod, on_test
    return column.prod_check, column.test_check


def _constant(column: ColumnPlan, want: Column) -> Pair | None:
    """Compare what is the same in every row with what it shall be, which prod need not be asked."""
    name = Name(column.name)
    if column.mask == "nullify" or (column.origin is Origin.VALUE and column.text is None):
        return sql.SQL("true"), sql.SQL("({} IS NOT DISTINCT FROM NULL)").format(name)
    if column.mask or column.text is None:
        return None
    value = verbatim("({}::{})::text").format(sql.Literal(column.text), verbatim(want.type))
    return sql.SQL("true"), sql.SQL("(({})::text IS NOT DISTINCT FROM {})").format(name, value)


__all__ = ["Course", "Term", "course_of"]
