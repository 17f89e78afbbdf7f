"""Triggers as pg_trigger has them in; statements that disable them, and that bring back each as it was, out."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg
from psycopg import sql

from ..names import Name, text_of

# Parents before their partitions, as PostgreSQL 14 passes a change on to those even with ONLY.
TRIGGERS = """
    SELECT n.nspname AS schema, c.relname AS table, t.tgname AS name, t.tgenabled::text AS enabled
    FROM pg_catalog.pg_trigger AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal
      AND (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]) AS wanted (schema, name))
    ORDER BY (SELECT pg_catalog.count(*) FROM pg_catalog.pg_partition_ancestors(c.oid)), 1, 2, 3
"""
_VERBS = {"O": "ENABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER", "D": "DISABLE TRIGGER"}


def disable(triggers: Iterable[asyncpg.Record]) -> list[str]:
    """Compose the statements that disable every trigger."""
    return [_statement(trigger, "D") for trigger in triggers if trigger["enabled"] != "D"]


def restore(triggers: Iterable[asyncpg.Record]) -> list[str]:
    """Compose the statements that bring back how each trigger was enabled."""
    return [_statement(trigger, trigger["enabled"]) for trigger in triggers]


def _statement(trigger: asyncpg.Record, enabled: str) -> str:
    return text_of(
        sql.SQL("ALTER TABLE ONLY {} {} {}").format(
            Name(trigger["schema"], trigger["table"]), sql.SQL(_VERBS[enabled]), Name(trigger["name"])
        )
    )
