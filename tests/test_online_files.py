"""Revisions of an online plan, as files: each leads there and back, and can be run again where it was stopped."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.script import write_hooks
from alembic.util import CommandError
from chains import EACH_BY_ITSELF, HAVE, TITLES, WANT, Chain
from databases import Databases
from sqlalchemy.exc import DBAPIError
from stories import catalog_of
from teams import TEMPLATES, Project

from alembic_krakn.cli.program import main
from alembic_krakn.diff import plan, stages
from alembic_krakn.errors import RevisionError
from alembic_krakn.revision.online import Timeouts, stages_script
from alembic_krakn.revision.write import Placement


# The stock env.py of multidb begins its transactions itself, and Alembic has no autocommit_block() then.
@pytest.mark.parametrize("template", [template for template in TEMPLATES if template != "multidb"])
def test_each_revision_leads_to_a_known_schema_and_back(template: str, write: Callable[..., Chain]) -> None:
    chain = write(template=template)
    assert [stage.title for stage in chain.stages] == TITLES
    for revision, stage in zip(chain.revisions, chain.stages, strict=True):
        chain.upgrade(revision)
        assert chain.now().facts == stage.want.facts
    assert chain.now().facts == chain.want.facts
    for revision, stage in zip(["base", *chain.revisions[:-1]][::-1], chain.stages[::-1], strict=True):
        chain.downgrade(revision)
        assert chain.now().facts == stage.have.facts
    assert chain.now().facts == chain.have.facts


@pytest.mark.parametrize("edits", [(), (EACH_BY_ITSELF,)], ids=["in one transaction", "each by itself"])
def test_all_revisions_run_in_one_upgrade_and_one_downgrade(
    edits: tuple[tuple[str, str], ...], write: Callable[..., Chain]
) -> None:
    chain = write(edits=edits)
    chain.upgrade()
    assert plan(chain.now(), chain.want).changes == ()
    chain.downgrade("base")
    assert plan(chain.now(), chain.have).changes == ()


def test_the_files_say_what_they_are(write: Callable[..., Chain]) -> None:
    chain = write()
    assert [path.stem.partition("_")[2] for path in chain.files] == [
        "as_test_1_of_3_quick_changes",
        "as_test_2_of_3_indexes_concurrently",
        "as_test_3_of_3_validation_and_indexes_",
    ]
    quick, indexes, validation = (path.read_text(encoding="utf-8") for path in chain.files)
    assert "autocommit_block" not in quick.partition("def downgrade")[0]
    assert "op.execute(\"SET LOCAL lock_timeout = '10s'\")" in quick
    upgrade = indexes.partition("def downgrade")[0]
    assert (
        """\
    with op.get_context().autocommit_block():
        op.execute('SET lock_timeout = 0')
        op.execute('SET statement_timeout = 0')
        op.drop_index(op.f('p_code_key'), table_name='p', postgresql_concurrently=True, if_exists=True)
        # may-fail: fails when two rows of table public.p have the same key
        op.create_index(op.f('p_code_key'), 'p', ['code'], unique=True, postgresql_concurrently=True)
"""
        in upgrade
    )
    assert "op.execute('ALTER TABLE public.p ADD CONSTRAINT p_code_key UNIQUE USING INDEX p_code_key')" in upgrade
    assert "op.execute('ALTER TABLE public.c VALIDATE CONSTRAINT c_p_fkey')" in validation


def test_what_needs_one_transaction_is_one_revision(write: Callable[..., Chain]) -> None:
    chain = write("create table t (a int)", "create table t (a int, b int)", at=Placement(rev_id="one"))
    assert [path.name for path in chain.files] == ["one_as_test.py"]
    chain.upgrade()
    assert plan(chain.now(), chain.want).changes == ()


def test_a_value_added_to_an_enum_and_used_at_once_keeps_the_timeouts(write: Callable[..., Chain]) -> None:
    chain = write(
        "create type e as enum ('a'); create table t (s e)",
        "create type e as enum ('a', 'b'); create table t (s e default 'b')",
    )
    (path,) = chain.files
    assert path.read_text(encoding="utf-8").partition("def downgrade")[0].count("SET LOCAL lock_timeout") == 2
    chain.upgrade()
    assert plan(chain.now(), chain.want).changes == ()


def test_one_revision_id_is_not_enough_for_several(write: Callable[..., Chain]) -> None:
    with pytest.raises(RevisionError, match="--rev-id names one revision, and this takes 3"):
        write(at=Placement(rev_id="one"))


@write_hooks.register("refuse_one")
def refuse_one(path: str, options: dict[str, str]) -> None:
    if options["which"] in path:
        Path(path).write_text("half of it, and (")
        raise CommandError("not this one")


@pytest.mark.parametrize("which", ["1_of_3", "2_of_3", "3_of_3"])
def test_a_chain_that_cannot_be_finished_leaves_no_file(
    which: str, tmp_path: Path, write: Callable[..., Chain]
) -> None:
    def prepare(project: Project) -> None:
        ini = project.folder / "alembic.ini"
        said = f"[post_write_hooks]\nhooks = own\nown.type = refuse_one\nown.which = {which}\n"
        ini.write_text(ini.read_text().replace("[post_write_hooks]\n", said))

    with pytest.raises(RevisionError, match="not this one"):
        write(prepare=prepare)
    assert list((tmp_path / "migrations" / "versions").glob("*.py")) == []


def test_what_failed_can_be_run_again(write: Callable[..., Chain]) -> None:
    chain = write(HAVE + "; insert into p values (7, 'c1')")
    with pytest.raises(DBAPIError, match="could not create unique index"):
        chain.upgrade()
    assert chain.at() == chain.revisions[0], "what ran before is committed"
    with psycopg.connect(chain.prod) as conn:
        assert conn.execute("select count(*) from pg_index where not indisvalid").fetchone() == (1,)
        conn.execute("delete from p where ctid = (select max(ctid) from p where code = 'c1')")
    chain.upgrade()
    assert chain.now().facts == chain.want.facts


def test_rows_that_break_a_constraint_stop_it_where_it_can_go_on(write: Callable[..., Chain]) -> None:
    chain = write(HAVE + "; insert into c values ('nobody', 1, 1)")
    with pytest.raises(DBAPIError, match="violates foreign key"):
        chain.upgrade()
    assert chain.at() == chain.revisions[1]
    with psycopg.connect(chain.prod) as conn:
        conn.execute("delete from c where p = 'nobody'")
    chain.upgrade()
    assert chain.now().facts == chain.want.facts


@pytest.fixture
def writer() -> Iterator[Callable[[str, str], psycopg.Connection]]:
    """Open transactions that write, and roll back what is left of them."""
    opened: list[psycopg.Connection] = []

    def begin(url: str, statement: str) -> psycopg.Connection:
        opened.append(psycopg.connect(url))
        opened[-1].execute(statement)
        return opened[-1]

    yield begin
    for conn in opened:
        conn.close()


def test_writers_go_on_while_indexes_are_built(
    write: Callable[..., Chain], writer: Callable[[str, str], psycopg.Connection]
) -> None:
    chain = write(edits=(EACH_BY_ITSELF,))
    chain.upgrade(chain.revisions[0])
    busy = writer(chain.prod, "insert into p values (1001, 'c1001')")
    upgrading = threading.Thread(target=chain.upgrade, args=(chain.revisions[1],))
    upgrading.start()
    try:
        with psycopg.connect(chain.prod, autocommit=True) as conn:
            wait_until(conn, "select exists (select from pg_stat_progress_create_index where relid = 'p'::regclass)")
            conn.execute("set lock_timeout = '5s'")
            conn.execute("insert into p values (1002, 'c1002')")
            assert conn.execute("select count(*) from p").fetchone() == (51,)
    finally:
        busy.commit()
        upgrading.join(60)
    assert not upgrading.is_alive()
    assert chain.now().facts == chain.stages[1].want.facts


def wait_until(conn: psycopg.Connection, question: str) -> None:
    for _ in range(1000):
        if conn.execute(question).fetchone() == (True,):
            return
        conn.execute("select pg_sleep(0.02)")
    raise AssertionError(f"never true: {question}")


def test_a_quick_revision_does_not_wait_for_long(
    write: Callable[..., Chain], writer: Callable[[str, str], psycopg.Connection]
) -> None:
    chain = write(timeouts=Timeouts("300ms"))
    busy = writer(chain.prod, "insert into p values (1001, 'c1001')")
    with pytest.raises(DBAPIError, match="lock timeout"):
        chain.upgrade()
    assert chain.now().facts == chain.have.facts
    busy.rollback()
    chain.upgrade()
    assert chain.now().facts == chain.want.facts


def test_a_session_keeps_no_timeout_of_a_revision(write: Callable[..., Chain]) -> None:
    shown = "connection.exec_driver_sql('show lock_timeout').scalar()"
    chain = write(
        edits=(
            EACH_BY_ITSELF,
            (
                "            context.run_migrations()\n",
                f"            context.run_migrations()\n        print({shown})\n",
            ),
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=chain.project.folder,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.split() == ["0"]


def test_the_script_stands_outside_of_transactions_where_it_must(new_database: Databases) -> None:
    url = new_database(HAVE)
    have, want = catalog_of(url), new_database.catalog(WANT)
    script = stages_script(stages(have, want), Timeouts("4s", "1min"))
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in filter(None, (part.strip() for part in script.split(";\n"))):
            conn.execute(statement)
    assert catalog_of(url).facts == want.facts
    outside = re.sub(r"BEGIN;.*?COMMIT;", "", script, flags=re.S)
    assert outside.count("CONCURRENTLY") == script.count("CONCURRENTLY") > 0
    assert outside.count("VALIDATE CONSTRAINT") == script.count("VALIDATE CONSTRAINT") > 0
    assert script.count("SET LOCAL lock_timeout = '4s';\nSET LOCAL statement_timeout = '1min';") == 3


def test_the_command_writes_the_chain_and_says_what_still_locks(
    tmp_path: Path, new_database: Databases, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prod = new_database(f"{HAVE}; create table r (a int)")
    test = new_database(f"{WANT}; create table r (a bigint)")
    project = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    urls = ["--prod", prod, "--test", test]
    assert main(["migrate", "--online", "--sql", *urls]) == 0
    assert "CREATE UNIQUE INDEX CONCURRENTLY p_code_key" in capsys.readouterr().out
    assert main(["migrate", "-m", "as test", "--online", "--lock-timeout", "2s", *urls]) == 0
    out, err = capsys.readouterr()
    assert [re.sub(r"\w+(?=_as_test)", "", line) for line in out.splitlines()] == [
        "wrote migrations/versions/_as_test_1_of_3_changes.py",
        "wrote migrations/versions/_as_test_2_of_3_indexes_concurrently.py",
        "wrote migrations/versions/_as_test_3_of_3_validation_and_indexes_.py",
    ]
    assert "others wait while this runs, as PostgreSQL has no other way: table public.r is written anew" in err
    assert all("'2s'" in path.read_text() for path in (project.folder / "migrations" / "versions").glob("*.py"))
    assert main(["migrate", "--online", *urls]) == 0
    assert capsys.readouterr().out.startswith("No differences: after 3 pending revisions")
