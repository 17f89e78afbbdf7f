"""What every session starts with: how long it waits, and how it spells values."""

from __future__ import annotations

from collections.abc import Mapping

CONNECT_TIMEOUT = 10

# What a value, a type or a definition looks like as text depends on these.
TEXT_SETTINGS: Mapping[str, str] = {
    "search_path": "pg_catalog",
    "DateStyle": "ISO, MDY",  # the order is for reading text that is not ISO
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmloption": "content",
    "array_nulls": "on",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
}

# What not every server takes, or not from everybody: it cannot be asked for while a session starts, which would fail
# (PostgreSQL's documentation: Server Configuration, Locale and Formatting, and TCP Settings).
# - What a server says of rows is read, as far as it is English; only a superuser may choose that.
# - A query shall end soon after krakn was killed, which not every platform can see.
WHERE_IT_CAN = """
    SELECT pg_catalog.set_config(s.name, s.value, false)
    FROM (VALUES
        ('lc_messages', 'C', (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER)),
        ('client_connection_check_interval', '5s', pg_catalog.version() LIKE '%linux%')
    ) AS s (name, value, possible)
    WHERE s.possible
"""


def behind_builtins(search_path: str) -> str:
    """Give a role's path with PostgreSQL's own names before all others, whatever it says itself.

    Who reads rows needs the role's path even where every name in the query is qualified: to plan a query, PostgreSQL
    looks into functions that indexes of the table call, and these were written by somebody who has that path.
    """
    return f"pg_catalog, {search_path}" if search_path.strip() else "pg_catalog"


def session_settings(*, read_only: bool, statement_timeout: str | None, lock_timeout: str) -> dict[str, str]:
    """List the settings that a session starts with."""
    return {
        "lock_timeout": lock_timeout,
        # For catalogs of 2,000 tables, compiling the queries took longer than running them; sums are no faster by it.
        "jit": "off",
        # Long enough for whoever holds the snapshot of a long sync, short enough for vacuum on prod
        # not to wait for ever behind a process that hangs.
        "idle_in_transaction_session_timeout": "1d",
        "idle_session_timeout": "0",  # a connection has nothing to do while others load, for hours perhaps
        "standard_conforming_strings": "on",  # else a backslash in what krakn writes would mean something
        **({"statement_timeout": statement_timeout} if statement_timeout is not None else {}),
        **({"default_transaction_read_only": "on"} if read_only else {}),
    }
