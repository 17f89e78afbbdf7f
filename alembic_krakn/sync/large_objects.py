"""A plan and both databases in; which columns hold the numbers of large objects, and which of prod's come, out.

A large object belongs to no table: columns of type oid, or of a domain over it, hold its number. It comes when a row
that comes holds its number in a column without a mask; it keeps the number, and belongs to test's role.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg import sql

from ..catalog import Catalog, Table
from ..connect import ConnectionLost
from ..errors import SyncError
from ..names import Name, text_of
from .asking import Prod, own_path
from .problems import AS_IT_WAS, said
from .profile_text import line_for
from .structure import Structure
from .types import base
from .values import WHOLE, ColumnPlan, Origin, Part, Relation, SyncPlan, TablePlan, shown

Wanted = Literal["referenced", "all", "none"]
_FROM_PROD = frozenset({Origin.COPY, Origin.RENAME, Origin.CAST, Origin.EXPRESSION, Origin.FILL})

_ALL = """
    SELECT pg_catalog.count(*) AS objects, pg_catalog.pg_relation_size('pg_catalog.pg_largeobject') AS bytes
    FROM pg_catalog.pg_largeobject_metadata
"""
# Only from PostgreSQL 18 on there is a function that tells who may read one; pg_read_all_data does not help anywhere.
_COUNT = """
    SELECT pg_catalog.count(*) AS objects, current_user AS role,
           pg_catalog.count(*) FILTER (WHERE NOT (
               pg_catalog.pg_has_role(m.lomowner, 'USAGE')
               OR pg_catalog.current_setting('lo_compat_privileges')::pg_catalog.bool
               OR EXISTS (SELECT FROM pg_catalog.aclexplode(m.lomacl) AS a WHERE a.privilege_type = 'SELECT'
                          AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE'))))) AS unreadable
    FROM pg_catalog.pg_largeobject_metadata AS m
    WHERE m.oid {} (SELECT n FROM ({}) AS held (n) WHERE n IS NOT NULL)
"""
_UNNAMED = """
    SELECT m.oid FROM pg_catalog.pg_largeobject_metadata AS m
    WHERE m.oid NOT IN (SELECT n FROM ({}) AS held (n) WHERE n IS NOT NULL)
"""


@dataclass(frozen=True)
class Holder:
    """A column that holds numbers of large objects."""

    table: Relation
    column: str
    partitioned: bool

    def __str__(self) -> str:
        """Say it for a person."""
        return f"{shown(self.table)}.{self.column}"

    @property
    def numbers(self) -> sql.Composable:
        """Compose the SELECT of them; ONLY, as children of a table are tables of their own."""
        only = sql.SQL("" if self.partitioned else "ONLY ")
        return sql.SQL("SELECT {}::pg_catalog.oid FROM {}{}").format(Name(self.column), only, Name(*self.table))


@dataclass(frozen=True)
class LargeObjects:
    """What comes of prod's, and what of test's may go."""

    coming: tuple[Holder, ...] = ()  # columns of test whose numbers are prod's
    going: tuple[Holder, ...] = ()  # columns of test's tables that are filled or emptied
    kept: tuple[Holder, ...] = ()  # columns of all other tables of test
    unnamed: str | None = None  # asks prod for objects that none of its columns names, where those come as well
    count: int = 0  # about, of those that come
    bytes: int = 0  # about

    def to_json(self) -> dict[str, Any]:
        """Give what comes as plain data."""
        return {
            "estimated_objects": self.count,
            "estimated_bytes": self.bytes,
            "columns": list(map(str, self.coming)) if self.count else [],
        }

    @property
    def staying(self) -> sql.Composable:
        """Compose the SELECT of test's large objects that a sync leaves alone, as no row names them that goes."""
        there = "SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE oid NOT IN ({}) OR oid IN ({})"
        gone = sql.SQL("SELECT n FROM ({}) AS held (n) WHERE n IS NOT NULL").format(numbers_in(self.going))
        return sql.SQL(there).format(gone, numbers_in(self.kept))

    @property
    def named(self) -> str:
        """Compose the SELECT of the numbers in test that came from prod, each once."""
        held = "SELECT DISTINCT n FROM ({}) AS held (n) WHERE n IS NOT NULL ORDER BY n"
        return text_of(sql.SQL(held).format(numbers_in(self.coming)))

    @property
    def named_before(self) -> str:
        """Compose the SELECT of test's large objects that rows name which a sync replaces."""
        there = "SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE oid IN ({})"
        return text_of(sql.SQL(there).format(numbers_in(self.going)))


def numbers_in(holders: Iterable[Holder]) -> sql.Composable:
    """Compose the SELECT of all numbers that columns hold."""
    return _union([holder.numbers for holder in holders])


def large_objects(
    prod: Prod,
    test: Catalog,
    plan: SyncPlan,
    structure: Structure,
    parts: Mapping[Relation, Sequence[Part]],
    wanted: Wanted,
) -> tuple[LargeObjects, str | None]:
    """Find out what comes, with a remark on what does not; refuse to begin when the role may not read it."""
    holders, emptied = list(_holders(test)), set(structure.emptied)
    going = tuple(holder for holder in holders if holder.table in emptied)
    kept = tuple(holder for holder in holders if holder.table not in emptied)
    (there,) = prod.reader.fetch(_ALL)
    if not there["objects"] or wanted == "none":
        return LargeObjects(going=going, kept=kept), _left(there["objects"], wanted)
    columns = [(table, column) for table in plan.tables for column in table.sent if _comes(table, column, test)]
    found = [_count(prod, *asked) for asked in _questions(columns, parts)]
    unnamed = numbers_in(_holders(prod.catalog)) if wanted == "all" else None
    if unnamed is not None:
        found.append(_count(prod, unnamed, "NOT IN"))
    coming = tuple(Holder(table.test, column.name, table.partitioned) for table, column in columns)
    _refuse_unreadable(found, coming)
    count = min(sum(row["objects"] for row in found), there["objects"])
    objects = LargeObjects(
        coming=coming,
        going=going,
        kept=kept,
        unnamed=None if unnamed is None else text_of(sql.SQL(_UNNAMED).format(unnamed)),
        count=count,
        bytes=there["bytes"] * count // there["objects"],
    )
    return objects, _left(there["objects"] - count, wanted)


def _holders(catalog: Catalog) -> Iterator[Holder]:
    """List the columns of a database that may hold numbers of large objects."""
    for table in catalog.of(Table):
        if table.partition_of is None:
            for column in catalog.columns(table.schema, table.name):
                if base(column) == "oid":
                    yield Holder((table.schema, table.name), column.name, table.partition_key is not None)


def _comes(table: TablePlan, column: ColumnPlan, test: Catalog) -> bool:
    """Tell whether a column of test gets numbers from prod, and unmasked."""
    wanted = next(each for each in test.columns(*table.test) if each.name == column.name)
    return base(wanted) == "oid" and column.origin in _FROM_PROD and not column.mask


def _questions(
    columns: Sequence[tuple[TablePlan, ColumnPlan]], parts: Mapping[Relation, Sequence[Part]]
) -> Iterator[tuple[sql.Composable, str]]:
    """Compose what gives the numbers in prod's rows: of tables that come whole at once, of others part by part."""
    whole = [_numbers(table, column, WHOLE) for table, column in columns if table.test not in parts]
    if whole:
        yield _union(whole), "IN"
    for table, column in columns:
        for part in parts.get(table.test, ()):
            yield _numbers(table, column, part), "IN"


def _numbers(table: TablePlan, column: ColumnPlan, part: Part) -> sql.Composable:
    assert column.select is not None
    return table.rows_of_prod(sql.SQL("({})::pg_catalog.text::pg_catalog.oid").format(column.select), part)


def _union(several: Sequence[sql.Composable]) -> sql.Composable:
    return sql.SQL(" UNION ALL ").join(several) if several else sql.SQL("SELECT NULL::pg_catalog.oid")


def _count(prod: Prod, numbers: sql.Composable, how: str) -> Mapping[str, Any]:
    try:
        with own_path(prod.reader, prod.search_path):
            (row,) = prod.reader.fetch(sql.SQL(_COUNT).format(sql.SQL(how), numbers))
            return row
    except ConnectionLost:
        raise
    except psycopg.Error as exc:
        told = f"prod: the large objects that rows name cannot be counted: {said(exc)}; {AS_IT_WAS}"
        raise SyncError(told) from None


def _refuse_unreadable(found: Sequence[Mapping[str, Any]], coming: Sequence[Holder]) -> None:
    unreadable = sum(row["unreadable"] for row in found)
    if unreadable:
        lines = [line_for(holder.table, holder.column, "value: null") for holder in coming]
        raise SyncError(
            f"prod: role {found[0]['role']!r} may not read {unreadable} of the large objects that come"
            f" ({', '.join(map(str, coming))}); GRANT SELECT ON LARGE OBJECT, or leave them out: large_objects: none at"
            f" the top of the profile{', or under `tables:` ' + ', '.join(lines) if lines else ''}; nothing was changed"
        )


def _left(count: int, wanted: Wanted) -> str | None:
    """Say what stays behind."""
    if not count:
        return None
    if wanted == "none":
        return (
            f"{count} large objects of prod stay behind, as large_objects: none says; columns of type oid that name"
            " them lead nowhere"
        )
    more = "" if wanted == "all" else "; large_objects: all brings those that no column of type oid names"
    return f"{count} large objects of prod stay behind, as no row and no unmasked column that comes names them{more}"


__all__ = ["Holder", "LargeObjects", "Wanted", "large_objects", "numbers_in"]
