"""Learn which server a connection leads to: refuse what krakn cannot use, and prod and test in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import DictRow

from ..errors import ConnectError
from .address import Address

if TYPE_CHECKING:
    from .session import ReadOnlyConnection, WritableConnection

OLDEST = 14


@dataclass(frozen=True)
class ServerIdentity:
    """Which database of which cluster it is, whatever URL led to it."""

    system_identifier: str  # of the cluster and of its replicas; '' where the role may not ask
    database: str
    database_oid: int
    version: int  # server_version_num: 150018


def identify(driver: psycopg.Connection[DictRow], address: Address, *, read_only: bool) -> ServerIdentity:
    """Learn which server it is, and close the connection to one that krakn must not use."""
    try:
        row = _ask(driver)
        problem = _unusable(row, driver.info.server_version, read_only=read_only)
    except psycopg.Error as exc:
        row, problem = {}, f"does not answer as PostgreSQL does: {address.redact(str(exc).splitlines()[0])}"
    if problem:
        driver.close()
        raise ConnectError(f"{address.side.value} at {address.shown} (from {address.origin}) {problem}")
    return ServerIdentity(row["system_identifier"], row["database"], row["oid"], driver.info.server_version)


def _ask(driver: psycopg.Connection[DictRow]) -> dict[str, Any]:
    (row,) = driver.execute("SELECT pg_catalog.version() AS version").fetchall()
    if not row["version"].startswith("PostgreSQL "):
        return row
    (more,) = driver.execute(
        "SELECT d.datname AS database, d.oid::pg_catalog.int8 AS oid,"
        " pg_catalog.current_setting('default_transaction_read_only') AS read_only"
        " FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()"
    ).fetchall()
    try:
        (cluster,) = driver.execute(
            "SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()"
        ).fetchall()
    except (psycopg.ProgrammingError, psycopg.NotSupportedError):  # a managed server may forbid it
        cluster = {"system_identifier": ""}
    return {**row, **more, **cluster}


def _unusable(row: Mapping[str, Any], version: int, *, read_only: bool) -> str:
    """Say what forbids using a server, or nothing."""
    if not row["version"].startswith("PostgreSQL "):
        return f"is {row['version'].split(' ')[0]!r}, and krakn works on PostgreSQL {OLDEST} and newer"
    if version // 10000 < OLDEST:
        return f"is PostgreSQL {version // 10000}, and krakn works on PostgreSQL {OLDEST} and newer"
    if read_only and row["read_only"] != "on":
        return (
            "did not make the session read-only, as a connection pooler may do;"
            " give krakn the address of the database itself"
        )
    return ""


def refuse_same(prod: ReadOnlyConnection, test: WritableConnection) -> None:
    """Refuse to go on when prod and test are one database, or one is a replica of the other.

    A cluster passes its system identifier on to replicas and to copies of its files. A copy that has become a
    server of its own is a good test database: neither of the two is in recovery then, and they started apart.
    """
    query = "SELECT pg_catalog.pg_postmaster_start_time() AS started, pg_catalog.pg_is_in_recovery() AS replica"
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
