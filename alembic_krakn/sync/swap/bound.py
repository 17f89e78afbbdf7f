"""Databases by name in; who is in them, and what holds on to the database itself, sent away or refused, out."""

from __future__ import annotations

from ...connect import WritableConnection
from ...errors import SyncError

# Those whom the role may send away, as one whom it may not would keep it from the others. It need not see what they
# are. Autovacuum makes room by itself.
_SEND_AWAY = """
    SELECT pg_catalog.pg_terminate_backend(a.pid)
    FROM pg_catalog.pg_stat_activity AS a
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
    JOIN pg_catalog.pg_roles AS me ON me.rolname = current_user
    WHERE a.datname = ANY (%s) AND a.backend_type IS DISTINCT FROM 'autovacuum worker'
      AND (me.rolsuper OR NOT r.rolsuper AND (
          pg_catalog.pg_has_role(r.oid, 'USAGE') OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE')))
"""
_OTHERS = """
    SELECT DISTINCT coalesce('sessions of ' || pg_catalog.quote_ident(usename), backend_type, 'others') AS who
    FROM pg_catalog.pg_stat_activity WHERE datname = ANY (%(names)s)
    UNION ALL
    SELECT 'the prepared transaction ' || pg_catalog.quote_literal(gid) FROM pg_catalog.pg_prepared_xacts
    WHERE database = ANY (%(names)s)
    ORDER BY who
"""
# Not everybody may read their oid, or where they get their rows from.
_SUBSCRIPTIONS = """
    SELECT s.subname AS name FROM pg_catalog.pg_subscription AS s
    JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid WHERE d.datname = %s
    ORDER BY s.subname
"""
_PREPARED = "SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = ANY (%s) ORDER BY prepared, gid"
# One that the server has given up for good, as it held back too much or was idle for too long, serves nobody.
_SLOTS = """
    SELECT slot_name AS name FROM pg_catalog.pg_replication_slots
    WHERE database = %s AND NOT temporary AND wal_status IS DISTINCT FROM 'lost'
    ORDER BY slot_name
"""


def refuse_prepared(server: WritableConnection, *names: str) -> None:
    """Refuse to begin what a transaction that waits for its COMMIT PREPARED would not let end."""
    if pending := [row["gid"] for row in server.fetch(_PREPARED, (list(names),))]:
        raise SyncError(
            f"test: a prepared transaction ({', '.join(map(repr, pending))}) keeps the database from being renamed;"
            " COMMIT PREPARED or ROLLBACK PREPARED it there; nothing was changed"
        )


def refuse_slots(server: WritableConnection, name: str, outcome: str) -> None:
    """Refuse to take a database away from those who read its changes, whose slot is not to be had in another one."""
    if slots := [row["name"] for row in server.fetch(_SLOTS, (name,))]:
        raise SyncError(
            f"test: replication slots belong to the database ({', '.join(map(repr, slots))}) and would go with the"
            " former one, where they hold back WAL and nobody finds them; drop them with pg_drop_replication_slot() and"
            f" make them again afterwards; {outcome}"
        )


def refuse_subscriptions(server: WritableConnection, name: str) -> None:
    """Refuse to take a database away from what goes on filling it, wherever it is."""
    if found := [row["name"] for row in server.fetch(_SUBSCRIPTIONS, (name,))]:
        raise SyncError(
            f"test: subscriptions belong to the database ({', '.join(map(repr, found))}) and would go on filling it as"
            " the former one; drop them, or sync without --swap; nothing was changed"
        )


def send_away(server: WritableConnection, *names: str) -> None:
    """End the sessions in those databases."""
    server.fetch(_SEND_AWAY, (list(names),))


def users_of(server: WritableConnection, *names: str) -> str:
    """Name those who use the databases."""
    return ", ".join(row["who"] for row in server.fetch(_OTHERS, {"names": list(names)}))


__all__ = ["refuse_prepared", "refuse_slots", "refuse_subscriptions", "send_away", "users_of"]
