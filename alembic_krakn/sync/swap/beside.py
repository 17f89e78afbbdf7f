"""Databases beside test's on its server: found, made, renamed and dropped, each only where it is krakn's own."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import psycopg
from psycopg import sql

from ...connect import Address, ConnectionLost, WritableConnection, open_test
from ...errors import ConnectError, SyncError
from ...names import LONGEST_NAME, Name
from .bound import refuse_prepared, refuse_slots, refuse_subscriptions, send_away, users_of
from .home import Home

logger = logging.getLogger(__name__)

_MEETING = ("postgres", "template1")  # databases of every server, from which others can be renamed
_MARK = "krakn fills this database, to put it in the place of "
_STAMP = r"\d{8}_\d{6}"
_UNFINISHED = """
    SELECT d.datname AS name, d.datconnlimit <> -2 AS whole FROM pg_catalog.pg_database AS d
    WHERE d.datname ~ %s AND coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), %s) = %s
      AND pg_catalog.pg_has_role(d.datdba, 'MEMBER')
    ORDER BY d.datname
"""
_PAUSE = 0.05  # seconds
_ATTEMPTS = 5  # to rename, each of which waits five seconds for sessions that take long to end


class Neighbourhood:
    """Test's server as seen from another of its databases; nobody else swaps test as long as it is open."""

    def __init__(self, server: WritableConnection, name: str) -> None:
        self.server, self.name = server, name

    def unfinished(self) -> dict[str, bool]:
        """List the databases that were meant to take test's place and never did, and whether each is whole.

        A DROP DATABASE that was cut off leaves one that nobody can connect to, only drop again.
        """
        mark, pattern = _MARK + self.name, f"^{re.escape(_short(self.name, 16))}_krakn_[0-9a-f]{{8}}$"
        # One that was made a moment before its krakn died has no comment yet.
        return {row["name"]: row["whole"] for row in self.server.fetch(_UNFINISHED, (pattern, mark, mark))}

    def create(self, home: Home) -> str:
        """Create an empty database, marked as unfinished, and give its name."""
        name = f"{_short(self.name, 16)}_krakn_{secrets.token_hex(4)}"
        try:
            self.server.execute(home.create(name))
            self._begin(name, home)
        except ConnectionLost:
            raise
        except psycopg.Error as exc:
            said = str(exc.diag.message_primary or type(exc).__name__)
            raise SyncError(
                f"test: a database for --swap, with test's settings and privileges, cannot be created: {said}; let the"
                " role do that, or sync without --swap; nothing was changed"
            ) from None
        return name

    def _begin(self, name: str, home: Home) -> None:
        """Mark a new database, and find out at once what would be refused in the end, with all rows there: some
        settings are a superuser's. It is dropped again if so.
        """
        mark = sql.SQL("COMMENT ON DATABASE {} IS {}").format(Name(name), sql.Literal(_MARK + self.name))
        try:
            self.server.execute(mark)
            with self.server.transaction():
                for statement in home.furnish(name):
                    self.server.execute(statement)
                raise psycopg.Rollback
        except psycopg.Error as exc:
            if not isinstance(exc, ConnectionLost):
                self.drop(name)
            raise

    def drop(self, name: str) -> None:
        """Drop a database with whatever is connected to it."""
        self.server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Name(name)))

    def former(self) -> list[str]:
        """List the databases that were test before, the latest first; not those that are half dropped."""
        return [name for name, whole in self._former() if whole]

    def prune(self, keep: int) -> None:
        """Drop all former databases but the latest; what cannot be dropped stays until the next time.

        Test is new by now, whatever happens here.
        """
        try:
            kept = self.former()[:keep]
            for name, _ in self._former():
                if name not in kept:
                    self.drop(name)
        except psycopg.Error as exc:
            why = str(exc) if isinstance(exc, ConnectionLost) else exc.diag.message_primary or type(exc).__name__
            logger.warning("test has the new rows, but a former database of it could not be dropped: %s", why)

    def _former(self) -> list[tuple[str, bool]]:
        pattern = re.compile(rf"{re.escape(_short(self.name, 23))}_before_{_STAMP}")
        rows = self.server.fetch("SELECT datname AS name, datconnlimit <> -2 AS whole FROM pg_catalog.pg_database")
        return sorted(((row["name"], row["whole"]) for row in rows if pattern.fullmatch(row["name"])), reverse=True)

    def refuse_bound(self, *others: str) -> None:
        """Refuse to exchange test, or one of the others for it, where something holds on to the database itself."""
        refuse_prepared(self.server, self.name, *others)
        refuse_slots(self.server, self.name, "nothing was changed")
        refuse_subscriptions(self.server, self.name)

    def put(self, name: str, home: Home | None) -> str:
        """Put a database in test's place, furnished as test's home is, and give the name that the old one has now.

        Both renames are one transaction. Whoever is connected to either is sent away.
        """
        refuse_slots(self.server, self.name, "test is as it was")
        before = self._free_name()
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self.server.transaction():
                    for statement in home.furnish(name) if home else ():
                        self.server.execute(statement)
                    self._hand_over_template(name)
                    with self._sending_away(self.name, name):  # and nobody once the names are others' to see
                        self._rename(self.name, before)
                        self._rename(name, self.name)
            except psycopg.errors.ObjectInUse as exc:
                if attempt == _ATTEMPTS:
                    who = users_of(self.server, self.name, name) or exc.diag.message_detail
                    raise SyncError(
                        f"test: the database cannot be renamed, as others use it and do not go ({who}); end them, or"
                        " GRANT pg_signal_backend to krakn's role, which can end the sessions of all but superusers;"
                        " test is as it was"
                    ) from None
            except ConnectionLost as exc:
                raise SyncError(
                    f"{exc} while the databases were exchanged; test is new if there is a database {before}, else it is"
                    " as it was"
                ) from None
            except psycopg.Error as exc:
                said = str(exc.diag.message_primary or type(exc).__name__)
                raise SyncError(f"test: the databases cannot be exchanged: {said}; test is as it was") from None
            else:
                break
        return before

    def _free_name(self) -> str:
        """Name what test will be, by the second: where another swap has just taken that name, wait for the next one."""
        taken = {name for name, _ in self._former()}
        while True:
            now = datetime.now(timezone.utc)
            name = f"{_short(self.name, 23)}_before_{now:%Y%m%d_%H%M%S}"
            if name not in taken:
                return name
            time.sleep(1 - now.microsecond / 1e6)

    def _hand_over_template(self, name: str) -> None:
        """Let test be a template if it was one; a former database that is one could not be dropped."""
        (row,) = self.server.fetch("SELECT datistemplate FROM pg_catalog.pg_database WHERE datname = %s", (self.name,))
        if row["datistemplate"]:
            for each, template in ((self.name, False), (name, True)):
                self.server.execute(
                    sql.SQL("ALTER DATABASE {} IS_TEMPLATE {}").format(Name(each), sql.Literal(template))
                )

    def _rename(self, name: str, to: str) -> None:
        self.server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(Name(name), Name(to)))

    @contextlib.contextmanager
    def _sending_away(self, *names: str) -> Iterator[None]:
        """End the sessions of those databases again and again, as long as this lasts.

        Who is sent away may be back at once. But a rename locks its database, so that who comes waits, and gives those
        who are there five seconds to go. Where the role may not send them away, it says that they are there.
        """
        done = threading.Event()

        def send(other: WritableConnection) -> None:
            with contextlib.suppress(psycopg.Error):
                while not done.is_set():
                    send_away(other, *names)
                    done.wait(_PAUSE)

        with open_test(self.server.address) as other, ThreadPoolExecutor(1) as sender:
            sender.submit(send, other)
            try:
                yield
            finally:
                done.set()


@contextlib.contextmanager
def neighbourhood(test: Address) -> Iterator[Neighbourhood]:
    """Connect to another database of test's server; no two of them for one test at a time."""
    with _meeting_place(test) as server:
        key = f"krakn swap {test.database}"
        (row,) = server.fetch(
            "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended(%s, 0)) AS ours", (key,)
        )
        if not row["ours"]:
            raise SyncError(f"test: another krakn is about to swap {test.shown}; wait for its end; nothing was changed")
        yield Neighbourhood(server, test.database)


def _meeting_place(test: Address) -> WritableConnection:
    problem: ConnectError | None = None
    for name in _MEETING:
        if name == test.database:
            continue
        try:
            return open_test(test.with_database(name))
        except ConnectError as exc:
            problem = exc
    raise SyncError(
        f"test: --swap renames the database from another one of its server, {' or '.join(_MEETING)}, and {problem};"
        " let the role connect there, or sync without --swap; nothing was changed"
    )


def _short(name: str, taken: int) -> str:
    """Cut a name so that so many bytes more fit; whole characters only, and no other name is cut to the same."""
    told = name.encode()
    if len(told) <= LONGEST_NAME - taken:
        return name
    mark = hashlib.sha256(told).hexdigest()[:8]
    return f"{told[: LONGEST_NAME - taken - len(mark) - 1].decode(errors='ignore')}_{mark}"


__all__ = ["Neighbourhood", "neighbourhood"]
