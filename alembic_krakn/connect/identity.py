"""Learn which server a connection leads to: refuse what krakn cannot use, and prod and test in one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import DictRow

from ..errors import ConnectError
from .address import Address
from .problems import ConnectionLost, lost
from .settings import WHERE_IT_CAN

if TYPE_CHECKING:
    from .session import ReadOnlyConnection, WritableConnection

OLDEST = 14
# Who looks at values alone takes the role's own default_transaction_read_only for krakn's.
_ITSELF = """
    SELECT d.datname AS database, d.oid::pg_catalog.int8 AS oid, (
        SELECT pg_catalog.count(*) FROM pg_catalog.pg_settings AS s WHERE s.name = ANY (%s) AND s.source = 'client'
    ) AS started_with
    FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
"""


@dataclass(frozen=True)
class ServerIdentity:
    """Which database of which cluster it is, whatever URL led to it."""

    system_identifier: str  # of the cluster and of its replicas; '' where the role may not ask
    database: str
    database_oid: int
    version: int  # server_version_num: 150018


def identify(driver: psycopg.Connection[DictRow], address: Address, settings: Collection[str]) -> ServerIdentity:
    """Learn which server it is, and close the connection to one that krakn must not use; set what this one takes.

    The settings that the session was to start with must be in force: a pooler that keeps them to itself gives
    the same session to others, and what krakn locks, sets or prepares there would meet them.
    """
    found: ServerIdentity | ConnectionLost | str
    try:
        found = _unusable(driver) or _examine(driver, settings)
        if isinstance(found, ServerIdentity):
            driver.execute(WHERE_IT_CAN)
    except psycopg.Error as exc:
        lines = address.redact(str(exc)).splitlines() or [type(exc).__name__]
        found = lost(exc, address) if driver.closed else f"does not answer as PostgreSQL does: {lines[0]}"
    if isinstance(found, ServerIdentity):
        return found
    driver.close()
    if isinstance(found, ConnectionLost):
        raise found
    raise ConnectError(f"{address.side.value} at {address.shown} (from {address.origin}) {found}")


def _unusable(driver: psycopg.Connection[DictRow]) -> str:
    """Say what kind of server forbids using it, or nothing."""
    (row,) = driver.execute("SELECT pg_catalog.version() AS version").fetchall()
    product, major = str(row["version"]).partition(" ")[0], driver.info.server_version // 10000
    if product == "PostgreSQL" and major >= OLDEST:
        return ""
    found = f"{product} {major}" if product == "PostgreSQL" else product
    return f"is {found}, and krakn works on PostgreSQL {OLDEST} and newer"


def _examine(driver: psycopg.Connection[DictRow], settings: Collection[str]) -> ServerIdentity | str:
    (row,) = driver.execute(_ITSELF, (list(settings),)).fetchall()
    if row["started_with"] < len(settings):
        return (
            "did not start the session with the settings that krakn asked for, as a connection pooler may do; give"
            " krakn the address of the database itself"
        )
    try:
        (cluster,) = driver.execute(
            "SELECT system_identifier::pg_catalog.text AS identifier FROM pg_catalog.pg_control_system()"
        ).fetchall()
    except (psycopg.ProgrammingError, psycopg.NotSupportedError):  # a managed server may forbid it
        cluster = {"identifier": ""}
    return ServerIdentity(cluster["identifier"], row["database"], row["oid"], driver.info.server_version)


def refuse_same(prod: ReadOnlyConnection, test: WritableConnection) -> None:
    """Refuse to go on when prod and test are one database, or one is a replica of the other.

    A cluster passes its system identifier on to replicas and to copies of its files. A copy that has become a
    server of its own is a good test database: neither of the two is in recovery then, and they started apart.
    """
    # As seconds, which no DateStyle of a database turns into what the driver cannot read.
    query = (
        "SELECT extract(epoch FROM pg_catalog.pg_postmaster_start_time()) AS started,"
        " pg_catalog.pg_is_in_recovery() AS replica"
    )
    (have,), (want,) = prod.fetch(query), test.fetch(query)
    identifiers = {prod.identity.system_identifier, test.identity.system_identifier}
    if prod.identity.database_oid != test.identity.database_oid or ("" not in identifiers and len(identifiers) == 2):
        return
    if have["started"] == want["started"] or have["replica"] or want["replica"]:
        raise ConnectError(
            f"prod ({prod.address.shown}, from {prod.address.origin}) and test ({test.address.shown}, from"
            f" {test.address.origin}) lead to the same database {prod.identity.database!r} or to a replica of it;"
            " give test a database of its own"
        )
