"""Settle where a database is: any spelling goes in, one address comes out that means the same to every driver."""

from __future__ import annotations

import enum
import os
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from psycopg import pq
from psycopg.conninfo import make_conninfo

from ..errors import ConnectError
from . import spelling

if TYPE_CHECKING:
    from sqlalchemy import URL

_SECRETS = frozenset({"password", "sslpassword", "oauth_client_secret"})
_TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "ssl_min_protocol_version", "ssl_max_protocol_version")


class Side(enum.Enum):
    """Which of the databases it is."""

    PROD = "prod"
    TEST = "test"
    SCRATCH = "scratch"


@dataclass(frozen=True)
class Address:
    """Where one database is, and as whom; made by `settle()`, printed without its password."""

    side: Side
    origin: str = field(compare=False)  # what gave the URL, for messages: '--prod', 'KRAKN_PROD_URL'
    given: tuple[tuple[str, str], ...] = field(repr=False)  # libpq's parameters, the password among them

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """Give `host:port/database`, for messages."""
        return f"{','.join(f'{host}:{port}' for host, port in self.hosts)}/{self.database}"

    @property
    def database(self) -> str:
        """Give the name of the database."""
        return self.parameters["dbname"]

    @property
    def parameters(self) -> dict[str, str]:
        """Give libpq's parameters, completed from service file, environment and defaults; without secrets."""
        return {key: value for key, value in self._resolved.items() if key not in _SECRETS}

    @property
    def hosts(self) -> list[tuple[str, int]]:
        """List the hosts (or socket folders) to try, with their ports."""
        names, addresses = (self._resolved.get(key, "").split(",") for key in ("host", "hostaddr"))
        ports = self._resolved.get("port", "").split(",")
        count = max(len(names), len(addresses))
        names, addresses, ports = (part * count if len(part) == 1 else part for part in (names, addresses, ports))
        return [
            (address or name or _default_host(), int(port or 5432))
            for name, address, port in zip(names, addresses, ports, strict=True)
        ]

    def with_database(self, name: str) -> Address:
        """Give the same server's address with another database."""
        return replace(self, given=tuple({**dict(self.given), "dbname": name}.items()))

    def conninfo(self) -> str:
        """Spell it for libpq, with the password."""
        return make_conninfo("", **dict(self.given))

    def sqlalchemy_url(self) -> URL:
        """Spell it for SQLAlchemy with psycopg 3; everything but who and which database is in the query."""
        from sqlalchemy import URL  # takes a while, and two URLs alone do not need it

        query = dict(self.given)
        return URL.create(
            "postgresql+psycopg",
            username=query.pop("user", None),
            password=query.pop("password", None),
            database=query.pop("dbname", None),
            query=query,
        )

    def asyncpg_arguments(self) -> dict[str, Any]:
        """Spell it for asyncpg.connect(), with nothing left for asyncpg to look up by itself.

        asyncpg reads service file, password file and environment as well, but not quite as libpq does
        (options, sslpassword and which line of the password file), so libpq's answers are handed over.
        """
        known = self._resolved
        hosts, ports = map(list, zip(*self.hosts, strict=True))
        arguments: dict[str, Any] = {
            "host": hosts,
            "port": ports,
            "user": known["user"],
            "password": known.get("password", ""),  # None would make asyncpg look for one
            "database": known["dbname"],
            "target_session_attrs": known.get("target_session_attrs", "any"),
            "server_settings": {key: known[key] for key in ("options", "application_name") if known.get(key)},
            **self._asyncpg_tls(all_sockets=all(_is_socket(host) for host, _ in self.hosts)),
        }
        if timeout := self.connect_timeout:
            arguments["timeout"] = timeout * len(hosts)  # libpq waits so long for each host, asyncpg for all
        if (service := known.get("krbsrvname", "postgres")) != "postgres":
            arguments["krbsrvname"] = service
        return arguments

    def redact(self, text: str) -> str:
        """Take the password out of a text, should a server have put it there."""
        password = self._resolved.get("password", "")
        public = {self.parameters.get(key) for key in ("user", "dbname", "host", "hostaddr", "port")}
        return text.replace(password, "***") if password and password not in public else text

    @property
    def connect_timeout(self) -> int | None:
        """Give the seconds to wait for a host, where somebody set them."""
        given = self._resolved.get("connect_timeout", "")
        return int(given) if given.isdecimal() and int(given) > 0 else None

    def _asyncpg_tls(self, *, all_sockets: bool) -> dict[str, Any]:
        known = self._resolved
        mode = known.get("sslmode", "prefer")
        if all_sockets or mode == "disable":  # libpq has no TLS on sockets, whatever sslmode says
            return {"ssl": False}
        if known.get("hostaddr") and mode == "verify-full":
            raise ConnectError(
                f"{self.origin}: hostaddr together with sslmode=verify-full is not possible for the driver that streams"
                " rows (asyncpg), which checks the certificate against the address it connects to; give host alone"
            )
        direct = {"direct_tls": True} if known.get("sslnegotiation") == "direct" else {}
        if known.get("sslrootcert") == "system":
            return {"ssl": True, **direct}  # the system's certificates and the host's name, as libpq does
        tls = {key: known[key] for key in (*_TLS, "sslpassword") if known.get(key)}
        # In a DSN, because asyncpg takes files and versions nowhere else.
        return {"dsn": f"postgresql://?{urlencode(tls)}", **direct}

    @cached_property
    def _resolved(self) -> dict[str, str]:
        # libpq alone knows how service file, password file, environment and defaults add up, and says so
        # of a connection that it has started. A gssencmode that cannot be makes it stop right after that,
        # before it touches the network.
        conninfo = make_conninfo(self.conninfo(), gssencmode="krakn")
        started = pq.PGconn.connect_start(conninfo.encode())
        problem = started.error_message.decode(errors="replace").strip()
        found = {o.keyword.decode(): o.val.decode() for o in started.info if o.val is not None}
        password = started.password.decode()
        started.finish()
        if "gssencmode" not in problem:
            raise ConnectError(f"{self.origin}: the address of {self.side.value} is not usable: {problem}")
        found.setdefault("dbname", found["user"])
        return {**found, "password": password} if password else found


def settle(url: str, side: Side, *, origin: str = "the URL") -> Address:
    """Read a URL, in any spelling of SQLAlchemy, asyncpg or libpq, or a libpq connection string."""
    try:
        given = spelling.read(url)
    except spelling.Unreadable as exc:
        problem = str(exc)
    else:
        address = Address(side, origin, tuple(given.items()))
        if all(re.fullmatch(r"\d{0,5}", port.strip()) for port in address.parameters.get("port", "").split(",")):
            return address
        problem = "has a port that is not a number; a '/' or ':' in user or password must be written as %2F or %3A"
    raise ConnectError(f"{origin}: the address of {side.value} {problem}")


def _is_socket(host: str) -> bool:
    return host.startswith(("/", "@")) or (os.name == "nt" and host[1:3] == ":\\")


def _default_host() -> str:
    """Ask libpq where it looks for a server when nobody says: a socket folder, or localhost."""
    started = pq.PGconn.connect_start(b"host='' hostaddr='' gssencmode=krakn")
    host = started.host.decode()
    started.finish()
    return host
