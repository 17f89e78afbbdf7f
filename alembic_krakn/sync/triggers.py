"""Triggers and rules as the catalog has them in; what disables them, and what brings back each as it was, out."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg
from psycopg import sql

from ..names import Name, text_of

# Parents before their partitions, as PostgreSQL 14 passes a change on to those even with ONLY. What partitions have of
# them is internal there, like the triggers of foreign keys, which stay.
TRIGGERS = """
    SELECT n.nspname AS schema, c.relname AS table, t.kind, t.name, t.enabled
    FROM (
        SELECT tgrelid, 'TRIGGER', tgname, tgenabled::text FROM pg_catalog.pg_trigger
        WHERE (NOT tgisinternal OR tgparentid <> 0)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.oid = tgconstraint AND k.contype <> 't')
        UNION ALL
        SELECT ev_class, 'RULE', rulename, ev_enabled::text FROM pg_catalog.pg_rewrite WHERE rulename <> '_RETURN'
    ) AS t (relation, kind, name, enabled)
    JOIN pg_catalog.pg_class AS c ON c.oid = t.relation
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]) AS wanted (schema, name))
    ORDER BY (SELECT pg_catalog.count(*) FROM pg_catalog.pg_partition_ancestors(c.oid)), 1, 2, 3, 4
"""
_VERBS = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS", "D": "DISABLE"}


def disable(triggers: Iterable[asyncpg.Record]) -> list[str]:
    """Compose the statements that disable every trigger and every rule."""
    return [_statement(trigger, "D") for trigger in triggers if trigger["enabled"] != "D"]


def restore(triggers: Iterable[asyncpg.Record]) -> list[str]:
    """Compose the statements that bring back how each was enabled."""
    return [_statement(trigger, trigger["enabled"]) for trigger in triggers]


def _statement(trigger: asyncpg.Record, enabled: str) -> str:
    return text_of(
        sql.SQL("ALTER TABLE ONLY {} {} {} {}").format(
            Name(trigger["schema"], trigger["table"]),
            sql.SQL(_VERBS[enabled]),
            sql.SQL(trigger["kind"]),
            Name(trigger["name"]),
        )
    )
