"""Explain why a connection failed: what the driver said goes in, one sentence comes out."""

from __future__ import annotations

import re

import psycopg

from ..errors import ConnectError
from .address import Address

_HINTS = {
    "password authentication failed": "check user and password",
    "no password supplied": "put the password into ~/.pgpass, PGPASSWORD or the URL",
    "startup parameter": "this looks like a connection pooler; give krakn the address of the database itself",
    "too many connections": "allow more of them, or sync with fewer --jobs",
    "remaining connection slots": "end other sessions, or sync with fewer --jobs",
    "connection refused": "check host and port, and that the server runs",
}


_TRANSACTION_TIMEOUT = "25P04"


class ConnectionLost(ConnectError, psycopg.OperationalError):
    """A connection ended while it was in use; for whoever expects the driver's errors, it is one of them."""


def lost(exc: psycopg.Error, address: Address) -> ConnectionLost:
    """Make the error for a connection that has ended, with the server's last words, if it had any."""
    words = address.redact(str(exc.diag.message_primary or ""))
    if exc.sqlstate == _TRANSACTION_TIMEOUT:
        words += "; for krakn's role, ALTER ROLE ... SET transaction_timeout = 0 lifts it"
    problem = ConnectionLost(
        f"the connection to {address.side.value} at {address.shown} was lost{f' ({words})' if words else ''}"
    )
    problem.sqlstate = exc.sqlstate
    return problem


def explain(reason: str, address: Address) -> str:
    """Say in one sentence why connecting to an address failed; the password is not in it."""
    hint = next((f"; {hint}" for text, hint in _HINTS.items() if text in reason.lower()), "")
    return (
        f"cannot connect to {address.side.value} at {address.shown} (from {address.origin}):"
        f" {address.redact(reason)}{hint}"
    )


def in_short(text: str) -> str:
    """Reduce a driver's report, of libpq a line or more for each address it tried, to the reasons alone."""
    found = [line.rpartition("failed: ")[2] for line in text.splitlines() if "failed: " in line]
    reasons = found or text.strip().splitlines()[:1]
    return "; ".join(
        dict.fromkeys(re.sub(r"^([A-Z]+:\s+|\[Errno -?\d+\] )", "", reason).strip().rstrip(".") for reason in reasons)
    )
