"""Prod compared with the project itself: with what its revisions build, and with its models; test is not needed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from stories import catalog_of
from teams import NOWHERE, Project

from alembic_krakn.cli import main

NewDatabase = Callable[..., str]
Captured = pytest.CaptureFixture[str]

AT_ONE = (
    "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values ('one');"
)
USERS = "create table users (id serial primary key, nick text);"
ONE = "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('nick', sa.Text))"
MODELS = """
from sqlalchemy import CheckConstraint, Column, Enum, ForeignKey, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import DOMAIN

def include_object(item, name, kind, reflected, other):
    return not item.info.get("foreign")

first, target_metadata = MetaData(), MetaData()
Table("users", first, Column("id", Integer, primary_key=True), Column("nick", Text, comment="what we call them"),
    Column("mood", Enum("glad", "sad", name="mood")), Column("word", DOMAIN("word", Text)), Index("ix_nick", "nick"),
    CheckConstraint("length(nick) > 1", name="long_enough"))
Table("orders", target_metadata, Column("id", Integer, primary_key=True),
    Column("twice", Integer, server_default=text("public.two()")), schema="shop")
Table("somebody_elses", target_metadata, Column("id", Integer), info={"foreign": True})
"""
# What models cannot say.
UNSAID = """
create function two() returns int language sql as 'select 2';
create function stamp() returns trigger language plpgsql as 'begin return new; end';
create view nicks as select nick from users;
create materialized view counted as select count(*) as n from users;
create trigger stamp before insert on users for each row execute function stamp();
alter table users enable row level security;
create policy mine on users using (nick = current_user);
create rule nothing as on delete to users do instead nothing;
create statistics both_of on id, nick from users;
grant select on users to public;
create publication all_of_it for table users;
comment on table users is 'people';
create type mine as enum ('a');
create sequence of_its_own;
alter table users set (fillfactor = 70), replica identity full;
alter table users alter nick set storage external, alter nick set statistics 7;
create schema other; create table other.theirs (id int);
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    made.revision("one", None, ONE)
    return made


def with_models(project: Project, models: str = MODELS) -> None:
    path = project.folder / "shop_models.py"
    path.write_text(models)
    project.edit_env(
        (
            "target_metadata = None",
            "from importlib.util import module_from_spec, spec_from_file_location\n"
            f"spec = spec_from_file_location('shop_models', {str(path)!r})\n"
            "shop_models = module_from_spec(spec)\nspec.loader.exec_module(shop_models)\n"
            "target_metadata = [shop_models.first, shop_models.target_metadata]",
        ),
        (
            "connection=connection, target_metadata=target_metadata",
            "connection=connection, target_metadata=target_metadata, include_object=shop_models.include_object",
        ),
    )


def changes(capsys: Captured) -> dict[str, list[str] | None]:
    document = json.loads(capsys.readouterr().out)
    assert document["test"]["database"] is None
    return {
        f"{each['verb']} {each['kind']} {'.'.join(each['path'])}": each["explained_by"] for each in document["changes"]
    }


def test_to_head_finds_what_no_revision_does(project: Project, new_database: NewDatabase, capsys: Captured) -> None:
    prod = new_database(USERS + AT_ONE + "create index hotfix on users (nick)")
    project.revision("two", "one", "op.add_column('users', sa.Column('mail', sa.Text))")
    assert main(["diff", "--prod", prod, "--to", "head", "--format", "json"]) == 0
    assert changes(capsys) == {"create column public.users.mail": ["two"], "drop index public.hotfix": []}
    assert main(["migrate", "--prod", prod, "--to", "head", "--sql"]) == 0
    assert "DROP INDEX public.hotfix" in (out := capsys.readouterr().out)
    assert "mail" not in out
    assert main(["migrate", "--prod", prod, "--to", "head", "--keep-prod-only"]) == 0
    assert "prod's schema is that of the project's head, as far as it was chosen" in capsys.readouterr().out


def test_to_head_names_the_revision_that_does_not_run(
    project: Project, new_database: NewDatabase, capsys: Captured
) -> None:
    project.revision("two", "one", "op.drop_table('what_somebody_made_by_hand')")
    assert main(["diff", "--prod", new_database(USERS + AT_ONE), "--to", "head"]) == 2
    err = capsys.readouterr().err
    assert "the upgrade of revision two (" in err
    assert "failed with UndefinedTable" in err


def test_what_models_cannot_say_stays(project: Project, new_database: NewDatabase, capsys: Captured) -> None:
    with_models(project)
    prod = new_database(USERS + AT_ONE + UNSAID)
    assert main(["diff", "--prod", prod, "--to", "models", "--format", "json"]) == 0
    assert changes(capsys).keys() == {
        "create enum public.mood",
        "create domain public.word",
        "create column public.users.mood",
        "create column public.users.word",
        "create comment column.public.users.nick",
        "create constraint public.users.long_enough",
        "create index public.ix_nick",
        "create schema shop",
        "create sequence shop.orders_id_seq",
        "create sequence ownership shop.orders_id_seq",
        "create table shop.orders",
        "create column shop.orders.id",
        "create column shop.orders.twice",
        "create constraint shop.orders.orders_pkey",
        "create default shop.orders.id",
        "create default shop.orders.twice",
    }


def test_a_revision_leads_to_the_models_and_back(
    project: Project, new_database: NewDatabase, capsys: Captured, server: str
) -> None:
    with_models(project)
    prod = new_database(
        USERS
        + AT_ONE
        + UNSAID
        + "create type gone as enum ('x'); alter table users add old gone, add own int default 1;"
        "create table unused (); create index unwanted on users (id)"
    )
    mood = "sa.Enum('glad', 'sad', name='mood')"
    project.revision("two", "one", f"{mood}.create(op.get_bind())\nop.add_column('users', sa.Column('mood', {mood}))")
    before = catalog_of(prod)
    assert (
        main(["migrate", "--prod", prod, "--to", "models", "-m", "models", "--rev-id", "three", "--scratch", server])
        == 0
    )
    capsys.readouterr()
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace(NOWHERE, prod.replace("postgresql:", "postgresql+psycopg:")))
    # not in this process: env.py sets up logging for good
    subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], check=True, capture_output=True)
    code = main(["diff", "--prod", prod, "--to", "models", "--exit-code", "--scratch", server])
    out = capsys.readouterr().out
    assert (code, out.endswith("is that of the models.\n")) == (0, True), out
    after = catalog_of(prod)
    names = {str(ident) for ident in before.facts.keys() - after.facts.keys()}
    assert {"enum public.gone", "table public.unused", "index public.unwanted", "column public.users.own"} <= names
    with psycopg.connect(prod) as conn:
        conn.execute("select count(*) from nicks")


def test_what_stays_and_needs_what_goes_is_an_error(
    project: Project, new_database: NewDatabase, capsys: Captured, server: str
) -> None:
    with_models(project)
    prod = new_database(
        USERS + AT_ONE + UNSAID + "alter table users add old int; create view v as select old from users"
    )
    flags = ["--prod", prod, "--to", "models", "--scratch", server]
    assert main(["diff", *flags]) == 2
    err = capsys.readouterr().err
    assert "view public.v is not chosen and stays, but needs column public.users.old, which goes; models cannot" in err
    assert main(["diff", *flags, "--exclude", "column:public.users.old"]) == 0


def test_partitions_stay_and_follow_their_table(
    project: Project, new_database: NewDatabase, capsys: Captured, server: str
) -> None:
    with_models(
        project,
        MODELS + '\nTable("events", first, Column("id", Integer), Column("more", Integer, server_default="1"),'
        ' postgresql_partition_by="range (id)")',
    )
    prod = new_database(
        USERS + AT_ONE + UNSAID + "create table events (id int) partition by range (id);"
        "create table events_1 partition of events for values from (1) to (2);"
        "create table events_2 partition of events for values from (2) to (3) partition by range (id);"
        "create table events_3 partition of events_2 for values from (2) to (3)"
    )
    flags = ["--prod", prod, "--to", "models", "--scratch", server, "--only", "public.events"]
    assert main(["migrate", *flags, "--sql"]) == 0
    assert capsys.readouterr().out == (
        "BEGIN;\n\nALTER TABLE public.events ADD COLUMN more integer DEFAULT 1;\n\nCOMMIT;\n"
    )


def test_the_way_back(project: Project, new_database: NewDatabase, capsys: Captured) -> None:
    assert project.folder
    urls = [
        "--prod",
        new_database(USERS + "create index hotfix on users (nick)"),
        "--test",
        new_database(USERS + "create table a ()"),
    ]
    assert main(["diff", *urls, "--reverse", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(each["verb"], each["kind"]) for each in document["changes"]] == [("create", "index"), ("drop", "table")]
    assert (document["reverse"], document["to"]) == (True, "test")
    assert main(["migrate", *urls, "--reverse", "--sql"]) == 0
    out = capsys.readouterr().out
    assert "DROP TABLE public.a;" in out
    assert "CREATE INDEX hotfix" in out
    assert main(["migrate", *urls, "--reverse"]) == 2
    assert (
        "--reverse leads from test's schema to prod's, and a revision is for prod; add --sql" in capsys.readouterr().err
    )


def test_models_need_a_project(
    new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["diff", "--prod", new_database(), "--to", "models"]) == 2
    assert "krakn must work on an Alembic project" in capsys.readouterr().err


def test_no_models_are_an_error(project: Project, new_database: NewDatabase, capsys: Captured) -> None:
    assert project.folder
    assert main(["diff", "--prod", new_database(USERS + AT_ONE), "--to", "models"]) == 2
    assert "env.py gives no target_metadata with tables" in capsys.readouterr().err


def test_models_bring_types_and_sequences_of_their_own(
    project: Project, new_database: NewDatabase, capsys: Captured
) -> None:
    with_models(
        project,
        """
from sqlalchemy import ARRAY, BigInteger, Column, Enum, Integer, MetaData, Sequence, Table, TypeDecorator

class Mood(TypeDecorator):
    impl, cache_ok = Enum("glad", "sad", name="mood"), True

first, target_metadata = MetaData(), MetaData()
counted = Sequence("counted", metadata=first)
Table("users", first, Column("id", Integer, primary_key=True), Column("mood", Mood),
    Column("sizes", ARRAY(Enum("s", "l", name="size"))), Column("n", BigInteger, server_default=counted.next_value()))

def include_object(*_):
    return True
""",
    )
    prod = new_database(
        """create type mood as enum ('glad', 'sad'); create type size as enum ('s', 'm', 'l'); create sequence counted;
        create table users (id serial primary key, mood mood, sizes size[], n bigint default nextval('counted'));"""
        + AT_ONE
    )
    assert main(["diff", "--prod", prod, "--to", "models", "--format", "json"]) == 0
    assert changes(capsys).keys() == {"alter enum public.size"}


def test_models_that_cannot_be_created_are_an_error(
    project: Project, new_database: NewDatabase, capsys: Captured
) -> None:
    with_models(project, MODELS.replace("public.two()", "public.nowhere()"))
    assert main(["diff", "--prod", new_database(USERS + AT_ONE), "--to", "models"]) == 2
    assert "the models cannot be created in a scratch database: UndefinedFunction" in capsys.readouterr().err
