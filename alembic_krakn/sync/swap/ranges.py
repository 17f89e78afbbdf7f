"""The tables of a plan in; those too large for one connection parted by where their rows lie on prod, out."""

from __future__ import annotations

from psycopg import sql

from ..prepare import Ready
from ..values import Part, Relation, TablePlan

_LARGE = 128 << 20  # bytes; below, a stream of its own costs more than it gives
_UNEVEN = 1.25  # how many times its fair share of all bytes a table may have before it is parted

# The leaves of a partitioned table have pages of the same numbers; a range of them is read in each leaf.
_PAGES = """
    SELECT n.nspname AS schema, c.relname AS name,
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


def parted(ready: Ready, jobs: int) -> dict[Relation, tuple[Part, ...]]:
    """Part tables that would keep one connection busy when the others have nothing left to do."""
    large = {table.prod: table for table in _large(ready, jobs)}
    if not large:
        return dict(ready.parts)
    schemas, names = [schema for schema, _ in large], [name for _, name in large]
    found = dict(ready.parts)
    for row in ready.reader.fetch(_PAGES, (schemas, names)):
        table = large[row["schema"], row["name"]]
        if row["heap"]:
            found[table.test] = _ranges(int(row["pages"]), jobs, ready.sizes[table.test].rows)
    return found


def _large(ready: Ready, jobs: int) -> list[TablePlan]:
    """List the tables to part; not those whose own SQL could give each connection other rows, as now() does."""
    fair = sum(size.bytes for size in ready.sizes.values()) / jobs * _UNEVEN
    return [
        table
        for table in ready.plan.tables
        if jobs > 1
        and ready.sizes[table.test].bytes >= max(_LARGE, fair)
        and table.divisible
        and not table.own_sql
        and table.test not in ready.parts
    ]


def _ranges(pages: int, count: int, rows: int) -> tuple[Part, ...]:
    """Give ranges of pages; the last one is open, as a table may have grown since somebody looked."""
    bounds = [pages * at // count for at in range(count)]
    ends: list[int | None] = [*bounds[1:], None]
    return tuple(Part(_between(begin, end), rows // count) for begin, end in zip(bounds, ends, strict=True))


def _between(begin: int, end: int | None) -> sql.Composable:
    """Compose the condition on ctid, which PostgreSQL reads by a scan of just these pages."""
    condition = sql.SQL("ctid >= {}::pg_catalog.tid").format(sql.Literal(f"({begin},0)"))
    if end is not None:
        condition += sql.SQL(" AND ctid < {}::pg_catalog.tid").format(sql.Literal(f"({end},0)"))
    return sql.SQL("({})").format(condition)


__all__ = ["parted"]
