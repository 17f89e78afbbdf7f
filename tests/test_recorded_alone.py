"""While revisions are only read, no database is reached and nobody is disturbed, whatever kind of project it is."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
import sqlalchemy as sa
from alembic.operations import MigrateOperation, Operations
from databases import Databases
from reading import USERS, project_of, recorded, written
from stories import catalog_of
from teams import TEMPLATES, Project

from alembic_krakn import api
from alembic_krakn.catalog import Catalog, Column, Table
from alembic_krakn.config import Settings


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen where somebody might connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def nobody_came(listener: socket.socket) -> bool:
    try:
        listener.accept()
    except BlockingIOError:
        return True
    return False


CONNECTIONS = [
    "import sqlalchemy; sqlalchemy.create_engine('postgresql+psycopg://u:secret@127.0.0.1:PORT/x').connect()",
    "import psycopg; psycopg.connect('host=127.0.0.1 port=PORT user=u password=secret')",
    "import psycopg; psycopg.Connection.connect('host=127.0.0.1 port=PORT user=u password=secret')",
    "import asyncio, asyncpg; asyncio.run(asyncpg.connect('postgresql://u:secret@127.0.0.1:PORT/x'))",
]


@pytest.mark.parametrize("connect", CONNECTIONS)
@pytest.mark.parametrize("where", ["upgrade", "import", "app"])
def test_no_database_is_reached(
    connect: str,
    where: str,
    tmp_path: Path,
    new_database: Databases,
    listener: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect = connect.replace("PORT", str(listener.getsockname()[1]))
    project = Project(tmp_path)
    rename = "op.rename_table('users', 'people')\n"
    if where == "app":
        (tmp_path / "app_that_connects.py").write_text(f"{connect}\nclass Model: pass\n")
        project.revision("r0", None, rename + "Model()", extra="from app_that_connects import Model")
    elif where == "import":
        project.revision("r0", None, rename, extra=connect)
    else:
        project.revision("r0", None, rename + connect)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = recorded(project, new_database.catalog(USERS))
    assert nobody_came(listener)
    assert found.renames.tables == {("public", "users"): ("public", "people")}
    if where != "import":  # where nothing that failed was used
        ((_, reason),) = found.unread
        assert "it asks for a database of its own, which is refused while it is only read" in reason
    assert "secret" not in str(found.unread)


def test_what_stands_in_for_a_driver_is_left_alone(
    tmp_path: Path, new_database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("psycopg2", "pg8000", "pg8000.dbapi"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    project = Project(tmp_path)
    project.revision("r0", None, "op.rename_table('users', 'people')")
    found = recorded(project, catalog_of(new_database(USERS)))
    assert found.renames.tables == {("public", "users"): ("public", "people")}


def test_a_connection_in_a_pool_stays_there(tmp_path: Path, new_database: Databases) -> None:
    prod = new_database(USERS)
    engine = sa.create_engine(prod.replace("postgresql:", "postgresql+psycopg:"))
    engine.connect().close()
    project = Project(tmp_path)
    project.revision("r0", None, "from pool_of_mine import engine\nengine.connect()")
    sys.modules["pool_of_mine"] = ModuleType("pool_of_mine")
    sys.modules["pool_of_mine"].engine = engine  # type: ignore[attr-defined]
    try:
        ((_, reason),) = recorded(project, catalog_of(prod)).unread
    finally:
        del sys.modules["pool_of_mine"]
    assert "refused" in reason
    with engine.connect() as conn:  # and can be taken again afterwards
        assert conn.scalar(sa.text("select 1")) == 1
    engine.dispose()


def test_a_revision_disturbs_nobody(
    tmp_path: Path, new_database: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path)
    project.revision(
        "r0",
        None,
        """
        import logging.config, os, sys
        print('hello')
        os.chdir('/')
        sys.path.insert(0, '/nowhere')
        logging.config.dictConfig({'version': 1, 'disable_existing_loggers': True})
        """,
    )
    folder, path = Path.cwd(), sys.path[:]
    assert not recorded(project, new_database.catalog()).unread
    assert capsys.readouterr().out.count("hello") == 0
    assert (Path.cwd(), sys.path) == (folder, path)
    assert not logging.getLogger("alembic_krakn.team").disabled


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_kind_of_project_is_read(template: str, tmp_path: Path, new_database: Databases) -> None:
    project = Project(tmp_path, template)
    upgrade = """
        op.rename_table('users', 'people')
        async def rename(connection):
            await connection.execute(sa.text('alter table people rename nick to alias'))
            assert (await connection.execute(sa.text('select count(*) from people'))).scalar() == 0
        op.run_async(rename)
    """
    project.revision("r0", None, upgrade)
    options = {"arguments": {"engine_name": "engine1"}} if template == "multidb" else {}
    found = recorded(project, new_database.catalog(USERS), **options)
    assert written(found.renames) == [
        "column public.users.nick -> public.people.alias",
        "table public.users -> public.people",
    ]
    assert not found.unread


@Operations.register_operation("rename_everything")
class RenameEverything(MigrateOperation):
    """An operation of a plugin's."""

    @classmethod
    def rename_everything(cls, operations: Operations, name: str) -> None:
        operations.execute(f"alter table users rename to {name}")


def test_what_revisions_print_while_they_are_read_is_for_the_log(
    tmp_path: Path, new_database: Databases, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    project = project_of(tmp_path, "print('all duplicates were deleted')")
    capsys.readouterr()
    with caplog.at_level(logging.DEBUG, "alembic_krakn"):
        recorded(project, new_database.catalog(USERS))
    assert "all duplicates were deleted" not in "".join(capsys.readouterr())
    assert "all duplicates were deleted" in caplog.text


def test_an_operation_of_a_plugin_is_heard(tmp_path: Path, new_database: Databases) -> None:
    project = Project(tmp_path)
    project.revision("r0", None, "op.rename_everything('people')")
    found = recorded(project, new_database.catalog(USERS))
    assert found.renames.tables == {("public", "users"): ("public", "people")}


def test_a_diff_and_a_sync_that_cannot_try_the_revisions_still_know_their_renames(
    tmp_path: Path, new_database: Databases, caplog: pytest.LogCaptureFixture
) -> None:
    at = "create table alembic_version (version_num varchar(32) primary key);"
    prod = new_database(
        USERS, at, "insert into alembic_version values ('r0')", "insert into users values (1, 'a', 'b')"
    )
    test = new_database(
        "create table people (id int constraint users_pkey primary key, alias text, old text);",
        at,
        "insert into alembic_version values ('r2')",
    )
    project = Project(tmp_path)
    project.revision("r0", None, "op.create_table('users')")
    project.revision(
        "r1",
        "r0",
        """
        op.rename_table('users', 'people')
        op.alter_column('people', 'nick', new_column_name='alias')
        first = op.get_bind().execute(sa.text('select id from people')).one()
        """,
    )
    project.revision("r2", "r1", "pass")
    project.revision("r3", "r2", "op.rename_table('people', 'persons')")
    settings = Settings(prod_url=prod, test_url=test)
    with project.inside():
        result = api.diff(settings, project=project.config)
        assert written(result.renames) == [
            "column public.users.nick -> public.people.alias",
            "table public.users -> public.people",
        ]
        assert result.pending is not None
        assert [each.revision for each in result.pending] == ["r1", "r2", "r3"]
        assert result.explained is None
        assert "the pending revisions were only read" in caplog.text
        assert "pending revision r1 was not read whole, as it raised NoResultFound" in caplog.text
        assert "test is at r2 and has not run r3" in caplog.text
        api.sync(settings, project=project.config)
    with psycopg.connect(test) as conn:
        assert conn.execute("select * from people").fetchall() == [(1, "a", "b")]


def test_where_the_parser_has_no_wheel_a_diff_does_without(tmp_path: Path, new_database: Databases) -> None:
    at = "create table alembic_version (version_num varchar(32) primary key);"
    prod, test = new_database(USERS, at, "insert into alembic_version values ('r0')"), new_database(USERS)
    project = Project(tmp_path)
    project.revision("r0", None, "pass")
    project.revision("r1", "r0", "op.get_bind().execute(sa.text('select id from users')).one()")
    script = (
        "import sys; sys.modules['postgast'] = None; from alembic_krakn.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "diff", "--prod", prod, "--test", test],
        cwd=project.folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "cannot be read without the package postgast, of which there is no wheel" in " ".join(done.stderr.split())
    assert "no difference" in done.stdout.lower()


def test_thousands_of_partitions_are_followed_in_no_time(tmp_path: Path) -> None:
    tables = [Table(schema="public", name=f"t{n}", partition_of=("public", "t0") if n else None) for n in range(2000)]
    columns = [Column(schema="public", table=each.name, name=name, type="text") for each in tables for name in "abc"]
    project = Project(tmp_path)
    project.revision("r0", None, "op.alter_column('t0', 'a', new_column_name='z')")
    project.revision("r1", "r0", "op.drop_table('t0')")
    have = Catalog({fact.ident: fact for fact in (*tables, *columns)})
    began = time.monotonic()
    assert not recorded(project, have).unread
    assert time.monotonic() - began < 10
