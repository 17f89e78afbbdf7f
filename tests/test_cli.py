"""Both programs as a person or a pipeline runs them: what they print where, how they end, and what they never say."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import jsonschema
import psycopg
import pytest
from teams import Project

from alembic_krakn import __version__, api
from alembic_krakn.cli import main
from alembic_krakn.cli.output import Output
from alembic_krakn.cli.progress import Plain
from alembic_krakn.errors import KraknError
from alembic_krakn.report.lines import line

NewDatabase = Callable[..., str]
Captured = pytest.CaptureFixture[str]

HAVE = (
    "create table orders (id int primary key, amount int); insert into orders select n, n from generate_series(1, 9) n"
)
WANT = "create table orders (id int primary key, amount bigint)"
KEY = "3e0f1c9d5a7b486290e1d2c3b4a59687"
posix = pytest.mark.skipif(sys.platform == "win32", reason="terminals and signals of POSIX")


@pytest.fixture(autouse=True)
def _nobody_elses_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KRAKN_") and name != "KRAKN_TEST_SERVER"]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "ALEMBIC_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def urls(new_database: NewDatabase) -> list[str]:
    return ["--prod", new_database(HAVE), "--test", new_database(WANT)]


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "alembic_krakn", *arguments]


def values(url: str) -> list[int]:
    with psycopg.connect(url) as conn:
        return [row[0] for row in conn.execute("select amount from orders order by id")]


class TestDiff:
    def test_two_urls_are_enough(self, urls: list[str], capsys: Captured) -> None:
        assert main(["diff", *urls]) == 0
        out, err = capsys.readouterr()
        assert "    ~ column amount: type integer -> bigint\n" in out
        assert err == ""

    def test_exit_code_tells_whether_there_are_differences(self, urls: list[str], new_database: NewDatabase) -> None:
        assert main(["diff", *urls, "--exit-code"]) == 1
        assert main(["diff", "--prod", urls[1], "--test", new_database(HAVE), "--exit-code"]) == 0

    def test_json_is_all_that_stdout_gets(self, urls: list[str], capsys: Captured) -> None:
        assert main(["diff", *urls, "--format", "json", "-v"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["summary"]["changed"] == 1
        assert document["test"]["database"].endswith(f"/{urlsplit(urls[3]).path[1:]}")

    def test_json_is_utf_8_everywhere(self, new_database: NewDatabase) -> None:
        urls = ["--prod", new_database(), "--test", new_database('create table "größe → 大" ()')]
        done = subprocess.run(
            program("diff", *urls, "--format", "json"),
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            capture_output=True,
            check=True,
        )
        assert json.loads(done.stdout.decode("utf-8"))["changes"][0]["path"] == ["public", "größe → 大"]

    def test_verbose_explains_each_step_on_stderr_and_quiet_says_nothing(
        self, urls: list[str], capsys: Captured
    ) -> None:
        main(["diff", *urls])
        plain = capsys.readouterr()
        main(["diff", *urls, "-v"])
        verbose = capsys.readouterr()
        main(["diff", *urls, "-q"])
        quiet = capsys.readouterr()
        assert plain.out == verbose.out == quiet.out
        assert [text.partition(" at ")[0] for text in verbose.err.splitlines()] == [
            "connecting to prod",
            "connecting to test",
            "reading the catalogs of prod and test",
            "comparing both schemas",
        ]
        assert (plain.err, quiet.err) == ("", "")

    def test_schemas_can_be_chosen(self, new_database: NewDatabase, capsys: Captured) -> None:
        urls = [
            "--prod",
            new_database(),
            "--test",
            new_database("create schema b; create table b.t (); create table t ()"),
        ]
        main(["diff", *urls, "--schemas", "b", "--format", "json"])
        paths = [change["path"] for change in json.loads(capsys.readouterr().out)["changes"]]
        assert paths == [["b"], ["b", "t"]]
        main(["diff", *urls, "--exclude-schemas", "a, b", "--format", "json"])
        paths = [change["path"] for change in json.loads(capsys.readouterr().out)["changes"]]
        assert paths == [["public", "t"]]

    def test_alembics_own_table_is_left_out(self, new_database: NewDatabase, capsys: Captured) -> None:
        ours = "create table alembic_version (version_num varchar(32) primary key)"
        urls = ["--prod", new_database(), "--test", new_database(ours)]
        assert main(["diff", *urls, "--exit-code"]) == 0
        assert main(["diff", *urls, "--exit-code", "--version-table", "other"]) == 1
        assert "+ table public.alembic_version" in capsys.readouterr().out


class TestSettings:
    def test_a_flag_goes_before_the_environment_which_goes_before_the_file(
        self, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
    ) -> None:
        first, second, third, test = (new_database() for _ in range(4))

        def prod_of(*arguments: str) -> str:
            assert main(["diff", "--test", test, "--format", "json", *arguments]) == 0
            return str(json.loads(capsys.readouterr().out)["prod"]["database"]).rpartition("/")[2]

        (tmp_path / "pyproject.toml").write_text(f'[tool.krakn]\nprod_url = "{third}"\n', encoding="utf-8")
        assert prod_of() == urlsplit(third).path[1:]
        monkeypatch.setenv("KRAKN_PROD_URL", second)
        assert prod_of() == urlsplit(second).path[1:]
        assert prod_of("--prod", first) == urlsplit(first).path[1:]

    def test_the_message_says_where_a_url_came_from(self, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
        monkeypatch.setenv("KRAKN_PROD_URL", "postgresql://u@127.0.0.1:1/d")
        assert main(["diff", "--test", "postgresql://u@127.0.0.1:1/e"]) == 2
        assert "(from KRAKN_PROD_URL)" in capsys.readouterr().err

    def test_an_unknown_key_is_named_with_the_nearest(self, tmp_path: Path, capsys: Captured) -> None:
        (tmp_path / "pyproject.toml").write_text('[tool.krakn]\nprod_uri = ""\n', encoding="utf-8")
        assert main(["diff"]) == 2
        assert "unknown key 'prod_uri'; did you mean prod_url?" in capsys.readouterr().err

    def test_a_named_project_must_be_there(self, urls: list[str], capsys: Captured) -> None:
        assert main(["diff", *urls, "-c", "nowhere.ini"]) == 2
        assert "nowhere.ini (there is no such file)" in capsys.readouterr().err


class TestProgram:
    def test_version(self, capsys: Captured) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["--version"])
        assert ended.value.code == 0
        assert capsys.readouterr().out == f"krakn {__version__}\n"

    def test_help_lists_the_commands(self, capsys: Captured) -> None:
        with pytest.raises(SystemExit):
            main(["--help"])
        text = " ".join(capsys.readouterr().out.split())
        for said in (
            "diff Show what differs",
            "migrate Write a revision",
            "sync-data Replace test's",
            "schema Print the",
        ):
            assert said in text

    @pytest.mark.parametrize("arguments", [[], ["dif"], ["diff", "--fromat", "json"], ["diff", "--format", "xml"]])
    def test_what_cannot_be_understood_ends_with_2(self, arguments: list[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2

    def test_schema_prints_the_profiles_json_schema(self, capsys: Captured) -> None:
        assert main(["schema"]) == 0
        assert json.loads(capsys.readouterr().out)["title"] == "alembic-krakn sync profile"

    def test_schema_diff_prints_the_json_schema_of_the_diff(self, urls: list[str], capsys: Captured) -> None:
        assert main(["schema", "diff"]) == 0
        schema = json.loads(capsys.readouterr().out)
        assert main(["diff", *urls, "--format", "json"]) == 0
        jsonschema.validate(json.loads(capsys.readouterr().out), schema)

    @posix
    def test_a_reader_that_goes_away_ends_nothing(self, urls: list[str]) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(program("diff", *urls), stdout=writing, stderr=subprocess.PIPE, check=False)
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b"")

    @posix
    @pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", ">&- 2>&- <&-"])
    @pytest.mark.parametrize("log", [[], ["--log-format", "json"]], ids=["text", "json"])
    def test_what_is_closed_ends_nothing(self, urls: list[str], closed: str, log: list[str]) -> None:
        done = subprocess.run(
            ["sh", "-c", f'exec "$@" {closed}', "sh", *program("sync-data", "--yes", *urls, *log)],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0
        assert b"Traceback" not in done.stdout + done.stderr
        assert values(urls[3]) == list(range(1, 10))

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_a_full_disk_under_the_result_is_told(
        self, unbuffered: str, urls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
        with open("/dev/full", "wb") as full:
            done = subprocess.run(program("diff", *urls), stdout=full, stderr=subprocess.PIPE, check=False)
            silent = subprocess.run(program("diff", *urls, "-v"), stdout=subprocess.PIPE, stderr=full, check=False)
        told = b"what was done is done, but the result cannot be written to stdout: No space left on device"
        assert (done.returncode, done.stderr.strip()) == (2, b"krakn: " + told)
        assert silent.returncode == 0
        assert silent.stdout

    @pytest.mark.parametrize(
        ("environ", "coloured"),
        [
            ({}, False),
            ({"FORCE_COLOR": "1", "TERM": "xterm"}, True),
            ({"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm"}, False),
            ({"FORCE_COLOR": "1", "TERM": "dumb"}, False),
        ],
    )
    def test_colours_are_for_those_who_see_them(
        self,
        urls: list[str],
        environ: dict[str, str],
        coloured: bool,
        monkeypatch: pytest.MonkeyPatch,
        capsys: Captured,
    ) -> None:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        main(["diff", *urls])
        assert ("\x1b[" in capsys.readouterr().out) is coloured

    def test_a_terminal_does_not_obey_what_a_database_says(self, capsys: Captured) -> None:
        Output().show([line("comment '\x1b]0;owned\x07'")])
        assert capsys.readouterr().out == "comment '\\x1b]0;owned\\x07'\n"


class TestErrors:
    @pytest.fixture
    def real(self, new_database: NewDatabase) -> str:
        return new_database()

    @staticmethod
    def with_secret(url: str, **parts: str) -> str:
        """Put a user with a password into a URL, and other parts where asked."""
        given = urlsplit(url)
        host = parts.get("host", given.netloc.rpartition("@")[2])
        return urlunsplit(given._replace(netloc=f"{parts.get('user', 'postgres')}:s3cr3t-pw@{host}"))

    @pytest.mark.parametrize(
        "broken",
        [
            "postgresql://ann:s3cr3t-pw@127.0.0.1:1/shop",
            "postgresql://ann:s3cr3t-pw@no-such-host.invalid/shop",
            "postgresql://ann:s3cr3t-pw@127.0.0.1:54x/shop",
            "postgresql://ann:s3cr3t-pw@127.0.0.1/shop?no_such_option=1",
            "mysql://ann:s3cr3t-pw@127.0.0.1/shop",
            "host=127.0.0.1 port=1 user=ann password=s3cr3t-pw",
            "host=127.0.0.1 user=ann password='s3cr3t-pw",
        ],
    )
    def test_no_password_in_what_a_bad_url_gives(self, real: str, broken: str, capsys: Captured) -> None:
        for sides in (["--prod", broken, "--test", real], ["--prod", real, "--test", broken]):
            assert main(["diff", *sides, "-v"]) == 2
            out, err = capsys.readouterr()
            with pytest.raises(KraknError) as raised:
                main(["diff", *sides, "--raiseerr"])
            told = "".join(traceback.format_exception(raised.value))
            assert "s3cr3t" not in out + err + told
            assert "Traceback" not in err

    def test_no_password_in_what_a_server_refuses(self, real: str, capsys: Captured) -> None:
        for url in (self.with_secret(real, user="nobody_here"), f"{self.with_secret(real)}_gone"):
            assert main(["diff", "--prod", url, "--test", real]) == 2
            out, err = capsys.readouterr()
            assert "cannot connect to prod" in err
            assert "s3cr3t" not in out + err

    def test_the_same_database_is_refused_in_another_spelling(self, real: str, capsys: Captured) -> None:
        other = real.replace("postgresql://", "postgresql+asyncpg://")
        for command in ("diff", "sync-data"):
            assert main([command, "--prod", real, "--test", other]) == 2
            assert "lead to the same database" in capsys.readouterr().err

    def test_an_error_is_one_line_and_no_traceback(self, capsys: Captured) -> None:
        assert main(["diff"]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n"), err.startswith("krakn: no URL for prod")) == ("", 1, True)

    def test_what_nobody_expected_is_told_without_a_users_data(
        self, urls: list[str], new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch, capsys: Captured
    ) -> None:
        def surprise(*_: object, **__: object) -> None:
            with psycopg.connect(urls[1]) as conn:
                conn.execute("insert into orders values (1, 4711)")

        monkeypatch.setattr(api, "diff", surprise)
        assert main(["diff", *urls]) == 2
        err = capsys.readouterr().err
        assert err.startswith("Traceback (most recent call last):\n")
        assert "UniqueViolation (SQLSTATE 23505)" in err
        assert "Key (id)" not in err
        assert "this is a bug in krakn; please report it" in err

    @posix
    def test_ctrl_c_says_that_nothing_was_changed(self, real: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
            url = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d"
            run = subprocess.Popen(
                program("diff", "--prod", url, "--test", real), stderr=subprocess.PIPE, stdout=subprocess.PIPE
            )
            with silent.accept()[0]:
                run.send_signal(signal.SIGINT)
                _, err = run.communicate(timeout=20)
        assert run.returncode == 130
        assert err.decode() == "krakn: interrupted; nothing was changed\n"


class TestMigrate:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Project:
        return Project(tmp_path)

    def test_it_writes_a_file_and_names_it_on_stdout(self, project: Project, urls: list[str], capsys: Captured) -> None:
        arguments = ["--rev-id", "abc1", "-m", "widen amounts", "--branch-label", "wide"]
        assert main(["migrate", *urls, *arguments]) == 0
        out, err = capsys.readouterr()
        path = project.folder / "migrations" / "versions" / "abc1_widen_amounts.py"
        assert out == f"wrote {path.relative_to(project.folder)}\n"
        text = path.read_text(encoding="utf-8")
        assert "existing_type=sa.Integer(),\n               type_=sa.BigInteger()" in text
        assert "branch_labels: Union[str, Sequence[str], None] = ('wide',)" in text
        assert "review it before it runs" in err

    def test_sql_goes_to_stdout_and_no_file_is_written(
        self, project: Project, urls: list[str], capsys: Captured
    ) -> None:
        assert main(["migrate", *urls, "--sql"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("BEGIN;\n")
        assert "ALTER TABLE public.orders ALTER COLUMN amount TYPE bigint;\n" in out
        assert list((project.folder / "migrations" / "versions").glob("*.py")) == []
        with psycopg.connect(urls[1]) as conn:  # what it prints runs
            conn.execute(out.encode())

    def test_without_differences_there_is_no_file(
        self, project: Project, new_database: NewDatabase, capsys: Captured
    ) -> None:
        assert main(["migrate", "--prod", new_database(WANT), "--test", new_database(WANT), "-m", "nothing"]) == 0
        assert capsys.readouterr().out.startswith("No differences: ")
        assert main(["migrate", "--prod", new_database(WANT), "--test", new_database(WANT), "--sql"]) == 0
        out, err = capsys.readouterr()
        assert (out, err.startswith("No differences: ")) == ("", True)
        assert list((project.folder / "migrations" / "versions").glob("*.py")) == []

    def test_pending_revisions_are_not_repeated(self, project: Project, urls: list[str], capsys: Captured) -> None:
        project.revision("a1", None, "op.alter_column('orders', 'amount', type_=sa.BigInteger())")
        assert main(["migrate", *urls, "-m", "nothing"]) == 0
        out, err = capsys.readouterr()
        assert (
            out
            == "No differences: after 1 pending revision, prod's schema is that of test; there is nothing to write.\n"
        )
        assert "what pending revisions do already is not repeated: a1" in err

    def test_base_prod_branches_off_beside_them(self, project: Project, urls: list[str], capsys: Captured) -> None:
        project.revision("a1", None, "op.alter_column('orders', 'amount', type_=sa.BigInteger())")
        assert main(["migrate", *urls, "-m", "beside", "--rev-id", "b1", "--base", "prod"]) == 0
        text = (project.folder / "migrations" / "versions" / "b1_beside.py").read_text(encoding="utf-8")
        assert "down_revision: Union[str, Sequence[str], None] = None" in text
        assert "as a branch beside 1 pending one" in capsys.readouterr().err

    def test_without_a_project_it_says_what_it_needs(self, urls: list[str], capsys: Captured) -> None:
        assert main(["migrate", *urls]) == 2
        assert "no Alembic project was found in" in capsys.readouterr().err

    def test_what_alembic_refuses_is_told_as_alembic_tells_it(
        self, project: Project, urls: list[str], capsys: Captured
    ) -> None:
        assert project.env.exists()
        assert main(["migrate", *urls, "--head", "nowhere"]) == 2
        err = capsys.readouterr().err
        assert "nowhere" in err
        assert "Traceback" not in err


class TestSync:
    def test_rows_arrive_and_the_report_says_so(self, urls: list[str], tmp_path: Path, capsys: Captured) -> None:
        assert main(["sync-data", *urls, "--yes", "--report", "report.json"]) == 0
        assert values(urls[3]) == list(range(1, 10))
        out = capsys.readouterr().out.splitlines()
        assert out[0].split() == ["table", "rows", "seconds", "rows/s", "checks", "masked", "columns"]
        assert out[1].split()[:2] == ["orders", "9"]
        assert out[3].startswith("9 rows in 1 table came from prod in ")
        report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        assert (report["version"], report["rows"], report["tables"][0]["table"]) == (1, 9, "public.orders")

    def test_json_is_the_report(self, urls: list[str], capsys: Captured) -> None:
        assert main(["sync-data", *urls, "--yes", "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["rows"] == 9

    def test_a_dry_run_shows_masked_samples_and_writes_nothing(
        self, urls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
    ) -> None:
        (tmp_path / "krakn.yaml").write_text("tables: {orders: {columns: {amount: {mask: nullify}}}}", encoding="utf-8")
        monkeypatch.setenv("KRAKN_MASK_KEY", KEY)
        assert main(["sync-data", *urls, "--dry-run", "--profile", "krakn.yaml"]) == 0
        out = capsys.readouterr().out
        rows = [text.split() for text in out.splitlines()]
        assert ["id", "copy", "1", "2", "3"] in rows
        assert next(row for row in rows if row[:1] == ["amount"])[-3:] == ["NULL"] * 3
        assert "nothing was written" in out
        assert values(urls[3]) == []
        assert main(["sync-data", *urls, "--dry-run", "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["tables"][0]["sample"][0] == {"id": "1", "amount": "1"}

    def test_renames_come_from_the_pending_revisions(
        self, new_database: NewDatabase, tmp_path: Path, capsys: Captured
    ) -> None:
        project = Project(tmp_path)
        project.revision("a1", None, "op.alter_column('orders', 'price', new_column_name='amount')")
        prod = new_database("create table orders (id int primary key, price int)", "insert into orders values (1, 5)")
        test = new_database("create table orders (id int primary key, amount int)")
        assert main(["sync-data", "--prod", prod, "--test", test, "--yes"]) == 0, capsys.readouterr().err
        assert values(test) == [5]

    def test_a_wrong_profile_is_told_before_anything_happens(
        self, urls: list[str], tmp_path: Path, capsys: Captured
    ) -> None:
        (tmp_path / "krakn.yaml").write_text("tables: {order: {skip: true}}", encoding="utf-8")
        assert main(["sync-data", *urls, "--yes", "--profile", "krakn.yaml"]) == 2
        assert "is not a table of test; did you mean 'orders'?" in capsys.readouterr().err
        assert values(urls[3]) == []

    def test_a_missing_key_is_told_once(
        self, urls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
    ) -> None:
        rules = "tables: {orders: {columns: {id: {mask: hash}, amount: {mask: {fake: random_int}}}}}"
        (tmp_path / "krakn.yaml").write_text(rules, encoding="utf-8")
        assert main(["sync-data", *urls, "--yes", "--profile", "krakn.yaml"]) == 2
        err = capsys.readouterr().err
        assert err.startswith("krakn: krakn.yaml: the mask of orders.id and 1 more needs a mask key")
        assert err.count("KRAKN_MASK_KEY is not set") == 1
        monkeypatch.setenv("KRAKN_MASK_KEY", "hunter2")
        assert main(["sync-data", *urls, "--yes", "--profile", "krakn.yaml"]) == 2
        err = capsys.readouterr().err
        assert "KRAKN_MASK_KEY holds 7 bytes" in err
        assert "hunter2" not in err

    def test_a_report_that_cannot_be_written_is_told_first(self, urls: list[str], capsys: Captured) -> None:
        assert main(["sync-data", *urls, "--yes", "--report", "nowhere/report.json"]) == 2
        assert "--report: there is no folder" in capsys.readouterr().err
        assert values(urls[3]) == []

    def test_a_report_that_fails_in_the_end_does_not_hide_that_the_rows_are_there(
        self, urls: list[str], tmp_path: Path, capsys: Captured
    ) -> None:
        (tmp_path / "report.json").mkdir()
        assert main(["sync-data", *urls, "--yes", "--report", "report.json"]) == 2
        out, err = capsys.readouterr()
        assert "9 rows in 1 table came from prod" in out
        assert err.startswith("krakn: the work is done, but its report cannot be written to report.json: ")

    @posix
    @pytest.mark.parametrize(
        ("answer", "flags", "code", "rows"), [("no", [], 2, 0), ("yes", [], 0, 9), (None, ["--yes"], 0, 9)]
    )
    def test_at_a_terminal_a_person_is_asked(
        self, urls: list[str], answer: str | None, flags: list[str], code: int, rows: int
    ) -> None:
        with terminal(program("sync-data", *urls, *flags)) as (run, keyboard, screen):
            if answer:
                while "Type yes to go on: " not in screen():
                    assert run.poll() is None, screen()
                    time.sleep(0.05)
                os.write(keyboard, f"{answer}\n".encode())
            assert run.wait(timeout=60) == code
            assert ("will be replaced" in screen()) is bool(answer)
        assert len(values(urls[3])) == rows


@contextlib.contextmanager
def terminal(command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], int, Callable[[], str]]]:
    """Run a command at a terminal of its own: give the process, its keyboard and what is on its screen."""
    import pty

    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    run = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"}, start_new_session=True
    )
    os.close(theirs)
    seen = bytearray()

    def screen() -> str:
        with contextlib.suppress(OSError):  # nothing there yet, or nobody any longer
            while data := os.read(ours, 65536):
                seen.extend(data)
        return seen.decode(errors="replace")

    try:
        yield run, ours, screen
    finally:
        run.kill()
        run.wait()
        os.close(ours)


def test_long_work_is_told_to_a_log_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    progress = Plain(Output())
    progress.start("public.orders", 3_000_000)
    for _ in range(12):
        clock[0] += 0.5
        progress.advance("public.orders", 250_000, 1)
    progress.finish("public.orders")
    progress.start("public.small", None)
    progress.advance("public.small", 5)
    progress.finish("public.small")
    assert capsys.readouterr().err.splitlines() == [
        "public.orders: 2.5M of 3.0M rows, 10 bytes, 500k/s, 0:00:01 left",
        "public.orders: 3,000,000 rows, 12 bytes, in 6.0 s",
    ]
