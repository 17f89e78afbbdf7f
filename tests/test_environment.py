"""The team's env.py serves krakn as it is, and no database but the named one hears of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from teams import TEMPLATES, Project

from alembic_krakn.connect import Side, engine, settle
from alembic_krakn.errors import RevisionError
from alembic_krakn.revision.environment import Ground, Task, read_options, run_environment

NewDatabase = Callable[..., str]


@contextmanager
def ground(url: str, side: Side = Side.PROD) -> Iterator[Ground]:
    address = settle(url, side)
    with engine(address).connect() as connection:
        yield Ground(connection, address)


def tables(url: str) -> list[str]:
    with psycopg.connect(url) as conn:
        return [name for (name,) in conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def snapshot(url: str) -> tuple[str, ...]:
    """Tell whether anything was written: what pg_class and the transaction counter say."""
    with psycopg.connect(url) as conn:
        return tuple(
            conn.execute("SELECT string_agg(relname || relnamespace, ',' ORDER BY oid) FROM pg_class").fetchone()
        )


@pytest.mark.parametrize("template", TEMPLATES)
def test_stock_env_py_runs_on_prod_and_leaves_it_alone(
    template: str, tmp_path: Path, new_database: NewDatabase
) -> None:
    prod, project = new_database("create table t (id int)"), Project(tmp_path, template)
    before, seen = snapshot(prod), []
    with ground(prod) as here:
        task = Task(lambda revisions, context: seen.append((revisions, context.connection)) or ())
        options = run_environment(project.config, task, here)
        assert seen == [((), here.connection)]
    assert options.version_table == "alembic_version"
    assert options.engine_name == ("engine1" if template == "multidb" else None)
    assert snapshot(prod) == before
    assert tables(prod) == ["t"]
    assert not list(tmp_path.glob("*.sql"))


@pytest.mark.parametrize("template", ["generic", "async", "multidb"])
def test_the_database_that_env_py_names_is_not_touched(
    template: str, tmp_path: Path, new_database: NewDatabase
) -> None:
    own, prod = new_database(), new_database()
    project = Project(tmp_path, template, url=own.replace("postgresql:", "postgresql+psycopg:"))
    name = psycopg.sql.Identifier(psycopg.conninfo.conninfo_to_dict(own)["dbname"])
    with psycopg.connect(prod, autocommit=True) as conn:  # whoever connects to it now, fails
        conn.execute(psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        with ground(prod) as here:
            read_options(project.config, here)
        conn.execute(psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
    assert tables(own) == tables(prod) == []


def test_an_env_py_that_reads_the_environment_is_led_to_our_database(
    tmp_path: Path, new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, prod = new_database(), new_database("create table only_in_prod (version_num text)")
    monkeypatch.setenv("APP_DATABASE", own.replace("postgresql:", "postgresql+psycopg:"))
    project = Project(tmp_path)
    project.edit_env(
        (
            "config.get_section(config.config_ini_section, {})",
            '{"sqlalchemy.url": __import__("os").environ["APP_DATABASE"]}',
        ),
        (
            "        context.configure(\n            connection=connection,",
            "        from sqlalchemy import inspect\n        (found,) = inspect(connection).get_table_names()\n"
            "        context.configure(\n            connection=connection, version_table=found,",
        ),
    )
    with ground(prod) as here:
        assert read_options(project.config, here).version_table == "only_in_prod"


@pytest.mark.parametrize("template", ["generic", "async"])
def test_the_online_branch_is_what_runs(template: str, tmp_path: Path, new_database: NewDatabase) -> None:
    project = Project(tmp_path, template)
    project.edit_env(
        ("def run_migrations_offline() -> None:", "def run_migrations_offline() -> None:\n    raise KeyError\n")
    )
    with ground(new_database()) as here:
        assert read_options(project.config, here).version_table == "alembic_version"


def test_what_env_py_writes_by_itself_is_refused_on_prod(tmp_path: Path, new_database: NewDatabase) -> None:
    prod, project = new_database(), Project(tmp_path)
    project.edit_env(
        (
            "        with context.begin_transaction",
            "        connection.exec_driver_sql('create table extra (id int)')\n        with context.begin_transaction",
        )
    )
    with (
        ground(prod) as here,
        pytest.raises(RevisionError, match=r"env.py line \d+ failed with ReadOnlySqlTransaction"),
    ):
        read_options(project.config, here)
    assert tables(prod) == []


def test_an_env_py_whose_engine_cannot_be_made_takes_its_offline_branch(
    tmp_path: Path, new_database: NewDatabase
) -> None:
    project = Project(tmp_path, url="driver://user:pass@localhost/dbname")  # as `alembic init` leaves it
    with ground(new_database()) as here:
        seen = []
        run_environment(project.config, Task(lambda _revisions, context: seen.append(context.as_sql) or ()), here)
    assert seen == [False]


def test_what_fails_in_the_offline_branch_is_told(tmp_path: Path, new_database: NewDatabase) -> None:
    project = Project(tmp_path, url="driver://user:pass@localhost/dbname")

    def work(*_: object) -> Iterable[object]:
        raise ValueError("of a revision")

    with ground(new_database()) as here, pytest.raises(RevisionError, match="failed with ValueError: of a revision"):
        run_environment(project.config, Task(work), here)


def test_the_teams_options_come_out(tmp_path: Path, new_database: NewDatabase) -> None:
    project = Project(tmp_path)
    project.edit_env(
        (
            "connection=connection, target_metadata=target_metadata",
            "connection=connection, target_metadata=target_metadata, version_table='versions',"
            " version_table_schema='ops', include_schemas=True,"
            " include_name=lambda name, type_, parents: name != 'legacy'",
        )
    )
    with ground(new_database()) as here:
        options = read_options(project.config, here)
    assert (options.version_table, options.version_table_schema, options.include_schemas) == ("versions", "ops", True)
    assert options.include_name
    assert not options.include_name("legacy", "table", {})


def test_logging_and_stdout_stay_ours(
    tmp_path: Path, new_database: NewDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path)
    project.env.write_text("print('hello from env.py')\n" + project.env.read_text())
    capsys.readouterr()
    ours, handlers = logging.getLogger("alembic_krakn.revision"), logging.root.handlers[:]
    with ground(new_database()) as here:
        read_options(project.config, here)
    assert not ours.disabled
    assert logging.root.handlers == handlers
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "raise ValueError('cannot use postgresql://app:secret@db/shop')",
            r"env.py line 1 failed with ValueError: .*app:\*\*\*@db",
        ),
        ("import os", "ended without calling context.configure"),
        ("raise SystemExit('no settings')", "SystemExit: no settings"),
        ("def (", "SyntaxError"),
    ],
)
def test_an_env_py_that_fails_is_explained(
    source: str, message: str, tmp_path: Path, new_database: NewDatabase
) -> None:
    project = Project(tmp_path)
    project.env.write_text(source)
    with ground(new_database()) as here, pytest.raises(RevisionError, match=message):
        read_options(project.config, here)


def test_an_env_py_that_runs_no_migrations_is_no_place_for_work(tmp_path: Path, new_database: NewDatabase) -> None:
    project = Project(tmp_path)
    project.edit_env(("context.run_migrations()", "pass"))
    with ground(new_database()) as here:
        assert read_options(project.config, here).version_table == "alembic_version"
        with pytest.raises(RevisionError, match=r"ended without calling context.run_migrations\(\), which krakn needs"):
            run_environment(project.config, Task(lambda _revisions, _context: ()), here)


def test_of_several_schemas_the_first_is_worked_on_and_known(tmp_path: Path, new_database: NewDatabase) -> None:
    """An env.py that runs its migrations for each tenant has a version table in each tenant's schema."""
    project = Project(tmp_path)
    project.edit_env(
        (
            "        with context.begin_transaction():\n            context.run_migrations()\n\n\nif",
            """        for tenant in (None, 'first', 'second'):
            context.configure(connection=connection, version_table_schema=tenant)
            if tenant:
                with context.begin_transaction():
                    context.run_migrations(tenant=tenant)


if""",
        )
    )
    worked: list[str | None] = []
    with ground(new_database("create schema first; create schema second")) as here:
        task = Task(lambda _revisions, context: worked.append(context.version_table_schema) or ())
        options = run_environment(project.config, task, here)
        assert read_options(project.config, here) == options
    assert worked == ["first"]
    assert (options.version_table_schema, options.arguments) == ("first", {"tenant": "first"})
