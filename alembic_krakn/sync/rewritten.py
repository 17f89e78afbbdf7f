"""A connection in prod's snapshot and a table that it reads in; a refusal where the snapshot misses rows of it, out.

What TRUNCATE and an ALTER TABLE that writes a table anew leave looks empty to every snapshot from before, and so does a
table that was dropped and made anew. What they did is seen by comparing the catalog of the snapshot with that of now;
partitions that are new since then have no rows for the snapshot.
"""

from __future__ import annotations

from ..errors import SyncError
from .stream import Driver
from .values import TablePlan, shown

_CHANGED = """
    (c.relkind IN ('r', 'm') AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid)
    OR c.relkind = 'p' AND EXISTS (
        SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = c.oid AND NOT i.inhdetachpending
        EXCEPT SELECT t.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(c.oid) AS t
    ))
"""
_TABLE = """
    WITH RECURSIVE tree (oid, relkind, relfilenode) AS (
        SELECT c.oid, c.relkind, c.relfilenode
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = $2
        UNION ALL
        SELECT c.oid, c.relkind, c.relfilenode
        FROM tree CROSS JOIN LATERAL (  -- each by index: it is asked of all tables, and few are partitioned
            SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i
            WHERE i.inhparent = tree.oid AND tree.relkind = 'p' OFFSET 0
        ) AS i CROSS JOIN LATERAL (
            SELECT c.oid, c.relkind, c.relfilenode FROM pg_catalog.pg_class AS c WHERE c.oid = i.inhrelid OFFSET 0
        ) AS c
    )
    SELECT NOT pg_catalog.bool_or(
        c.oid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', $1::pg_catalog.text, $2::pg_catalog.text))
    ) OR pg_catalog.bool_or<changed> FROM tree AS c
""".replace("<changed>", _CHANGED)
# Of the profile's SQL nobody knows what it reads but the server, which has locked that; indexes and partitions may be
# new.
_LOCKED = """
    SELECT pg_catalog.bool_or(
        CASE WHEN c.oid IS NULL THEN pg_catalog.pg_get_indexdef(l.relation) IS NULL AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_class AS r WHERE r.oid = pg_catalog.pg_partition_root(l.relation)
        ) ELSE <changed> END
    )
    FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.relation >= 16384
""".replace("<changed>", _CHANGED)


async def refuse_rewritten(prod: Driver, table: TablePlan) -> None:
    """Refuse what was read of a table, which is still locked against changes, if they came before the lock."""
    what = table.came_from
    if table.from_query or not await prod.fetchval(_TABLE, *table.prod):
        if not (table.own_sql and await prod.fetchval(_LOCKED)):
            return
        what = f"what the profile's SQL for {shown(table.test)} reads"
    raise SyncError(
        f"prod has truncated, rewritten or replaced {what}, or a partition of it, since krakn began, and what was there"
        " then is not to be seen any more; run it again when that is over (TRUNCATE, ALTER TABLE, VACUUM FULL, CLUSTER"
        " and the like), or leave the table out"
    )


__all__ = ["refuse_rewritten"]
