"""Which rows have to go so that a key, a foreign key or an exclusion constraint holds: their places as a SELECT, out.

A place is `krakn_table` and `krakn_place`, the tableoid and ctid of a row.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from ..catalog import Constraint, Index
from ..names import Ident, Name, comma, verbatim
from .constraints import as_operator, or_empty, part_names, parts_of, refers, refers_in_vain
from .rows import Rows


def surplus(fact: Constraint | Index, rows: Rows, order: Sequence[str]) -> sql.Composed:
    """Find the rows of a unique key that have the same as another one, but for the first in the order of columns."""
    assert fact.parent is not None
    parts, _ = parts_of(fact, rows)
    given = [] if fact.nulls_not_distinct else [sql.SQL("{} IS NOT NULL").format(part) for part in parts]
    return sql.SQL(
        "SELECT krakn_table, krakn_place FROM (SELECT tableoid AS krakn_table, ctid AS krakn_place,"
        " pg_catalog.row_number() OVER (PARTITION BY {} ORDER BY {}) AS krakn_nth FROM {}{}) AS krakn_same"
        " WHERE krakn_nth > 1"
    ).format(comma(parts), _in_order(order), _table(fact, rows), _where([*given, *_predicate(fact)]))


def excluded(fact: Constraint, rows: Rows, order: Sequence[str]) -> sql.Composed:
    """Find the rows that an earlier one excludes, by the constraint's own operators, or that are empty."""
    parts, _ = parts_of(fact, rows)
    names = part_names(parts)
    source = sql.SQL(
        "(SELECT {}, tableoid AS krakn_table, ctid AS krakn_place,"
        " pg_catalog.row_number() OVER (ORDER BY {}) AS krakn_nth FROM {}{})"
    ).format(
        comma(sql.SQL("{} AS {}").format(part, name) for part, name in zip(parts, names, strict=True)),
        _in_order(order),
        _table(fact, rows),
        _where(_predicate(fact)),
    )
    same = sql.SQL(" AND ").join(
        sql.SQL("krakn_one.{} {} krakn_other.{}").format(name, as_operator(each), name)
        for name, each in zip(names, fact.operators, strict=True)
    )
    return sql.SQL(
        "SELECT krakn_table, krakn_place FROM {} AS krakn_one WHERE EXISTS"
        " (SELECT FROM {} AS krakn_other WHERE {} AND krakn_other.krakn_nth < krakn_one.krakn_nth){}"
    ).format(source, source, same, or_empty(fact, sql.SQL("krakn_one.{}").format(names[-1])))


def orphaned(fact: Constraint, rows: Rows) -> sql.Composed:
    """Find the rows that refer to one that is not there."""
    assert fact.references is not None
    table, parent = fact.parent, Ident("table", fact.references)
    source = rows.source(table, fact.columns, alias="krakn_child", place=True, only=not rows.whole(table))
    return sql.SQL("SELECT krakn_table, krakn_place FROM {} WHERE {} AND {}").format(
        source, refers(fact), refers_in_vain(fact, rows, parent)
    )


def _table(fact: Constraint | Index, rows: Rows) -> sql.Composed:
    assert fact.parent is not None
    return sql.SQL("{}{}").format(sql.SQL("" if rows.whole(fact.parent) else "ONLY "), Name(*fact.parent.path))


def _in_order(columns: Sequence[str]) -> sql.Composed:
    return comma([*map(Name, columns), sql.SQL("tableoid"), sql.SQL("ctid")])


def _predicate(fact: Constraint | Index) -> list[sql.Composable]:
    return [verbatim(f"({fact.predicate})")] if fact.predicate else []


def _where(conditions: Sequence[sql.Composable]) -> sql.Composable:
    return sql.SQL(" WHERE ") + sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("")


__all__ = ["excluded", "orphaned", "surplus"]
