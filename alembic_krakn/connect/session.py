"""Open databases with psycopg: an address goes in, a connection that only reads or one that also writes comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row, tuple_row

from ..errors import ConnectError, Interrupted
from ..names import verbatim
from .address import Address, Side
from .identity import ServerIdentity, identify
from .problems import ConnectionLost, explain, in_short, lost
from .settings import CONNECT_TIMEOUT, TEXT_SETTINGS, behind_builtins, session_settings

if TYPE_CHECKING:
    import sqlalchemy
    from typing_extensions import Self

_OWN_PATH = "SELECT reset_val AS path FROM pg_catalog.pg_settings WHERE name = 'search_path'"
_TAKE_PATH = "SELECT pg_catalog.set_config('search_path', %s, true)"
_PIN = """
    SELECT pg_catalog.set_config(s.name, s.value, true)
    FROM ROWS FROM (
        pg_catalog.unnest(%s::pg_catalog.text[]),
        pg_catalog.unnest(%s::pg_catalog.text[])
    ) AS s(name, value)
"""

Query = str | sql.Composable
Parameters = Sequence[Any] | Mapping[str, Any] | None


class _Connection:
    """What both kinds of connection can do: read."""

    def __init__(self, driver: psycopg.Connection[DictRow], address: Address, identity: ServerIdentity) -> None:
        self.driver = driver
        self.address = address
        self.side = address.side
        self.identity = identity

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.side.value} {self.address.shown}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a transaction that is still open is rolled back by the server."""
        self.driver.close()

    def cancel(self) -> None:
        """Stop the query that another thread waits for, if there is one."""
        with suppress(psycopg.Error):  # a server that cannot be asked to stop does not go on either
            self.driver.cancel_safe(timeout=CONNECT_TIMEOUT)

    def fetch(self, query: Query, parameters: Parameters = None) -> list[dict[str, Any]]:
        """Run a query and give its rows; outside `snapshot()` it is a transaction of its own."""
        with self._heard():
            return self.driver.execute(_composed(query), parameters).fetchall()

    def ask(self, query: str) -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
        """Run a query and give its columns' names and its rows as tuples: twice as fast, where there are many."""
        with self._heard(), self.driver.cursor(row_factory=tuple_row) as cursor:
            rows = cursor.execute(_composed(query)).fetchall()
            return [column.name for column in cursor.description or ()], rows

    def take_path(self, search_path: str) -> None:
        """Look names up in another path until the transaction ends."""
        self.fetch(_TAKE_PATH, (search_path,))

    def take_own_path(self) -> None:
        """Look names up in the role's own path until the transaction ends, behind PostgreSQL's own."""
        (own,) = self.fetch(_OWN_PATH)
        self.take_path(behind_builtins(own["path"]))

    @contextmanager
    def snapshot(self) -> Iterator[Self]:
        """Read everything inside from one moment, in a READ ONLY transaction that prints text as TEXT_SETTINGS say."""
        done = False
        try:
            with self._heard(), self.driver.transaction():
                self.driver.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                self.driver.execute(_PIN, (list(TEXT_SETTINGS), list(TEXT_SETTINGS.values())))
                with self._left_at_once():
                    yield self
                done = True
        except ConnectionLost:
            # What has been read is read, whether or not the server hears that this was all.
            if not done:
                raise

    @contextmanager
    def _left_at_once(self) -> Iterator[None]:
        """End the connection when somebody interrupts: to say goodbye is to wait for an answer, perhaps for ever."""
        try:
            yield
        except BaseException as exc:
            if isinstance(exc, Interrupted) or not isinstance(exc, Exception):
                self.driver.close()
            raise

    @contextmanager
    def _heard(self) -> Iterator[None]:
        """Say it in one sentence when the connection is lost; all other problems are the caller's to explain."""
        try:
            yield
        except psycopg.Error as exc:  # a transaction that took too long is an internal error, and ends it as well
            if isinstance(exc, ConnectionLost) or not self.driver.closed:
                raise
            raise lost(exc, self.address) from None


class ReadOnlyConnection(_Connection):
    """A connection whose every transaction is READ ONLY."""

    def export_snapshot(self) -> str:
        """Name the snapshot in use, for others to read from the same moment, as long as `snapshot()` lasts."""
        return str(self.fetch("SELECT pg_catalog.pg_export_snapshot() AS name")[0]["name"])


class WritableConnection(_Connection):
    """A connection that may also write."""

    def execute(self, query: Query, parameters: Parameters = None) -> int:
        """Run a statement and give the number of rows it touched; outside `transaction()` it commits by itself."""
        with self._heard():
            return self.driver.execute(_composed(query), parameters).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside, or nothing; within another one, a savepoint."""
        with self._heard(), self.driver.transaction(), self._left_at_once():
            yield


def open_prod(
    address: Address, *, statement_timeout: str | None = None, lock_timeout: str = "10s"
) -> ReadOnlyConnection:
    """Open a database to read it."""
    driver, identity = _open(address, read_only=True, statement_timeout=statement_timeout, lock_timeout=lock_timeout)
    return ReadOnlyConnection(driver, address, identity)


def open_test(
    address: Address, *, statement_timeout: str | None = None, lock_timeout: str = "10s"
) -> WritableConnection:
    """Open a database to write into it; never prod."""
    if address.side is Side.PROD:
        raise ConnectError(f"{address.origin}: {address.shown} is prod, which krakn never opens for writing")
    driver, identity = _open(address, read_only=False, statement_timeout=statement_timeout, lock_timeout=lock_timeout)
    return WritableConnection(driver, address, identity)


def engine(address: Address) -> sqlalchemy.Engine:
    """Make an engine for Alembic that keeps no connection; on prod its sessions are READ ONLY."""
    import sqlalchemy  # takes a while, and two URLs alone do not need it

    read_only = address.side is Side.PROD

    def connect() -> psycopg.Connection[Any]:
        driver, _ = _open(address, read_only=read_only)
        driver.autocommit = False
        driver.row_factory = psycopg.rows.tuple_row  # type: ignore[assignment]  # SQLAlchemy reads by position
        return driver

    # The engine only shows this URL; it connects through `connect`.
    url = address.sqlalchemy_url().difference_update_query(["sslpassword"])
    return sqlalchemy.create_engine(url, creator=connect, poolclass=sqlalchemy.NullPool)


def _composed(query: Query) -> sql.Composed:
    return sql.Composed([verbatim(query) if isinstance(query, str) else query])


def _open(
    address: Address, *, read_only: bool, statement_timeout: str | None = None, lock_timeout: str = "10s"
) -> tuple[psycopg.Connection[DictRow], ServerIdentity]:
    settings = session_settings(read_only=read_only, statement_timeout=statement_timeout, lock_timeout=lock_timeout)
    driver = _dial(address, settings, read_only=read_only)
    return driver, identify(driver, address, settings)


def _dial(address: Address, settings: Mapping[str, str], *, read_only: bool) -> psycopg.Connection[DictRow]:
    known = address.parameters
    timeout = address.connect_timeout or CONNECT_TIMEOUT
    parameters: dict[str, Any] = {
        "keepalives_idle": 60,
        "keepalives_interval": 15,
        "keepalives_count": 4,
        **{key: value for key, value in known.items() if key.startswith("keepalives") and value},
        "application_name": "krakn",
        "client_encoding": "UTF8",
        "connect_timeout": timeout,
        # At the start and not by SET: behind a pooler, a SET would stay on the server's connection and meet
        # the next application that gets it, a read-only one at that.
        "options": " ".join(filter(None, [known.get("options"), *map(_option, settings.items())])),
    }
    if read_only and known.get("target_session_attrs") == "read-write":
        parameters["target_session_attrs"] = "primary"  # our own session is what would not be read-write
    try:
        driver = psycopg.connect(make_conninfo(address.conninfo(), **parameters), autocommit=True, row_factory=dict_row)
    except psycopg.Error as exc:
        late = isinstance(exc, psycopg.errors.ConnectionTimeout)
        problem = explain(f"no answer within {timeout:g} s" if late else in_short(str(exc)), address)
    else:
        driver.read_only = read_only or None
        return driver
    # Out of the except clause, so that no cause carries the connection string along.
    raise ConnectError(problem)


def _option(setting: tuple[str, str]) -> str:
    name, value = setting
    escaped = "".join(f"\\{char}" if char == "\\" or char.isspace() else char for char in value)
    return f"-c {name}={escaped}"
