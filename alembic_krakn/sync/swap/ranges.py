"""The tables of a plan in; those too large for one connection parted by where rows lie on prod, or by key, out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

from psycopg import sql

from ...catalog import Column
from ...names import Name, verbatim
from ..portion import primary_key
from ..prepare import Ready
from ..types import INTEGERS, base
from ..values import WHOLE, Part, Relation, TablePlan, as_arrays

_LARGE = 128 << 20  # bytes; below, a stream of its own costs more than it gives
_UNEVEN = 1.25  # how many times its fair share of all bytes a table may have before it is parted

# The leaves of a partitioned table have pages of the same numbers; a range of them is read in each leaf.
_PAGES = """
    SELECT n.nspname AS schema, c.relname AS name,
           max(pg_catalog.pg_relation_size(p.oid)) AS bytes,
           max(pg_catalog.pg_relation_size(p.oid)) / pg_catalog.current_setting('block_size')::pg_catalog.int8 AS pages,
           bool_and(p.relkind <> 'f' AND coalesce(a.amname = 'heap', true)) AS heap
    FROM unnest(%s::text[], %s::text[]) AS wanted (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = wanted.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
    JOIN pg_catalog.pg_class AS p
        ON p.oid = ANY (ARRAY[c.oid] || ARRAY(SELECT relid::oid FROM pg_catalog.pg_partition_tree(c.oid)))
    LEFT JOIN pg_catalog.pg_am AS a ON a.oid = p.relam
    GROUP BY n.nspname, c.relname
"""

# The values that part a column into equal shares, as ANALYZE has found them; of a table with all its partitions where
# there are any. A table that has a partition elsewhere has no primary key: the column with the most values will do.
_SHARES = """
    SELECT attname AS name, histogram_bounds::pg_catalog.text::pg_catalog.text[] AS bounds
    FROM pg_catalog.pg_stats
    WHERE schemaname = %s AND tablename = %s AND attname = ANY (%s) AND inherited = %s
        AND histogram_bounds IS NOT NULL
    ORDER BY CASE WHEN n_distinct < 0 THEN 0 ELSE 1 END, pg_catalog.abs(n_distinct) DESC, attname
    LIMIT 1
"""
_ENDS = "SELECT pg_catalog.min({0})::pg_catalog.int8 AS low, pg_catalog.max({0})::pg_catalog.int8 AS high FROM {1}{2}"


def parted(ready: Ready, jobs: int) -> dict[Relation, tuple[Part, ...]]:
    """Part tables that would keep one connection busy when the others have nothing left to do."""
    least = _least(ready, jobs)
    large = _large(ready, least) if jobs > 1 else []
    pieces = {table.at(part).prod: (table, part) for table in large for part in ready.parts.get(table.test, (WHOLE,))}
    if not pieces:
        return dict(ready.parts)
    found: dict[Relation, tuple[Part, ...]] = defaultdict(tuple)
    for row in ready.reader.fetch(_PAGES, as_arrays(pieces)):
        table, part = pieces[row["schema"], row["name"]]
        if part.leaf:
            ranges = _ranges(row["pages"], jobs) if row["heap"] and row["bytes"] >= least else (WHOLE,)
            found[table.test] += tuple(replace(each, leaf=part.leaf) for each in ranges)
        elif row["heap"] and table.placed:
            found[table.test] = _ranges(row["pages"], jobs, ready.sizes[table.test].rows)
        else:
            found[table.test] = _key_ranges(ready, table, jobs)
    return {**ready.parts, **found}


def _least(ready: Ready, jobs: int) -> float:
    """Say from how many bytes on a table, or a partition, is parted."""
    return max(_LARGE, sum(size.bytes for size in ready.sizes.values()) / jobs * _UNEVEN)


def _large(ready: Ready, least: float) -> list[TablePlan]:
    """List the tables to part; not those whose own SQL could give each connection other rows, as now() does."""
    return [
        table
        for table in ready.plan.tables
        if ready.sizes[table.test].bytes >= least
        and table.divisible
        and not table.own_sql
        and all(part.leaf for part in ready.parts.get(table.test, ()))
    ]


def _ranges(pages: int, count: int, rows: int | None = None) -> tuple[Part, ...]:
    """Give ranges of pages; the last one is open, as a table may have grown since somebody looked."""
    bounds = [pages * at // count for at in range(count)]
    ends: list[int | None] = [*bounds[1:], None]
    each = None if rows is None else rows // count
    return tuple(Part(_between(begin, end), each) for begin, end in zip(bounds, ends, strict=True))


def _between(begin: int, end: int | None) -> sql.Composable:
    """Compose the condition on ctid, which PostgreSQL reads by a scan of just these pages."""
    condition = sql.SQL("ctid >= {}::pg_catalog.tid").format(sql.Literal(f"({begin},0)"))
    if end is not None:
        condition += sql.SQL(" AND ctid < {}::pg_catalog.tid").format(sql.Literal(f"({end},0)"))
    return sql.SQL("({})").format(condition)


def _key_ranges(ready: Ready, table: TablePlan, count: int) -> tuple[Part, ...]:
    """Give ranges of a column; the first and the last are open, and the first has the rows that are NULL there."""
    name, bounds = _bounds(ready, table, count)
    column = ready.prod.catalog.get(Column, *table.prod, name)
    if column is None:
        return (WHOLE,)
    values = [verbatim("{}::{}").format(sql.Literal(bound), verbatim(column.type)) for bound in bounds]
    key, rows = Name(name), ready.sizes[table.test].rows // count
    first = sql.SQL("({0} < {1} OR {0} IS NULL)").format(key, values[0])
    inner = [sql.SQL("({0} >= {1} AND {0} < {2})").format(key, *ends) for ends in pairwise(values)]
    last = sql.SQL("{} >= {}").format(key, values[-1])
    return tuple(Part(condition, rows) for condition in (first, *inner, last))


def _bounds(ready: Ready, table: TablePlan, count: int) -> tuple[str, list[str]]:
    """Find a column, and values of it, as texts, between which the shares are about equal; no column where none is."""
    columns = ready.prod.catalog.columns(*table.prod)
    seen = {column.name for column in columns if table.placed or column.name in table.read}
    key = [name for name in primary_key(ready.prod.catalog, table.prod)[:1] if name in seen]
    plain = [column.name for column in columns if column.builtin and column.type_kind == "b" and column.name in seen]
    for row in ready.reader.fetch(_SHARES, (*table.prod, [n for n in key or plain if n in plain], not table.only)):
        if len(row["bounds"]) > count:
            return row["name"], [row["bounds"][len(row["bounds"]) * at // count] for at in range(1, count)]
    for name in key:
        column = ready.prod.catalog.get(Column, *table.prod, name)
        if column and base(column) in INTEGERS:
            only = sql.SQL("ONLY " if table.only else "")
            (ends,) = ready.reader.fetch(sql.SQL(_ENDS).format(Name(name), only, Name(*table.prod)))
            low, high = ends["low"], ends["high"]
            if low is not None and high - low >= count:
                return name, [str(low + (high - low) * at // count) for at in range(1, count)]
    return "", []


__all__ = ["parted"]
