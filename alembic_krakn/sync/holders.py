"""Test's address and tables in; who holds locks on them, as far as the role may know, out."""

from __future__ import annotations

from collections.abc import Collection

import psycopg

from ..connect import Address, open_test
from ..errors import KraknError
from .values import Relation, as_arrays, shown

_HOLDERS = """
    SELECT l.pid, p.gid AS prepared, coalesce(a.usename, p.owner) AS role,
           nullif(a.application_name, '') AS program,
           CASE WHEN p.gid IS NULL THEN a.state ELSE 'until COMMIT PREPARED or ROLLBACK PREPARED' END AS state,
           array_agg(DISTINCT n.nspname::text || '.' || c.relname::text) AS tables,
           (array_agg(ARRAY[n.nspname::text, c.relname::text] ORDER BY n.nspname, c.relname))[1:1] AS first
    FROM pg_catalog.pg_locks AS l
    JOIN pg_catalog.pg_database AS d ON d.oid = l.database AND d.datname = pg_catalog.current_database()
    JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
    LEFT JOIN (pg_catalog.pg_locks AS x JOIN pg_catalog.pg_prepared_xacts AS p ON p.transaction = x.transactionid)
         ON l.pid IS NULL AND x.virtualtransaction = l.virtualtransaction
    WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM %s
      AND (n.nspname::text, c.relname::text) IN (SELECT * FROM ROWS FROM (unnest(%s::text[]), unnest(%s::text[])))
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1
"""
_MOST = 3


def holders(test: Address, tables: Collection[Relation], own: int) -> str:
    """Say who besides our `own` session holds locks on any of the tables; nothing where nobody can tell.

    A transaction that waits for its COMMIT PREPARED holds them without a session.
    """
    try:
        with open_test(test) as asking:
            rows = asking.fetch(_HOLDERS, (own, *as_arrays(tables)))
    except (KraknError, psycopg.Error):  # what is known already is told without
        return ""
    told = [
        (f"session {row['pid']}" if row["pid"] else f"prepared transaction {row['prepared']!r}")
        + (f" of {row['role']!r}" if row["role"] else "")
        + (f" ({', '.join(filter(None, (row['program'], row['state'])))})" if row["program"] or row["state"] else "")
        + f" uses {shown(tuple(row['first'][0]))}"
        + (f" and {len(row['tables']) - 1} more" if len(row["tables"]) > 1 else "")
        for row in rows[:_MOST]
    ]
    return ", ".join(told) + (f" and {len(rows) - _MOST} more sessions use tables" if len(rows) > _MOST else "")


__all__ = ["holders"]
