"""Both databases before a sync: what the roles lack, how large tables are and where sequences stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..connect import ReadOnlyConnection, WritableConnection
from ..errors import SyncError
from .queries import Shape
from .structure import Structure
from .values import Relation, SyncPlan, as_arrays, shown

_UNREADABLE = """
    WITH wanted (schema, name, columns) AS (
        SELECT schema, name, columns::jsonb
        FROM unnest(%s::text[], %s::text[], %s::text[]) AS given (schema, name, columns)
    )
    SELECT n.nspname AS schema, c.relname AS name, current_user AS role,
           NOT has_schema_privilege(n.oid, 'USAGE') AS no_usage,
           row_security_active(c.oid) AS hides_rows,
           CASE WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN
               (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND wanted.columns ? a.attname
                  AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT'))
           END AS columns,
           has_column_privilege(c.oid, 'ctid', 'SELECT') AND has_column_privilege(c.oid, 'tableoid', 'SELECT')
               AS placed,
           NOT has_any_column_privilege(c.oid, 'SELECT') AS nothing
    FROM wanted
    JOIN pg_namespace AS n ON n.nspname = wanted.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
"""

_FOREIGN = """
    SELECT n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner) AS owner, current_user AS role
    FROM unnest(%s::text[], %s::text[]) AS wanted (schema, name)
    JOIN pg_namespace AS n ON n.nspname = wanted.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
    WHERE NOT pg_has_role(c.relowner, 'USAGE')
    ORDER BY 1, 2
"""

# What nobody has analyzed yet is guessed from its pages, as the planner does: 28 bytes a row beside its columns, and 32
# for a column whose width its type does not tell. To ask the planner itself would lock every table with its indexes.
_SIZES = """
    SELECT n.nspname AS schema, c.relname AS name, t.rows, t.size, t.outside
    FROM unnest(%s::text[], %s::text[]) AS wanted (schema, name)
    JOIN pg_namespace AS n ON n.nspname = wanted.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
    CROSS JOIN LATERAL (
        SELECT 28 + coalesce(sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END), 0) AS width
        FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS w
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(pg_table_size(p.oid)), 0)::bigint AS size,  -- NULL where it has just been dropped
               coalesce(sum(pg_relation_size(nullif(p.reltoastrelid, 0))), 0)::bigint AS outside,
               coalesce(sum(CASE WHEN p.reltuples < 0 THEN pg_relation_size(p.oid) / width ELSE p.reltuples END),
                        0)::bigint AS rows
        FROM pg_class AS p
        WHERE p.oid = ANY (ARRAY[c.oid] || ARRAY(SELECT relid::oid FROM pg_partition_tree(c.oid)))
          AND p.relkind <> 'p'  -- ANALYZE tells a partitioned table the rows of all its partitions
    ) AS t
"""

_LAST_VALUES = """
    SELECT schemaname AS schema, sequencename AS name, last_value
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


@dataclass(frozen=True)
class Size:
    """How large a table of prod is, as its statistics say."""

    rows: int
    bytes: int  # on disk
    outside: int = 0  # of them, of values that are too long for a table's pages


def sizes(prod: ReadOnlyConnection, plan: SyncPlan, shapes: Mapping[Relation, Shape]) -> dict[Relation, Size]:
    """Estimate how large prod's tables and the results of queries are, by test's names."""
    found = {
        (row["schema"], row["name"]): Size(row["rows"], row["size"], row["outside"])
        for row in prod.fetch(_SIZES, as_arrays(table.prod for table in plan.tables if not table.from_query))
    }
    of_queries = {relation: Size(shape.rows, shape.rows * shape.width) for relation, shape in shapes.items()}
    return {table.test: of_queries[table.test] if table.from_query else found[table.prod] for table in plan.tables}


def last_values(prod: ReadOnlyConnection) -> dict[Relation, int]:
    """Give the last number of each of prod's sequences that the role may read."""
    return {(row["schema"], row["name"]): row["last_value"] for row in prod.fetch(_LAST_VALUES)}


def readable(prod: ReadOnlyConnection, plan: SyncPlan) -> SyncPlan:
    """Refuse to begin when the role cannot read all that the plan reads; note the tables of which it sees no places."""
    read = [table for table in plan.tables if not table.from_query]
    schemas, tables = as_arrays(table.prod for table in read)
    columns = [json.dumps(table.read) for table in read]
    rows = {(row["schema"], row["name"]): row for row in prod.fetch(_UNREADABLE, (schemas, tables, columns))}
    problems = {problem for relation, row in rows.items() for problem in _unreadable(relation, row)}
    if problems:
        role = prod.fetch("SELECT current_user AS role")[0]["role"]
        raise SyncError(f"prod: role {role!r} {'; '.join(sorted(problems))}; nothing was changed")
    placed = {relation for relation, row in rows.items() if row["placed"]}
    return replace(
        plan,
        tables=tuple(
            table if table.from_query or table.prod in placed else replace(table, placed=False) for table in plan.tables
        ),
    )


def _unreadable(relation: Relation, row: Mapping[str, object]) -> Iterator[str]:
    """Say all that keeps a role from reading a table, with what would allow it."""
    if row["no_usage"]:
        yield f"has no USAGE on schema {relation[0]!r}"
    if row["nothing"]:
        yield f"has no SELECT on {shown(relation)}"
    elif isinstance(row["columns"], list):
        yield f"has no SELECT on {', '.join(row['columns'])} of {shown(relation)}"
    if row["hides_rows"]:
        yield f"does not see all rows of {shown(relation)}, as row security is on; it needs BYPASSRLS"


def refuse_foreign(test: WritableConnection, structure: Structure) -> None:
    """Refuse to begin when tables that must be altered belong to somebody else."""
    relations = [*structure.emptied, *structure.neighbours, *structure.views]
    rows = test.fetch(_FOREIGN, as_arrays(relations))
    if rows:
        told = ", ".join(f"{shown((row['schema'], row['name']))} (of {row['owner']!r})" for row in rows)
        raise SyncError(
            f"test: role {rows[0]['role']!r} must own what is filled anew, and does not own {told};"
            " connect as the owner, or let the role be a member of it and inherit its rights; nothing was changed"
        )
