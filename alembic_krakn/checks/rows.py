"""Read prod's rows as test's schema will have them: a table of `want` goes in, a FROM item that prod can run comes out.

A column that prod calls otherwise has its new name there, one whose type changes is cast, a new one has its default.
So the expressions of new checks, keys and generated columns can be asked as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from ..catalog import Catalog, Column, Constraint, Default, Fact, Index, Table
from ..diff.rules import Sides
from ..diff.rules.column_types import using_expression
from ..names import Ident, Name, comma, verbatim
from ..renames import NO_RENAMES, Renames

Relation = tuple[str, str]  # schema and name


class Unaskable(Exception):
    """Say why prod cannot be asked."""


@dataclass(frozen=True)
class Rows:
    """The rows of prod under the schema that a plan leads to.

    `have` is where the plan begins: prod as it is, or as pending revisions leave it, which have done `done` to prod's
    names. `renames` are those of the plan. Everything here is asked for by its name in `want`.
    """

    have: Catalog
    want: Catalog
    prod: Catalog
    renames: Renames = NO_RENAMES
    done: Renames = NO_RENAMES

    @cached_property
    def _back(self) -> tuple[Renames, Renames]:
        return self.renames.inverse(), self.done.inverse()

    def relation(self, table: Ident) -> Relation | None:
        """Name the table as prod has it, or give None where it is new."""
        found = self._of_prod(table)
        return (found.path[0], found.path[1]) if found else None

    def column(self, column: Column) -> Column | None:
        """Give a column as prod has it, or None where it is new."""
        found = self._of_prod(column.ident)
        return self.prod.get(Column, *found.path) if found else None

    def _of_prod(self, ident: Ident) -> Ident | None:
        start = self._back[0].now(ident)
        if start not in self.have.facts or self.renames.now(start) != ident:
            return None
        found = self._back[1].now(start)
        if found not in self.prod.facts or self.done.now(found) != start:
            raise Unaskable(f"prod does not have {ident} before its pending revisions run")
        return found

    def key(self, table: Ident) -> tuple[str, ...]:
        """Name the columns that tell the rows of prod's table apart, as prod calls them; none where nothing does."""
        relation = self.relation(table)
        if relation is None:
            return ()
        keys = self.prod.parts(Ident("table", relation), Constraint)
        found = [key.columns for kind in "pu" for key in keys if key.type == kind and not key.period]
        for index in self.prod.parts(Ident("table", relation), Index):
            if index.unique and index.valid and not index.predicate:
                columns = [key.column for key in index.keys if key.column]
                found += [tuple(columns)] if len(columns) == len(index.keys) else []
        return found[0] if found else ()

    def key_names(self, table: Ident) -> list[Name]:
        """Give what the columns of the key are called in a FROM item, apart from all names that test may have."""
        return [Name(f"krakn_key_{number}") for number in range(1, len(self.key(table)) + 1)]

    def source(
        self,
        table: Ident,
        columns: Iterable[str],
        *,
        alias: str | None = None,
        keyed: bool = False,
        place: bool = False,
        only: bool = False,
    ) -> sql.Composed:
        """Compose the FROM item with those columns of `want`, and on demand the row's key and the place where it lies.

        It is called what the table is called, as an expression may name it, or `alias`.
        """
        relation = self.relation(table)
        if relation is None:
            raise Unaskable(f"prod has no {table} yet")
        read, computed = self._values(table, columns)
        items: list[sql.Composable] = [sql.SQL("{} AS {}").format(value, Name(name)) for name, value in read.items()]
        if keyed:
            pairs = zip(self.key(table), self.key_names(table), strict=True)
            items += [sql.SQL("{} AS {}").format(Name(column), name) for column, name in pairs]
        if place:
            items.append(sql.SQL("tableoid AS krakn_table, ctid AS krakn_place"))
        called = Name(alias or table.path[1])
        found = sql.SQL("(SELECT {} FROM {}{}) AS {}").format(
            comma(items), sql.SQL("ONLY " if only else ""), Name(*relation), called
        )
        if computed:
            more = comma(sql.SQL("({}) AS {}").format(verbatim(text), Name(name)) for name, text in computed.items())
            found = sql.SQL("(SELECT {}.*, {} FROM {}) AS {}").format(called, more, found, called)
        return found

    def _values(self, table: Ident, columns: Iterable[str]) -> tuple[dict[str, sql.Composable], dict[str, str]]:
        """Give the columns that are read, each with its value, and those that are computed from these."""
        read: dict[str, sql.Composable] = {}
        computed: dict[str, str] = {}
        queue = list(columns)
        while queue:
            column = self.want.get(Column, *table.path, queue.pop(0))
            if column is None or column.name in read or column.name in computed:
                continue
            was = self.column(column)
            if column.generated and (was is None or was.generated != column.generated):
                computed[column.name] = column.generated
                queue += needed_columns(column, self.want)
            else:
                read[column.name] = self._converted(was, column) if was else self._born_with(column)
        return read, computed

    def _converted(self, was: Column, column: Column) -> sql.Composable:
        if was.type == column.type:
            return Name(was.name)
        using = using_expression(was, column, Sides(self.prod, self.want))
        return using or sql.SQL("{}::{}").format(Name(was.name), verbatim(column.type))

    def _born_with(self, column: Column) -> sql.Composable:
        """Give what rows that exist will have in a new column."""
        default = self.want.get(Default, *column.ident.path)
        if column.identity or (default and default.volatile):
            raise Unaskable(f"every row gets a value of its own in {column.ident}, which is new")
        return verbatim(f"({default.expression if default else 'NULL'})::{column.type}")

    def whole(self, table: Ident) -> bool:
        """Say whether the table is partitioned, so that its rows are those of its partitions."""
        fact = self.want.get(Table, *table.path)
        return fact is not None and fact.partition_key is not None

    def refuse_unknown_functions(self, fact: Fact) -> None:
        """Make sure that prod has the same functions of people's own that an expression calls."""
        called = [ident for ident in sorted(self.want.needs.get(fact.ident, ())) if ident.kind == "function"]
        for ident in called:
            found = self._of_prod(ident)
            if found is None:
                raise Unaskable(f"prod does not have {ident} yet")
            if self.prod.facts[found] != self.want.facts[ident]:
                raise Unaskable(f"{ident} is another one in prod")


def needed_columns(fact: Fact, catalog: Catalog) -> list[str]:
    """Name the columns of its own table that an expression of a fact reads."""
    return [ident.path[2] for ident in _needed(fact, catalog) if ident.kind == "column"]


def _needed(fact: Fact, catalog: Catalog) -> Iterator[Ident]:
    return (ident for ident in sorted(catalog.needs.get(fact.ident, ())) if ident.path[:2] == _table_of(fact))


def _table_of(fact: Fact) -> tuple[str, ...]:
    return fact.parent.path[:2] if fact.parent else ()
