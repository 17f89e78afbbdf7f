"""Open databases with asyncpg, for the streams: an address goes in, a connection with pinned settings comes out."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Mapping
from typing import Any

import asyncpg
from psycopg import sql

from ..errors import ConnectError
from ..names import text_of
from .address import Address
from .problems import explain, in_short
from .settings import CONNECT_TIMEOUT, TEXT_SETTINGS, WHERE_IT_CAN, behind_builtins, session_settings
from .slices import slice_rows

logger = logging.getLogger(__name__)

_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPALIVE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


async def open_stream(
    address: Address,
    *,
    read_only: bool,
    search_path: str,
    snapshot: str | None = None,
    statement_timeout: str = "0",
    lock_timeout: str = "10s",
    settings: Mapping[str, str] | None = None,
) -> Stream:
    """Open a connection for a stream; with a `snapshot`, inside a transaction that reads from that moment.

    A statement may take as long as it likes unless told otherwise: a stream is one long statement. A reader
    fails where row security would hide rows from it, as pg_dump does, so that no copy is silently partial, and takes
    no parallel workers: what it asks for does not hurry, and others are at work there. `search_path` is the role's own.
    """
    arguments = address.asyncpg_arguments()
    arguments.setdefault("timeout", CONNECT_TIMEOUT * len(arguments["host"]))
    if read_only and arguments["target_session_attrs"] == "read-write":
        arguments["target_session_attrs"] = "primary"  # our own session is what would not be read-write
    arguments["server_settings"] |= {
        **session_settings(read_only=read_only, statement_timeout=statement_timeout, lock_timeout=lock_timeout),
        **({"row_security": "off", "max_parallel_workers_per_gather": "0"} if read_only else {}),
        **TEXT_SETTINGS,
        "search_path": behind_builtins(search_path),
        # asyncpg loses the rows that have arrived when a notice comes among them.
        "client_min_messages": "error",
        **(settings or {}),
        "application_name": "krakn sync",
    }
    try:
        connection = await asyncpg.connect(connection_class=Stream, **arguments)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncio.TimeoutError) as exc:
        problem = explain(_reason(exc, address, arguments["timeout"]), address)
    else:
        try:
            await connection.execute(WHERE_IT_CAN)
            if snapshot is not None:
                await _enter(connection, snapshot, read_only=read_only)
        except BaseException:
            connection.terminate()  # nobody else knows it, and uvloop waits for ever for one that is open at its end
            raise
        return connection
    # Out of the except clause, so that no cause carries the password along.
    raise ConnectError(problem)


def _reason(exc: Exception, address: Address, timeout: float) -> str:
    """Say why asyncpg could not connect; what it says itself repeats the host, or is for programmers."""
    # Up to Python 3.10, asyncio's TimeoutError is another one.
    if isinstance(exc, (TimeoutError, asyncio.TimeoutError)):
        return f"no answer within {timeout:g} s"
    if isinstance(exc, asyncpg.PostgresError) and exc.args:
        return str(exc.args[0])
    if isinstance(exc, ConnectionError) and exc.errno:
        return os.strerror(exc.errno)
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {exc.verify_message}"
    if isinstance(exc, FileNotFoundError):  # of a certificate, without its name
        files = (address.parameters.get(key) for key in ("sslrootcert", "sslcert", "sslkey", "sslcrl"))
        return f"no such file among {', '.join(file for file in files if file)}"
    return in_short(str(exc)) or type(exc).__name__


async def _enter(connection: Stream, snapshot: str, *, read_only: bool) -> None:
    mode = "READ ONLY" if read_only else "READ WRITE"
    await connection.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ, {mode}")
    await connection.execute(text_of(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot))))


class Stream(asyncpg.Connection):  # takes no parameters when it runs
    """A connection that notices when the other end is gone, where asyncpg would wait for ever."""

    def __init__(self, protocol: Any, transport: asyncio.Transport, *arguments: Any) -> None:
        super().__init__(protocol, transport, *arguments)
        self._wire = transport
        self._standby = False
        raw = transport.get_extra_info("socket")
        if raw is None or raw.family not in (socket.AF_INET, socket.AF_INET6):
            return
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE.items():
            if hasattr(socket, option):
                raw.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)

    @property
    def standby(self) -> bool:
        """Tell whether it leads to a standby server, or did when it was last asked before it was closed."""
        if not self.is_closed():
            self._standby = getattr(self.get_settings(), "in_hot_standby", "off") == "on"
        return self._standby

    def slice_rows(self) -> None:
        """Let large rows of the next COPY come in slices rather than as a whole."""
        if not self.is_closed():  # else the COPY says so
            slice_rows(self._wire)
