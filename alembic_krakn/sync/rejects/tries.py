"""A table and one that its rows have landed in as text; the block of PL/pgSQL that tries those rows out.

A block of rows that test's table does not take is divided until the rows that fail are alone; then each is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psycopg import sql

from ...catalog import Constraint
from ...names import Ident, Name, comma, names, verbatim
from ..computed import inputs
from ..types import base
from ..values import ColumnPlan, TablePlan
from . import plpgsql
from .keep import Keep

LANDING = "krakn_landing"
MISFIT = "krakn_misfit"
# Explicit casts to these names would cut what is too long, and COPY does not.
_UNCUT = {"character": "bpchar", "bit": "varbit"}
_BLOCK, _MOST = 1024, 65536  # rows that are tried at a time


class Tries:
    """How the rows of one table are tried; `plan` has their columns as they landed."""

    def __init__(self, table: TablePlan, plan: TablePlan, keep: Keep, *, cast_here: bool) -> None:
        self.table, self.keep, self.catalog, self.cast_here = table, keep, keep.catalog, cast_here
        self._landed = list(zip(table.sent, plan.columns, strict=False))  # where places of prod's rows follow
        self._wanted = {column.name: column for column in self.catalog.columns(*table.test)}

    def body(self) -> sql.Composed:
        """Compose the block of PL/pgSQL that tries the rows."""
        return sql.SQL(plpgsql.BODY).format(
            landing=Name("pg_temp", LANDING),
            misfit=Name("pg_temp", MISFIT),
            table=Name(*self.table.test),
            columns=names(column.name for column, _ in self._landed),
            values=comma(self._value(column, Name(landed.name)) for column, landed in self._landed),
            each=sql.SQL("\n").join(
                sql.SQL(plpgsql.COLUMN).format(
                    name=sql.Literal(column.name),
                    type=verbatim(self._wanted[column.name].type),
                    value=self._value(column, sql.SQL("krakn_one.") + Name(landed.name)),
                    text=sql.SQL("krakn_one.") + Name(landed.name),
                    all=sql.Literal(not self.keep.wanted),
                    misfit=Name("pg_temp", MISFIT),
                )
                for column, landed in self._landed
            )
            + sql.SQL("\n").join(self._culprits()),
            more=sql.SQL("\n").join(self._more()),
            block=sql.Literal(_BLOCK),
            most=sql.Literal(_MOST),
        )

    def _more(self) -> Iterator[sql.Composable]:
        """Compose what else may be the matter with a row that is not taken, where no row is kept but all is told."""
        if self.keep.wanted:
            return
        for column, landed in self._landed:
            if self._wanted[column.name].not_null:
                yield sql.SQL(plpgsql.NULL).format(
                    text=sql.SQL("krakn_one.") + Name(landed.name),
                    name=sql.Literal(column.name),
                    misfit=Name("pg_temp", MISFIT),
                )
        for name, check, row in self._checks():
            yield sql.SQL(plpgsql.CHECK).format(
                check=check,
                row=row,
                table=Name(self.table.test[1]),
                name=sql.Literal(name),
                owner=sql.Literal(list(self.table.test)),
                misfit=Name("pg_temp", MISFIT),
            )

    def _culprits(self) -> Iterator[sql.Composable]:
        """Compose the search for what fails when every value of a row is one of its type: what test computes of it."""
        table = Name(self.table.test[1])
        for column in self._wanted.values():
            if column.generated and not column.virtual and (row := self._row(inputs(self.catalog, column))) is not None:
                yield sql.SQL(plpgsql.COMPUTED).format(
                    name=sql.Literal(column.name),
                    type=verbatim(column.type),
                    expression=verbatim(f"({column.generated})"),
                    row=row,
                    table=table,
                )
        for name, check, row in self._checks():
            yield sql.SQL(plpgsql.FAILING).format(name=sql.Literal(name), check=check, row=row, table=table)

    def _checks(self) -> Iterator[tuple[str, sql.Composable, sql.Composable]]:
        """Give the name of each CHECK that the travelling columns decide, its condition, and the row it is about."""
        for fact in self.catalog.parts(Ident("table", self.table.test), Constraint):
            if fact.type != "c" or not fact.enforced or not fact.expression:
                continue
            if (row := self._row(fact.columns)) is not None:
                yield fact.name, verbatim(f"({fact.expression})"), row

    def _row(self, columns: Iterable[str]) -> sql.Composable | None:
        """Compose those columns of the row that is looked at; None where one of them does not travel."""
        sent = {column.name: (column, landed.name) for column, landed in self._landed}
        if not set(columns) <= sent.keys():
            return None
        values = ((name, *sent[name]) for name in columns)
        return comma(
            sql.SQL("{} AS {}").format(self._value(column, sql.SQL("krakn_one.") + Name(at)), Name(name))
            for name, column, at in values
        )

    def _value(self, column: ColumnPlan, text: sql.Composable) -> sql.Composable:
        """Compose a value out of its text; what a modifier or a domain refuses, the assignment refuses."""
        if self.cast_here and column.cast_from:
            text = verbatim(f"{{}}::{column.cast_from}").format(text)
        kind = base(self._wanted[column.name])
        array = "[]" if kind.endswith("[]") else ""
        kind = kind.removesuffix("[]")
        return verbatim(f"{{}}::{_UNCUT.get(kind, kind)}{array}").format(text)


__all__ = ["LANDING", "MISFIT", "Tries"]
