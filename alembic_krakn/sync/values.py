"""The plan of a sync as frozen values: which table of prod fills which of test, and where each column comes from."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from psycopg import sql

from ..mask import Masker
from ..names import Name, comma, text_of, verbatim

Relation: TypeAlias = tuple[str, str]  # schema and table


def shown(relation: Relation) -> str:
    """Say a table for a person: `public.users`, `public."order"`."""
    return text_of(Name(*relation))


def as_arrays(relations: Iterable[Relation]) -> tuple[list[str], list[str]]:
    """Give the schemas and the names of tables apart, as queries take them."""
    found = list(relations)
    return [schema for schema, _ in found], [name for _, name in found]


def one_line(definition: str) -> str:
    """Put what PostgreSQL breaks into lines on one."""
    return re.sub(r"\s+", " ", definition).strip()


class Origin(enum.Enum):
    """Where the values of a column of test come from."""

    COPY = "copy"
    RENAME = "rename"
    CAST = "cast"
    EXPRESSION = "expression"
    VALUE = "value"
    FILL = "fill"
    NULL = "null"
    DEFAULT = "default"
    IDENTITY = "identity"
    GENERATED = "generated"


NUMBERED = frozenset({Origin.DEFAULT, Origin.IDENTITY})  # test may take these values out of a sequence
LEFT_OUT = NUMBERED | {Origin.GENERATED}  # test makes these values itself


@dataclass(frozen=True)
class ColumnPlan:
    """Where one column of test gets its values, and how they are masked and checked."""

    name: str
    type: str
    origin: Origin
    source: tuple[str, ...] = ()  # the columns of prod that are known to be read
    detail: str = ""  # what a person wants to know beside the origin: prod's column, the cast, the expression
    text: str | None = None  # where it is the same in every row, and known
    select: sql.Composable | None = field(default=None, compare=False)  # on prod; None where test makes the values
    plain: bool = False  # `select` is the bare column
    binary: bool = False  # both sides have the same type, whose binary form is the same everywhere
    mapped: bool = False  # some values become others
    numbered: bool = False  # it is made of the rows' numbers, which no aggregate takes
    cast_from: str = ""  # a type that both sides know, and whose values a cast on prod may refuse
    gone: tuple[str, ...] = ()  # labels of prod's enum that test's lacks
    mask: str | None = None  # the label of the mask
    masker: Masker | None = field(default=None, compare=False)  # None for a mask that the SELECT already is
    prod_check: sql.Composable | None = field(default=None, compare=False)  # what the checksum takes on prod
    test_check: sql.Composable | None = field(default=None, compare=False)

    @property
    def answer(self) -> str:
        """Name the answer in one word: the origin, or `mask` where the values are masked."""
        return "mask" if self.mask else self.origin.value


@dataclass(frozen=True)
class Leaf:
    """A partition of prod's table, and the one of test's that takes all of its rows."""

    prod: Relation
    test: Relation


@dataclass(frozen=True)
class Part:
    """Some rows of one of prod's tables; the parts of a table share no row, and together they are all that travel."""

    condition: sql.Composable | None = field(default=None, compare=False)  # on prod; None is every row
    rows: int | None = None  # about how many they are, where that is known
    leaf: Leaf | None = None  # where they are in one partition on both sides

    def narrowed(self, condition: sql.Composable) -> Part:
        """Give those of the rows for which another condition holds as well."""
        both = condition if self.condition is None else sql.SQL("{} AND {}").format(self.condition, condition)
        return replace(self, condition=both)


WHOLE = Part()
Paths: TypeAlias = Mapping[str, int | None]  # rows by how they came to be chosen; None are all that arrive


@dataclass(frozen=True)
class TablePlan:
    """How one table of test is filled."""

    prod: Relation  # test's own name, where a query gives the rows
    test: Relation
    columns: tuple[ColumnPlan, ...]  # all of test's, in its order
    where: str | None = None
    from_query: str | None = None  # the profile's SQL whose rows these are, instead of a table of prod
    only: bool = True  # prod's table has rows of its own, and children of it are tables by themselves
    partitioned: bool = False  # test's table
    own_sql: bool = False  # the profile has SQL for prod's side, which wants the role's own search_path
    retired: tuple[str, ...] = ()  # columns of prod that no column of test takes
    staged: Relation | None = None  # what takes the rows on test before the table does
    placed: bool = True  # prod's role sees where a row stands, as it does not if it may read some columns alone

    @property
    def read(self) -> tuple[str, ...]:
        """List the columns of prod that are read by name; what becomes NULL is not."""
        return tuple(name for column in self.columns if column.mask != "nullify" for name in column.source)

    @property
    def sent(self) -> tuple[ColumnPlan, ...]:
        """List the columns that travel, in order."""
        return tuple(column for column in self.columns if column.select is not None)

    @property
    def checked(self) -> tuple[ColumnPlan, ...]:
        """List the columns that the checksum covers."""
        return tuple(column for column in self.columns if column.prod_check is not None)

    @property
    def numbered(self) -> bool:
        """Tell whether a column is made of the rows' numbers, so that all rows are read by one query."""
        return any(column.numbered for column in self.columns)

    @property
    def counted(self) -> tuple[ColumnPlan, ...]:
        """List the masked columns that have as many NULLs on both sides."""
        return tuple(c for c in self.sent if c.masker is not None and c.masker.keeps_nulls and not c.numbered)

    @property
    def in_test(self) -> sql.Composed:
        """Name test's table in a statement; ONLY, as children of a table are tables of their own."""
        return sql.SQL("" if self.partitioned else "ONLY ") + Name(*self.test)

    @property
    def target(self) -> Relation:
        """Name what the rows are written into."""
        return self.staged or self.test

    @property
    def maskers(self) -> dict[int, Masker]:
        """Map the places of travelling columns to their maskers."""
        return {at: column.masker for at, column in enumerate(self.sent) if column.masker is not None}

    @property
    def binary(self) -> bool:
        """Tell whether the rows travel in binary: nothing is masked or changed on the way."""
        return all(column.binary and not column.mask for column in self.sent)

    @property
    def came_from(self) -> str:
        """Say where the rows come from: prod's table, or a query."""
        return "a query" if self.from_query else shown(self.prod)

    @property
    def divisible(self) -> bool:
        """Tell whether conditions on a table of prod can divide the rows into parts."""
        return not (self.from_query or self.numbered)

    def at(self, part: Part) -> TablePlan:
        """Give the same table as that part of it is filled: a partition by itself, where it is one."""
        if part.leaf is None:
            return self
        return replace(self, prod=part.leaf.prod, test=part.leaf.test, only=True, partitioned=False)

    def rows_of_prod(self, columns: sql.Composable, part: Part = WHOLE) -> sql.Composed:
        """Compose the SELECT of those columns from prod."""
        # The profile's SQL ends on a line of its own, so that a comment at its end ends there.
        rows: sql.Composable = sql.SQL("ONLY " if self.only else "") + Name(*self.prod)
        if self.from_query:
            rows = verbatim(f"({self.from_query}\n) AS krakn_rows")
        conditions = [] if part.condition is None else [part.condition]
        if self.where:
            conditions.append(verbatim(f"({self.where}\n)"))
        where = sql.SQL(" WHERE ") + sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("")
        return sql.SQL("SELECT {} FROM {}").format(columns, rows) + where

    @property
    def format(self) -> Literal["binary", "text"]:
        """Name COPY's format."""
        return "binary" if self.binary else "text"

    @property
    def direct(self) -> bool:
        """Tell whether COPY can take prod's columns without a query, which is faster."""
        sources = [column.source for column in self.sent]
        whole = self.only and not (self.where or self.from_query) and all(column.plain for column in self.sent)
        return whole and len(set(sources)) == len(sources)  # its list names a column once

    def query(self, part: Part = WHOLE, *, limit: int | None = None) -> str:
        """Compose the query on prod whose rows travel."""
        selects = (column.select for column in self.sent if column.select is not None)
        query = self.rows_of_prod(comma(selects), part)
        return text_of(query + sql.SQL(" LIMIT {}").format(sql.Literal(limit)) if limit is not None else query)


@dataclass(frozen=True)
class Changes:
    """What became of a table of which not all rows are replaced."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int  # rows of prod that test had already
    ranges: int = 1  # of keys that were compared; 0 where all rows had to come
    transferred: int = 0  # of these, the ones whose rows came
    compared: tuple[str, ...] = ()  # the columns whose checksum is the same on both sides


@dataclass(frozen=True)
class SyncPlan:
    """What a sync will do, table by table."""

    tables: tuple[TablePlan, ...]  # by test's names
    skipped: tuple[Relation, ...] = ()  # of test, as the profile says
    kept: tuple[Relation, ...] = ()  # only in test, with their rows
    emptied: tuple[Relation, ...] = ()  # only in test, and refer to tables that are filled anew
    retired: tuple[Relation, ...] = ()  # only in prod
    remarks: tuple[str, ...] = ()
    key_fingerprint: str | None = None
    paths: Mapping[Relation, Paths] = field(default_factory=dict)  # of the tables that a subset reduces

    def left_alone(self) -> dict[str, Any]:
        """Name the tables between which no rows go, as plain data."""
        return {
            "skipped": list(map(shown, self.skipped)),
            "only_in_test": {"kept": list(map(shown, self.kept)), "emptied": list(map(shown, self.emptied))},
            "only_in_prod": list(map(shown, self.retired)),
        }
