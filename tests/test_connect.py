"""Stories about reaching databases: every spelling, who may write, what is refused, and what never shows a password."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy
from faults import Proxy, wait_for
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from syncing import query, sync

from alembic_krakn.connect import (
    TEXT_SETTINGS,
    Side,
    engine,
    open_prod,
    open_test,
    refuse_same,
    settle,
)
from alembic_krakn.connect.stream import open_stream
from alembic_krakn.embedded import with_database
from alembic_krakn.errors import ConnectError

PASSWORD = "geh:eim/no@t %shown?#"


def where(url: str) -> dict[str, str]:
    """Give libpq's parameters of a URL of the test server."""
    with psycopg.connect(url) as conn:
        found = conn.info.get_parameters()
    return {key: found[key] for key in ("host", "port", "user", "dbname") if key in found} | conninfo_to_dict(url)


def by(role: str, url: str, password: str | None = None) -> str:
    """Spell a database of the test server for another role."""
    at = where(url)
    who = role if password is None else f"{role}:{quote(password, safe='')}"
    return f"postgresql://{who}@/{at['dbname']}?host={quote(at['host'], safe='')}&port={at.get('port', 5432)}"


def prod(url: str, **arguments):
    return open_prod(settle(url, Side.PROD, origin="--prod"), **arguments)


def writable(url: str, **arguments):
    return open_test(settle(url, Side.TEST, origin="--test"), **arguments)


def stream(url: str, query: str, **arguments):
    """Ask one thing through asyncpg."""

    async def ask():
        connection = await open_stream(
            settle(url, Side.PROD, origin="--prod"), read_only=True, search_path="public", **arguments
        )
        try:
            return await connection.fetchrow(query)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_stream_that_nobody_waits_for_any_more_is_closed(new_database):
    """One that stays open keeps the loop from ending."""
    url = new_database()
    there = "select from pg_stat_activity where datname = current_database() and application_name = 'krakn sync'"

    async def give_up() -> None:
        address = settle(url, Side.PROD, origin="--prod")
        for moment in range(80):
            opening = asyncio.ensure_future(open_stream(address, read_only=True, search_path="public"))
            await asyncio.sleep(moment / 4000)
            opening.cancel()
            with suppress(asyncio.CancelledError):
                (await opening).terminate()
        await asyncio.sleep(0.1)
        wait_for(lambda: not query(url, there), 5)

    asyncio.run(give_up())


# Spellings ------------------------------------------------------------------------------------------------------

SPELLINGS = {
    "libpq": "postgresql://{user}@/{db}?host={host}&port={port}",
    "short scheme": "postgres://{user}@/{db}?host={host}&port={port}",
    "SQLAlchemy, psycopg 3": "postgresql+psycopg://{user}@/{db}?host={host}&port={port}",
    "SQLAlchemy, psycopg 2": "postgresql+psycopg2://{user}@/{db}?host={host}&port={port}",
    "SQLAlchemy, asyncpg": "postgresql+asyncpg://{user}@/{db}?host={host}&port={port}&ssl=prefer&timeout=4.5",
    "asyncpg": "postgresql://?host={host}&port={port}&user={user}&database={db}&statement_cache_size=0",
    "several hosts": "postgresql://{user}@/{db}?host=127.0.0.1,{host}&port=1,{port}",
    "a password nobody asks for": "postgresql://{user}:" + quote(PASSWORD, safe="") + "@/{db}?host={host}&port={port}",
    "any server that writes": "postgresql://{user}@/{db}?host={host}&port={port}&target_session_attrs=read-write",
    "options": "postgresql+psycopg2://{user}@/{db}?host={host}&port={port}&options=-c+work_mem%3D77kB",
    "connection string": "host='{plain_host}' port={port} user={user} dbname={db} connect_timeout=4",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_one_url_means_the_same_to_every_driver(spelling, new_database):
    url = new_database()
    at = where(url)
    spelled = SPELLINGS[spelling].format(
        user=quote(at["user"], safe=""),
        db=at["dbname"],
        host=quote(at["host"], safe=""),
        plain_host=at["host"],
        port=at.get("port", 5432),
    )
    query = (
        "SELECT current_database()::text AS db, session_user::text AS who, current_setting('port') AS port,"
        " pg_postmaster_start_time() AS started, current_setting('work_mem') AS memory"
    )
    with prod(spelled) as conn:
        (asked,) = conn.fetch(query)
    with engine(settle(spelled, Side.PROD)).connect() as conn:
        through_sqlalchemy = dict(conn.exec_driver_sql(query).mappings().one())
    assert dict(stream(spelled, query)) == asked == through_sqlalchemy
    assert (asked["db"], asked["who"]) == (at["dbname"], at["user"])
    assert (asked["memory"] == "77kB") == (spelling == "options")


def test_a_sqlalchemy_url_connects_by_itself(new_database):
    url = new_database()
    spelled = settle(url, Side.TEST).sqlalchemy_url()
    made = sqlalchemy.create_engine(spelled, poolclass=sqlalchemy.NullPool)
    with made.connect() as conn:
        assert conn.exec_driver_sql("SELECT current_database()").scalar() == where(url)["dbname"]


def test_sqlalchemys_list_of_hosts_is_libpqs(monkeypatch):
    monkeypatch.delenv("PGPORT", raising=False)
    address = settle("postgresql+asyncpg://u@/db?host=one:5433&host=two&host=[::1]:5435", Side.PROD)
    assert address.hosts == [("one", 5433), ("two", 5432), ("::1", 5435)]
    assert settle("postgresql://u@one:5433,two/db", Side.PROD).hosts == [("one", 5433), ("two", 5432)]


def test_the_environment_fills_in_what_the_url_leaves_out(new_database, monkeypatch):
    at = where(new_database())
    for variable, key in {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname"}.items():
        monkeypatch.setenv(variable, str(at.get(key, 5432)))
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=78kB")
    query = "SELECT current_database()::text AS db, current_setting('work_mem') AS memory"
    with prod("postgresql://") as conn:
        assert conn.fetch(query) == [{"db": at["dbname"], "memory": "78kB"}]
    assert dict(stream("postgresql://", query)) == {"db": at["dbname"], "memory": "78kB"}


def test_a_service_and_a_password_file_mean_the_same_to_asyncpg(tmp_path, monkeypatch):
    (tmp_path / "services").write_text(
        "[shop]\nhost=db.example\nport=5444\ndbname=shop\nuser=reader\noptions=-c a.b=1\n"
    )
    passwords = tmp_path / "passwords"
    passwords.write_text(f"db.example:5444:shop:reader:{PASSWORD.replace(':', chr(92) + ':')}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    address = settle(f"postgresql://?service=shop&passfile={quote(str(passwords), safe='')}", Side.PROD)
    arguments = address.asyncpg_arguments()
    assert arguments["host"] == ["db.example"]
    assert arguments["port"] == [5444]
    assert arguments["user"] == "reader"
    assert arguments["database"] == "shop"
    assert arguments["password"] == PASSWORD
    assert arguments["server_settings"] == {"options": "-c a.b=1"}
    assert address.shown == "db.example:5444/shop"
    assert address.with_database("other").shown == "db.example:5444/other"


def test_tls_means_the_same_to_asyncpg(monkeypatch):
    monkeypatch.delenv("PGSSLMODE", raising=False)

    def tls(query: str) -> dict[str, object]:
        arguments = settle(f"postgresql://u@db.example/shop?{query}", Side.PROD).asyncpg_arguments()
        return {key: arguments[key] for key in ("ssl", "dsn", "direct_tls") if key in arguments}

    assert tls("sslmode=disable") == {"ssl": False}
    assert tls("ssl=require") == tls("sslmode=require")
    assert tls("sslmode=verify-full&sslrootcert=system") == {"ssl": True}
    files = "sslmode=verify-full&sslrootcert=%2Fca.crt&sslcert=%2Fme.crt&sslkey=%2Fme.key"
    assert tls(files)["dsn"].startswith(f"postgresql://?{files}&")
    assert "sslmode=prefer" in tls("")["dsn"]
    if psycopg.pq.version() >= 170000:  # of libpq, which knows the word from then on
        assert tls("sslmode=require&sslnegotiation=direct")["direct_tls"] is True
    with pytest.raises(ConnectError, match="hostaddr"):
        tls("sslmode=verify-full&sslrootcert=%2Fca.crt&hostaddr=10.0.0.1")


def test_sockets_have_no_tls_whatever_sslmode_says():
    address = settle("postgresql:///shop?host=/run/x&sslmode=verify-full", Side.PROD)
    assert address.asyncpg_arguments()["ssl"] is False


# Who may write --------------------------------------------------------------------------------------------------


def test_the_server_refuses_to_write_on_prod(new_database):
    url = new_database("create table t (id int)")
    with prod(url) as conn:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            conn.fetch("INSERT INTO t VALUES (1) RETURNING id")
        with conn.snapshot(), pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            conn.fetch("INSERT INTO public.t VALUES (1) RETURNING id")
        assert not hasattr(conn, "execute")
        assert conn.fetch("SELECT count(*) AS n FROM t") == [{"n": 0}]
    with engine(settle(url, Side.PROD)).begin() as conn, pytest.raises(sqlalchemy.exc.InternalError, match="read-only"):
        conn.exec_driver_sql("INSERT INTO t VALUES (1)")
    with pytest.raises(Exception, match="read-only"):
        stream(url, "INSERT INTO public.t VALUES (1) RETURNING id")


def test_prod_is_never_opened_for_writing(new_database):
    with pytest.raises(ConnectError, match=r"--prod: .* never opens for writing"):
        open_test(settle(new_database(), Side.PROD, origin="--prod"))


def test_test_is_written_in_transactions(new_database):
    url = new_database("create table t (id int primary key)")
    with writable(url) as conn:
        assert conn.execute("INSERT INTO t VALUES (%s), (%s)", (1, 2)) == 2
        with pytest.raises(psycopg.errors.UniqueViolation), conn.transaction():  # noqa: PT012
            conn.execute("INSERT INTO t VALUES (3)")
            conn.execute("INSERT INTO t VALUES (1)")
        assert conn.fetch(sql.SQL("SELECT count(*) AS n FROM {}").format(sql.Identifier("t"))) == [{"n": 2}]
    with engine(settle(url, Side.TEST)).begin() as conn:
        conn.exec_driver_sql("INSERT INTO t VALUES (4)")
    with writable(url) as conn:
        assert conn.fetch("SELECT count(*) AS n FROM t") == [{"n": 3}]


def test_a_session_says_who_it_is_and_does_not_wait_for_ever(new_database):
    query = "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)"
    names = ["application_name", "statement_timeout", "lock_timeout", "client_encoding"]
    with prod(new_database(), statement_timeout="5 min", lock_timeout="3s") as conn:
        assert {row["name"]: row["setting"] for row in conn.fetch(query, (names,))} == {
            "application_name": "krakn",
            "statement_timeout": "300000",
            "lock_timeout": "3000",
            "client_encoding": "UTF8",
        }


def test_a_wrong_timeout_is_said_in_one_sentence(new_database):
    with pytest.raises(ConnectError, match=r'invalid value for parameter "statement_timeout": "soon"'):
        prod(new_database(), statement_timeout="soon")


def test_readers_of_one_snapshot_see_one_moment(new_database):
    url = new_database("create table t (id int)")
    with prod(url) as conn, writable(url) as other:
        with conn.snapshot() as same:
            assert same is conn
            assert conn.fetch("SELECT count(*) AS n FROM public.t") == [{"n": 0}]
            snapshot = conn.export_snapshot()
            other.execute("INSERT INTO t VALUES (1)")
            assert conn.fetch("SELECT count(*) AS n FROM public.t") == [{"n": 0}]
            assert stream(url, "SELECT count(*) FROM public.t", snapshot=snapshot)["count"] == 0
            assert stream(url, "SELECT count(*) FROM public.t")["count"] == 1
        assert conn.fetch("SELECT count(*) AS n FROM t") == [{"n": 1}]


def test_both_drivers_print_values_alike(new_database):
    url = new_database()
    with psycopg.connect(url, autocommit=True) as conn:
        for setting in ("datestyle = 'SQL, DMY'", "intervalstyle = 'iso_8601'", "timezone = 'Asia/Tokyo'"):
            conn.execute(f"ALTER DATABASE {where(url)['dbname']} SET {setting}")
    query = (
        "SELECT timestamptz '2001-02-03 04:05:06+00'::text AS at, interval '1 day 2 h'::text AS how_long,"
        " 0.1::float8::text AS tenth, '\\x00ff'::bytea::text AS bytes"
    )
    with prod(url) as conn, conn.snapshot():
        (printed,) = conn.fetch(query)
        for name, value in TEXT_SETTINGS.items():
            assert conn.fetch("SELECT current_setting(%s) LIKE %s || '%%' AS pinned", (name, value)) == [
                {"pinned": True}
            ]
    assert printed == {"at": "2001-02-03 04:05:06+00", "how_long": "1 day 02:00:00", "tenth": "0.1", "bytes": "\\x00ff"}
    assert dict(stream(url, query)) == printed


def test_a_reader_fails_where_row_security_would_hide_rows(role, new_database):
    url = new_database(
        "create table t (id int)",
        "alter table t enable row level security",
        f"grant select on t to {role}",
    )
    with pytest.raises(Exception, match="row-level security"):
        stream(by(role, url), "SELECT count(*) FROM public.t")


# One database or two --------------------------------------------------------------------------------------------


def test_two_spellings_of_one_database_are_refused(new_database):
    url = new_database()
    at = where(url)
    other = f"postgresql+psycopg2://{at['user']}@/{at['dbname']}?host={quote(at['host'], safe='')}&application_name=x"
    other += f"&port={at.get('port', 5432)}"
    with (
        prod(url) as have,
        writable(other) as want,
        pytest.raises(ConnectError, match="lead to the same database") as error,
    ):
        refuse_same(have, want)
    assert "--prod" in str(error.value)
    assert "--test" in str(error.value)


def test_two_databases_of_one_cluster_are_accepted(new_database):
    with prod(new_database()) as have, writable(new_database()) as want:
        assert have.identity.system_identifier == want.identity.system_identifier
        assert have.identity.database_oid != want.identity.database_oid
        refuse_same(have, want)


def test_one_database_is_recognised_where_the_cluster_keeps_its_identifier_to_itself(role, new_database):
    url, other = new_database(), new_database()
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public")
    with prod(by(role, url)) as have, writable(url) as want, writable(other) as another:
        assert have.identity.system_identifier == ""
        with pytest.raises(ConnectError, match="lead to the same database"):
            refuse_same(have, want)
        refuse_same(have, another)


# Refusals -------------------------------------------------------------------------------------------------------


@pytest.fixture
def role(server: str) -> Iterator[str]:
    """Make a role that may log in and nothing else; ask for it before a database that it gets grants in."""
    name = f"krakn_role_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(PASSWORD)))
    yield name
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def guarded(server: str, role: str) -> Iterator[str]:
    """Make the server ask that role for its password."""
    if os.environ.get("KRAKN_TEST_SERVER"):
        pytest.skip("pg_hba.conf of a server that the tests did not start is not theirs to change")
    with psycopg.connect(server, autocommit=True) as conn:
        hba = Path(conn.execute("SHOW hba_file").fetchone()[0])
        before = hba.read_text()
        lines = f"local all {role} scram-sha-256\nhost all {role} all scram-sha-256\n"
        hba.write_text(lines + before)
        conn.execute("SELECT pg_reload_conf()")
        at = where(server)
        for _ in range(100):  # the server reads the file when it gets to it
            try:
                psycopg.connect(**at | {"user": role, "password": "wrong"}).close()
            except psycopg.OperationalError:
                break
            time.sleep(0.05)
        yield role
        hba.write_text(before)
        conn.execute("SELECT pg_reload_conf()")


def refusal(url: str) -> str:
    """Try both drivers, check that neither tells a secret nor more than a sentence, and give what psycopg said."""
    said = []
    for connect in (lambda: prod(url).close(), lambda: stream(url, "SELECT 1")):
        with pytest.raises(ConnectError) as error:
            connect()
        exc = error.value
        assert exc.__cause__ is None
        assert exc.__context__ is None
        assert "\n" not in str(exc)
        assert not str(exc).endswith(".")
        text = "".join(traceback.format_exception(exc))
        for secret in (PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), "geh", "no@t"):
            assert secret not in text.replace(url, "")
        said.append(str(exc))
    return said[0]


def test_a_wrong_password_is_refused_without_telling_it(server, guarded):
    said = refusal(by(guarded, server, "wrong" + PASSWORD))
    assert f'password authentication failed for user "{guarded}"; check user and password' in said


def test_the_right_password_opens_both_drivers_and_shows_nowhere(server, guarded):
    url = by(guarded, server, PASSWORD)
    address = settle(url, Side.PROD)
    with open_prod(address) as conn:
        assert conn.fetch("SELECT session_user::text AS who") == [{"who": guarded}]
        shown = [
            conn,
            address,
            address.shown,
            address.sqlalchemy_url(),
            engine(address),
            vars(engine(address)),
            conn.driver,
        ]
    assert stream(url, "SELECT session_user::text AS who")["who"] == guarded
    for text in (part for one in shown for part in (str(one), repr(one), f"{one}")):
        assert "geh" not in text


def test_a_missing_password_is_asked_for(server, guarded):
    said = refusal(by(guarded, server) + "&passfile=none")
    assert "no password supplied; put the password into" in said


def test_nobody_listens():
    said = refusal(f"postgresql://u:{quote(PASSWORD, safe='')}@127.0.0.1:1/shop")
    assert said.startswith("cannot connect to prod at 127.0.0.1:1/shop (from --prod): ")
    assert "refused" in said


def test_no_such_host():
    assert "nowhere.invalid" in refusal(f"postgresql://u:{quote(PASSWORD, safe='')}@nowhere.invalid/shop")


def test_no_such_database(server):
    assert 'database "krakn_none" does not exist' in refusal(with_database(server, "krakn_none"))


UNREADABLE = {
    f"postgresql://u:{PASSWORD}@h/db": "an '@' that is not escaped",
    "postgresql://u:geh/eim@h/db": "an '@' that is not escaped",
    "postgresql://u:geh?eim@h/db": "has an '@' that is not escaped",
    "postgresql://u:geh%zz@h/db": "invalid percent-encoded token",
    "postgresql://u:geh@[::1/db": "cannot be read",
    "postgresql://u:p@h:geh/db": "a port that is not a number",
    "postgresql://u@h/db?password=geh&eim": "something after its '?' that is not name=value",
    "postgresql://u@h/db?sslmod=require": "did you mean sslmode?",
    "postgresql://u@h/db?sslmode=requir": "invalid sslmode value",
    "host=h password=geh eim dbname=x": "cannot be read",
    "geheim": "neither a URL",
    "": "neither a URL",
    "mysql://u:geh@h/db": "'mysql', and krakn works on PostgreSQL",
    "postgresql://h/db?service=krakn_none": 'definition of service "krakn_none" not found',
}


@pytest.mark.parametrize("url", UNREADABLE)
def test_an_unreadable_url_is_refused_without_quoting_it(url):
    assert UNREADABLE[url] in refusal(url)


@contextmanager
def impostor(version: str, number: str, *, silent: bool = False) -> Iterator[str]:
    """Speak just enough of PostgreSQL's protocol to be taken for another product."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    def serve() -> None:
        ready = message(b"Z", b"I")
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                if silent:
                    client.recv(10_000)
                    stop.wait(20)
                    return
                client.recv(10_000)
                parameters = {"server_version": number, "client_encoding": "UTF8", "standard_conforming_strings": "on"}
                settings = [message(b"S", f"{key}\0{value}\0".encode()) for key, value in parameters.items()]
                client.sendall(message(b"R", struct.pack("!i", 0)) + b"".join(settings) + ready)
                if client.recv(10_000)[:1] != b"Q":
                    continue
                column = b"version\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0)
                text = version.encode()
                client.sendall(
                    message(b"T", struct.pack("!h", 1) + column)
                    + message(b"D", struct.pack("!hi", 1, len(text)) + text)
                    + message(b"C", b"SELECT 1\0")
                    + ready
                )
                client.recv(10_000)

    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"postgresql://u@127.0.0.1:{listener.getsockname()[1]}/shop?sslmode=disable"
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_a_pooler_that_keeps_to_itself_what_a_session_starts_with_is_refused(role, new_database):
    """Also where prod's role is read-only by itself: what krakn locks or prepares in a pool's session meets others."""
    url = new_database("create table t (id int)")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"alter role {role} set default_transaction_read_only = on")
    with Proxy.to(url) as pooler:
        pooler.pools = True
        through = pooler.url(url)
        for opened in (
            lambda: prod(pooler.url(by(role, url))),
            lambda: prod(through),
            lambda: writable(through),
            lambda: engine(settle(through, Side.TEST)).connect(),
            lambda: sync(url, through, swap=True),
        ):
            with pytest.raises(ConnectError, match=r"as a connection pooler may do; give krakn the address of the da"):
                opened()


@pytest.mark.parametrize(
    ("version", "number", "expected"),
    [
        ("CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu)", "13.0.0", "is CockroachDB, and krakn works on PostgreSQL 14"),
        ("PostgreSQL 13.16 on x86_64-pc-linux-gnu", "13.16", "is PostgreSQL 13, and krakn works on PostgreSQL 14"),
        ("PostgreSQL 8.0.2 on i686-pc-linux-gnu, Redshift 1.0", "8.0.2", "is PostgreSQL 8, and krakn"),
    ],
)
def test_another_product_or_an_old_server_is_refused(version, number, expected):
    with impostor(version, number) as url, pytest.raises(ConnectError, match=expected):
        prod(url)


def test_a_server_that_does_not_answer_is_given_up():
    with impostor("", "", silent=True) as url:
        began = time.monotonic()
        with pytest.raises(ConnectError, match="no answer within 2 s"):
            prod(f"{url}&connect_timeout=2")
        assert time.monotonic() - began < 10
    with impostor("", "", silent=True) as url, pytest.raises(ConnectError, match="no answer within 1 s"):
        stream(f"{url}&connect_timeout=1", "SELECT 1")


def test_opening_leaves_no_connection_behind_when_it_refuses(new_database: Callable[..., str]):
    url = new_database()
    with pytest.raises(ConnectError):
        prod(
            f"{url}&options=-c%20default_transaction_read_only=x"
            if "?" in url
            else f"{url}?options=-c%20lock_timeout=x"
        )
    with psycopg.connect(url) as conn:
        count = conn.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").fetchone()
    assert count == (1,)
