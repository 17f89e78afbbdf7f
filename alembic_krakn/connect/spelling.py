"""Read where a database is, as SQLAlchemy, asyncpg or libpq spell it, into libpq's own parameters.

No message quotes what it could not read: a password with an unescaped `@` or `/` turns up in any part of a URL.
"""

from __future__ import annotations

import difflib
import math
import re
from urllib.parse import parse_qsl

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)(\+[A-Za-z0-9_.-]+)?://")
_HOST_AND_PORT = re.compile(r"(\[[^\]]+\]|[^\[\]/\\:]+):(\d*)\Z")

# What only asyncpg and SQLAlchemy's dialect for it understand; these steer that driver, not the connection.
_DRIVER_ONLY = frozenset(
    {
        "async_fallback",
        "command_timeout",
        "max_cacheable_statement_size",
        "max_cached_statement_lifetime",
        "prepared_statement_cache_size",
        "prepared_statement_name_func",
        "statement_cache_size",
    }
)
_ESCAPES = "in a URL, write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25 in user and password"


class Unreadable(ValueError):
    """Say why a spelling cannot be read, without quoting it."""


def read(text: str) -> dict[str, str]:
    """Read a URL or a libpq connection string into libpq's parameters."""
    text = text.strip()
    if scheme := _SCHEME.match(text):
        name = scheme[1].lower()
        if name not in ("postgresql", "postgres"):
            raise Unreadable(f"is a URL for {name!r}, and krakn works on PostgreSQL: postgresql://user@host/database")
        # SQLAlchemy writes a space in the query as '+', to libpq '+' is a plus sign.
        return _read_url(text[scheme.end() :], plus_is_space=scheme[2] is not None)
    if "=" not in text:
        raise Unreadable("is neither a URL (postgresql://user@host/database) nor a libpq connection string (host=...)")
    return _parse(text)


def _read_url(rest: str, *, plus_is_space: bool) -> dict[str, str]:
    base, _, query = rest.partition("?")
    authority, slash, path = base.partition("/")
    if authority.count("@") > 1 or "@" in path or ("@" in query and not slash and "@" not in authority):
        raise Unreadable(f"has an '@' that is not escaped; {_ESCAPES}")
    parameters = _parse(f"postgresql://{base}")
    try:
        pairs = parse_qsl(
            query if plus_is_space else query.replace("+", "%2B"), keep_blank_values=True, strict_parsing=bool(query)
        )
    except ValueError:
        pairs = None
    if pairs is None:
        raise Unreadable("has something after its '?' that is not name=value")
    hosts: list[str] = []
    for key, value in pairs:
        if key == "host":
            hosts.extend(value.split(","))
        elif key not in _DRIVER_ONLY:
            parameters.update([_libpq(key, value)])
    parameters.update(_hosts(hosts, parameters.get("port", "")))
    make = {key: value for key, value in parameters.items() if value != ""}
    return _parse(None, make)


def _libpq(key: str, value: str) -> tuple[str, str]:
    """Translate one of asyncpg's own parameters into libpq's."""
    if key == "ssl":
        return "sslmode", {"true": "require", "false": "disable"}.get(value.lower(), value)
    if key == "direct_tls":
        return "sslnegotiation", "direct" if value.lower() in ("1", "true") else "postgres"
    if key == "database":
        return "dbname", value
    if key == "timeout":
        try:
            return "connect_timeout", str(math.ceil(float(value)))
        except (ValueError, OverflowError):
            return "connect_timeout", value
    return key, value


def _hosts(hosts: list[str], port: str) -> dict[str, str]:
    """Spell several `host=name:port` of a query, as SQLAlchemy has them, as libpq's two lists."""
    if not hosts:
        return {}
    matches = [_HOST_AND_PORT.match(host) for host in hosts]
    names = ",".join(match[1].strip("[]") if match else host for match, host in zip(matches, hosts, strict=True))
    if not any(matches):
        return {"host": names}
    return {"host": names, "port": ",".join(match[2] if match else port for match in matches)}


def _parse(text: str | None, parameters: dict[str, str] | None = None) -> dict[str, str]:
    """Let libpq parse a string, or check parameters, and keep the unreadable text out of the error."""
    try:
        found = conninfo_to_dict(make_conninfo(text or "", **(parameters or {})))
        return {key: str(value) for key, value in found.items() if value is not None}
    except psycopg.Error as exc:
        problem = str(exc)
    reason, _, quoted = problem.partition('"')
    near = difflib.get_close_matches(quoted.partition('"')[0], _keywords(), 1)
    hint = f"did you mean {near[0]}?" if near else _ESCAPES
    raise Unreadable(f"cannot be read ({reason.strip(' :')}); {hint}")


def _keywords() -> list[str]:
    return [option.keyword.decode() for option in pq.Conninfo.get_defaults()]
