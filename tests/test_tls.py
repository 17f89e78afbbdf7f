"""Stories of rows that travel through TLS, on a server of their own: into partitions by themselves, and in slices."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from syncing import execute, query, sync
from test_standby import installed

from alembic_krakn.errors import ConnectError

CONF = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
fsync = off
ssl = on
ssl_cert_file = '{folder}/server.crt'
ssl_key_file = '{folder}/server.key'
"""


@pytest.fixture(scope="module")
def encrypted() -> Iterator[str]:
    """Start a server that takes nobody without TLS, and give its URL, with the certificate that it must show."""
    openssl = shutil.which("openssl")
    if sys.platform != "linux" or openssl is None:
        pytest.skip("the server is started as on Linux, with a certificate of openssl's")
    found = installed("system")
    who = {"user": "postgres"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="krakn-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))

    def run(*command: object) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([str(each) for each in command], cwd=folder, check=True, **quiet, **who)

    try:
        if who:
            shutil.chown(folder, "postgres")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        files = ["-keyout", "server.key", "-out", "server.crt"]
        run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *name, *files)
        run(found / "initdb", "-D", "data", "-A", "trust", "-U", "postgres", "-N")
        with (folder / "data" / "postgresql.conf").open("a") as conf:
            conf.write(CONF.format(folder=folder, port=port))
        (folder / "data" / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust\n")
        run(found / "pg_ctl", "-D", "data", "-l", "log", "-w", "start")
        yield f"postgresql://postgres@127.0.0.1:{port}/{{}}?sslmode=verify-full&sslrootcert={folder}/server.crt"
        run(found / "pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


EVENTS = """
    create table e (id int, at int not null, note text, primary key (at, id)) partition by range (at);
    create table e1 partition of e for values from (0) to (1000);
    create table e2 partition of e for values from (1000) to (2000);
    create table large (id int primary key, body text, raw bytea)
"""
ROWS = """
    insert into e select i, i % 2000, 'note ' || i from generate_series(1, 20000) i;
    insert into large select i, string_agg(md5(i || '.' || j), ''), decode(repeat('c0ffee', 1000000), 'hex')
    from generate_series(1, 3) i, generate_series(1, 200000) j group by i
"""
SWAP = {"swap": True, "jobs": 2, "keep": 0}


@pytest.mark.parametrize("manner", [{}, SWAP, {"mode": "upsert", "delete_vanished": True}])
def test_rows_of_any_kind_go_through_it(encrypted, manner):
    prod, test = encrypted.format("prod"), encrypted.format("test")
    for name in ("prod", "test"):
        execute(encrypted.format("postgres"), f"drop database if exists {name} with (force)", f"create database {name}")
        execute(encrypted.format(name), EVENTS)
    execute(prod, ROWS)
    for rules in ({}, {"large": {"columns": {"body": {"mask": "hash"}}}, "e": {"columns": {"note": {"mask": "hash"}}}}):
        sync(prod, test, rules, **manner)
        rows = "select tableoid::regclass::text, id, at from e order by 2"
        assert query(test, rows) == query(prod, rows)
        bodies = "select id, length(raw), md5(raw) from large order by 1"
        assert query(test, bodies) == query(prod, bodies)
        masked = query(test, "select count(*) from large where length(body) < 1000")
        assert masked == [(3 if rules else 0,)]


def test_a_server_with_another_certificate_is_not_spoken_to(encrypted, new_database, tmp_path):
    other = tmp_path / "other.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-out", other]
    subprocess.run([*command, "-keyout", tmp_path / "other.key"], check=True, capture_output=True)
    url = encrypted.format("postgres").partition("sslrootcert=")[0] + f"sslrootcert={other}"
    with pytest.raises(ConnectError, match="certificate verify failed"):
        sync(url, new_database("create table t (id int)"))
