"""Names without a schema mean what the search path says, which krakn does not know when its revision runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from alembic import command
from psycopg import sql
from roles import role
from stories import catalog_of
from teams import Project

from alembic_krakn.cli import main
from alembic_krakn.diff import plan

NewDatabase = Callable[..., str]

HAVE = """create schema app; create table t (id int primary key, a text); create table app.t (id int primary key);
    create type e as enum ('a'); create table gone (id int references t)"""
WANT = """create schema app; create type e as enum ('a', 'b');
    create table t (id int primary key, a text not null default 'x', c e);
    create table app.t (id int primary key, b int);
    create table n (id serial primary key, e e default 'a', t int references t, u int references app.t, check (t > u));
    create index on t (a); create unique index on n (t); create view v as select * from t"""


def project_of(folder: Path, url: str, more: str = "") -> Project:
    return Project(folder, url=url.replace("postgresql:", "postgresql+psycopg:") + more)


def by_database(prod: str, path: str) -> None:
    with psycopg.connect(prod, autocommit=True) as conn:
        database = sql.Identifier(conn.info.dbname)
        conn.execute(sql.SQL("ALTER DATABASE {} SET search_path = {}").format(database, sql.SQL(path)))


def there_and_back(project: Project, prod: str, test: str, *more: str) -> str:
    """Write a revision, run it up and down, and give what it says."""
    have, want = catalog_of(prod), catalog_of(test)
    with project.inside():
        assert main(["migrate", "--prod", prod, "--test", test, *more]) == 0
        command.upgrade(project.config, "head")
        there = without_version_table(prod)
        assert not plan(there, want).changes
        command.downgrade(project.config, "base")
        assert not plan(without_version_table(prod), have).changes
    return "".join(path.read_text() for path in project.folder.rglob("versions/*.py"))


def without_version_table(url: str):  # type: ignore[no-untyped-def]
    return catalog_of(url).keep(lambda fact: fact.ident.path[1:2] != ("alembic_version",))


@pytest.mark.parametrize("online", [(), ("--online",)], ids=["at once", "online"])
def test_a_path_of_the_database(online: tuple[str, ...], tmp_path: Path, new_database: NewDatabase) -> None:
    prod, test = new_database(HAVE), new_database(WANT)
    by_database(prod, "app, public")
    there_and_back(project_of(tmp_path, prod), prod, test, *online)


def test_a_path_in_the_projects_url(tmp_path: Path, new_database: NewDatabase) -> None:
    """Alembic's own table is in another schema then than krakn would look for it first."""
    prod, test = new_database(HAVE), new_database(WANT)
    sign = "&" if "?" in prod else "?"
    project = project_of(tmp_path, prod, f"{sign}options=-csearch_path%%3Dapp")
    there_and_back(project, prod, test)
    with project.inside():
        command.upgrade(project.config, "head")
        assert main(["migrate", "--prod", prod, "--test", test]) == 0
    assert len(list(project.folder.rglob("versions/*.py"))) == 1


def test_a_schema_that_is_called_as_the_owner(tmp_path: Path, new_database: NewDatabase, server: str) -> None:
    with role(server) as name:
        schema = sql.Identifier(name).as_string()
        prod, test = new_database(HAVE.replace("app", schema)), new_database(WANT.replace("app", schema))
        with psycopg.connect(prod, autocommit=True) as conn:
            conn.execute(sql.SQL("ALTER TABLE public.t OWNER TO {}").format(sql.Identifier(name)))
        assert "schema='public'" in there_and_back(project_of(tmp_path, prod), prod, test)
        with psycopg.connect(prod, autocommit=True) as conn:
            conn.execute(sql.SQL("ALTER TABLE public.t OWNER TO CURRENT_USER"))


def test_public_is_left_out_where_all_paths_begin_with_it(tmp_path: Path, new_database: NewDatabase) -> None:
    prod, test = new_database(HAVE), new_database(WANT)
    by_database(prod, "public, app")
    said = there_and_back(project_of(tmp_path, prod), prod, test)
    assert "schema='public'" not in said
    assert "op.alter_column('t', 'a'" in said
