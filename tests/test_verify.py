"""A migration is run there and back in a scratch database before anybody trusts it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from teams import Project

from alembic_krakn import embedded
from alembic_krakn.cli import main

NewDatabase = Callable[..., str]
Captured = pytest.CaptureFixture[str]

AT_ONE = (
    "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values ('one');"
)
HAVE = "create table users (id serial primary key, nick text); create view nicks as select nick from users;"
WANT = (
    "create type mood as enum ('glad', 'sad'); create table users (id serial primary key, nick varchar(20), mood mood"
    " default 'glad', mail text); create view nicks as select nick from users; create index on users (nick);"
    "create function f() returns int language sql as $$ select 1; select 2 $$;"
)
MAIL = "op.add_column('users', sa.Column('mail', sa.Text))"
GOOD = "verified: upgrade gives test's schema, downgrade gives prod's back\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    made.revision("one", None, "op.create_table('users')")
    return made


@pytest.fixture
def urls(new_database: NewDatabase) -> list[str]:
    return ["--prod", new_database(HAVE + AT_ONE), "--test", new_database(WANT)]


def scratches(url: str) -> set[str]:
    with psycopg.connect(url) as conn:
        return {name for (name,) in conn.execute("select datname from pg_database where datname ~ '^krakn_scratch'")}


@pytest.mark.usefixtures("project")
def test_a_revision_is_run_there_and_back(urls: list[str], capsys: Captured) -> None:
    before = scratches(urls[1])
    assert main(["migrate", *urls, "--verify"]) == 0
    assert capsys.readouterr().out.endswith(GOOD)
    assert scratches(urls[1]) <= before


def test_pending_revisions_run_first(project: Project, urls: list[str], capsys: Captured) -> None:
    project.revision("two", "one", MAIL)
    assert main(["migrate", *urls, "--verify"]) == 0
    assert capsys.readouterr().out.endswith(GOOD)


def test_a_branch_beside_the_pending_revisions_runs_without_them(
    project: Project, urls: list[str], capsys: Captured
) -> None:
    project.revision("two", "one", MAIL)
    assert main(["migrate", *urls, "--verify", "--base", "prod"]) == 0
    assert capsys.readouterr().out.endswith(GOOD)


@pytest.mark.usefixtures("project")
def test_what_is_not_chosen_stays_in_the_proof_too(urls: list[str], capsys: Captured) -> None:
    assert main(["migrate", *urls, "--verify", "--only", "public.users", "--exclude", "column:*.*.mood"]) == 0
    assert capsys.readouterr().out.endswith(GOOD)


def test_what_a_template_adds_is_found(project: Project, urls: list[str], capsys: Captured) -> None:
    template = project.folder / "migrations" / "script.py.mako"
    text = template.read_text()
    text = text.replace('${upgrades if upgrades else "pass"}', "${upgrades}\n    op.execute('create table more ()')")
    text = text.replace('${downgrades if downgrades else "pass"}', "${downgrades}\n    op.drop_column('users', 'nick')")
    template.write_text(text.replace("op.drop_column('users', 'nick')", "op.execute('alter table users add x int')"))
    assert main(["migrate", *urls, "--verify"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("wrote ")
    assert (
        "not verified: after upgrade, 1 thing is not as in test\n    table public.more is there, and should not be\n"
        in out
    )
    assert "not verified: after downgrade, 2 things are not as before\n    column public.users.x is there" in out
    assert len(list((project.folder / "migrations" / "versions").glob("*.py"))) == 2  # the file stays


def test_a_revision_that_fails_is_told(project: Project, urls: list[str], capsys: Captured) -> None:
    template = project.folder / "migrations" / "script.py.mako"
    text = template.read_text()
    template.write_text(text.replace('${upgrades if upgrades else "pass"}', "op.drop_table('nothing')"))
    assert main(["migrate", *urls, "--verify"]) == 1
    assert "not verified: the upgrade of revision " in (out := capsys.readouterr().out)
    assert 'failed with UndefinedTable: table "nothing" does not exist' in out


@pytest.mark.usefixtures("project")
def test_sql_is_run_too(urls: list[str], capsys: Captured) -> None:
    assert main(["migrate", *urls, "--verify", "--sql"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("BEGIN;")
    assert "verified: the SQL gives test's schema\n" in err
    assert main(["migrate", *urls, "--verify", "--sql", "--reverse"]) == 0
    assert "verified: the SQL gives prod's schema\n" in capsys.readouterr().err


def test_a_chain_of_revisions_is_run_whole(project: Project, urls: list[str], capsys: Captured) -> None:
    with psycopg.connect(urls[3]) as conn:
        conn.execute("alter table users add constraint glad check (mood = 'glad'), alter nick set not null")
    project.revision("two", "one", MAIL)
    assert main(["migrate", *urls, "--verify", "--online", "-m", "chain", "--sql"]) == 0
    out, err = capsys.readouterr()
    assert "CREATE INDEX CONCURRENTLY" in out
    assert "verified: the SQL gives test's schema\n" in err
    assert main(["migrate", *urls, "--verify", "--online", "-m", "chain"]) == 0
    out = capsys.readouterr().out
    assert out.count("wrote ") > 1
    assert out.endswith(GOOD)


@pytest.mark.usefixtures("project")
def test_another_version_of_postgresql_tells_it_as_well(urls: list[str], capsys: Captured) -> None:
    with psycopg.connect(urls[3]) as conn:
        conn.execute("alter table users add check (nick in ('a', 'b') or mail::varchar(3) like any (array['a', 'b']))")
        conn.execute("create view v as select u.nick, x.n from users u, lateral (select count(*) as n from users) x")
    folder = Path(tempfile.mkdtemp(prefix="krakn-"))  # pytest's own is too long for a socket
    try:
        url = embedded.start(folder / "data", delete=True)
        assert main(["migrate", *urls, "--verify", "--scratch", url]) == 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert capsys.readouterr().out.endswith(GOOD)


def test_an_extension_that_the_scratch_server_cannot_have_stands_in_no_way(
    project: Project, tmp_path: Path, new_database: NewDatabase, capsys: Captured
) -> None:
    """Such as pg_cron, of which a server has one, or what only a provider has."""
    nowhere = """
        insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        values (16384 + 90000, 'of_a_provider', 10, 'public'::regnamespace, true, '1.0');
        comment on extension of_a_provider is 'nothing that can be had';
    """
    prod, test = new_database(HAVE + AT_ONE + nowhere), new_database(WANT + nowhere)
    project.revision("two", "one", MAIL)
    assert main(["migrate", "--prod", prod, "--test", test, "--verify"]) == 0
    said = capsys.readouterr()
    assert said.out.endswith(GOOD)
    assert "is without extension of_a_provider, which failed with " in said.err
    written = (tmp_path / "migrations" / "versions").glob("*.py")
    assert not [path for path in written if "of_a_provider" in path.read_text(encoding="utf-8")]


@pytest.mark.usefixtures("project")
def test_a_version_of_an_extension_that_the_scratch_server_lacks_is_another_one_there(
    new_database: NewDatabase, capsys: Captured
) -> None:
    with psycopg.connect(new_database()) as conn:
        found = conn.execute("select name from pg_available_extensions where name in ('hstore', 'vector')").fetchone()
    if found is None:
        pytest.skip("needs the extension hstore or vector")
    older = f"create extension {found[0]}; update pg_extension set extversion = '0.0.7' where extname = '{found[0]}';"
    typed = f"create table typed (a {found[0]});"
    prod, test = new_database(HAVE + AT_ONE + older + typed), new_database(WANT + older + typed)
    assert main(["migrate", "--prod", prod, "--test", test, "--verify"]) == 0
    assert capsys.readouterr().out.endswith(GOOD)


@pytest.mark.usefixtures("project")
def test_what_needs_an_extension_that_cannot_be_had_says_so(new_database: NewDatabase, capsys: Captured) -> None:
    nowhere = """
        insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        values (16384 + 90000, 'of_a_provider', 10, 'public'::regnamespace, true, '1.0');
        create domain odd as int; create table oddly (a odd);
        insert into pg_depend select 'pg_type'::regclass, 'odd'::regtype, 0, 'pg_extension'::regclass, oid, 0, 'e'
        from pg_extension where extname = 'of_a_provider';
    """
    prod, test = new_database(HAVE + AT_ONE + nowhere), new_database(WANT + nowhere)
    assert main(["migrate", "--prod", prod, "--test", test, "--verify"]) == 2
    said = capsys.readouterr().err
    assert "table public.oddly failed with UndefinedObject" in said
    assert "and extension of_a_provider is not there, which failed with" in said
    assert "give scratch_url a server with prod's extensions and roles, or use --base prod" in said
