"""The example project: its revisions, its models, its rows, and the demo as the README tells to run it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import psycopg
import pytest
import sqlalchemy
from alembic.config import main
from psycopg import sql
from sqlalchemy import create_engine, make_url

import example_project
from alembic_krakn.errors import ConnectError
from alembic_krakn.report.diff_schema import diff_schema
from example_project import awkward, data, masks, stage
from example_project.models import Base
from example_project.stage import PROD_REVISION

SHOP = Path(example_project.__file__).parent


def sqlalchemy_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


@pytest.fixture
def alembic(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run alembic on a database, as the shop's team does: `alembic(url, "upgrade", "head")`."""

    def run(url: str, *arguments: str) -> None:
        with monkeypatch.context() as there:
            there.chdir(SHOP)
            there.setenv("SHOP_DATABASE_URL", sqlalchemy_url(url))
            main(["--raiseerr", *arguments])

    return run


@pytest.fixture
def prod(new_database: Callable[..., str], alembic: Callable[..., None]) -> str:
    """Give a database at prod's revision."""
    url = new_database()
    alembic(url, "upgrade", PROD_REVISION)
    return url


def objects(url: str) -> set[tuple[str, str]]:
    """List what a database holds besides Alembic's own table: kinds and names."""
    with psycopg.connect(url) as conn:
        rows = conn.execute(
            """
            SELECT relkind::text, relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
            UNION ALL SELECT typtype::text, typname FROM pg_type
                WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
            UNION ALL SELECT 'f', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            """
        ).fetchall()
    return {(kind, name) for kind, name in rows if not name.startswith("alembic_version")}


def test_revisions_lead_to_the_models_and_back_to_nothing(
    new_database: Callable[..., str], alembic: Callable[..., None]
) -> None:
    url = new_database()
    alembic(url, "upgrade", "head")
    if tuple(map(int, re.findall(r"\d+", sqlalchemy.__version__)))[:3] >= (2, 0, 30):  # before, a domain was text to it
        alembic(url, "check")  # fails when the models say something else
    head = objects(url)
    alembic(url, "downgrade", "base")
    assert objects(url) == set()
    alembic(url, "upgrade", "head")
    assert objects(url) == head


def test_revisions_and_models_name_constraints_and_indexes_alike(
    new_database: Callable[..., str], alembic: Callable[..., None]
) -> None:
    migrated, made = new_database(), new_database()
    alembic(migrated, "upgrade", "head")
    engine = create_engine(sqlalchemy_url(made))
    Base.metadata.create_all(engine)
    engine.dispose()

    def names(url: str) -> list[tuple[str, str]]:
        with psycopg.connect(url) as conn:
            return conn.execute(
                """
                SELECT conrelid::regclass::text, pg_get_constraintdef(oid) || ' ' || conname FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 'n'
                UNION ALL SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
                ORDER BY 1, 2
                """
            ).fetchall()

    assert [row for row in names(migrated) if row[0] != "alembic_version"] == names(made)


def test_the_diff_is_as_its_schema_says_and_the_same_in_every_run(
    prod: str, new_database: Callable[..., str], alembic: Callable[..., None], server: str
) -> None:
    test = new_database()
    alembic(test, "upgrade", "head")
    printed = []
    for seed in ("0", "1"):
        command = ["krakn-diff", "--prod", prod, "--test", test, "--scratch", server, "--format", "json"]
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *command],
            cwd=SHOP,
            env={**os.environ, "SHOP_DATABASE_URL": sqlalchemy_url(prod), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        printed.append(done.stdout)
    assert printed[0] == printed[1]
    document = json.loads(printed[0])
    jsonschema.validate(document, diff_schema())
    assert document["summary"]["drift"] == 0
    assert "rename" in {change["verb"] for change in document["changes"]}


def test_the_pending_revisions_take_the_rows_of_prod_along_and_back(prod: str, alembic: Callable[..., None]) -> None:
    before = objects(prod)
    with psycopg.connect(prod) as conn:
        counts = data.load(conn)
    alembic(prod, "upgrade", "head")
    with psycopg.connect(prod) as conn:
        assert conn.execute("SELECT count(*) FROM support_messages").fetchone() == (counts["ticket_messages"],)
        assert conn.execute("SELECT count(*) FROM customer_revenue").fetchone()[0] > 1000
        assert conn.execute("SELECT nextval('orders_id_seq')").fetchone() == (counts["orders"] + 1,)
    alembic(prod, "downgrade", PROD_REVISION)
    assert objects(prod) == before


def test_the_audit_trigger_writes_down_changes_of_payments(
    new_database: Callable[..., str], alembic: Callable[..., None]
) -> None:
    url = new_database()
    alembic(url, "upgrade", "head")
    with psycopg.connect(url) as conn:
        conn.execute("INSERT INTO customers (email, full_name) VALUES ('a@b.example', 'A')")
        conn.execute("INSERT INTO orders (customer_id, currency, placed_at) VALUES (1, 'EUR', now())")
        conn.execute("INSERT INTO payments (order_id, method, amount) VALUES (1, 'sepa', 5)")
        conn.execute("UPDATE payments SET amount = 6")
        found = conn.execute("SELECT action, row_key, before, (after ->> 'amount')::numeric FROM audit_log ORDER BY id")
        assert [(row[0], row[1], row[3]) for row in found] == [("payment insert", 1, 5), ("payment update", 1, 6)]


def fingerprint(seed: int) -> str:
    rows = hashlib.sha256()
    for batch in data.generate(seed):
        for row in batch.rows:
            rows.update(repr((batch.table, row)).encode())
    return rows.hexdigest()


def test_the_rows_of_prod_are_the_same_in_every_run() -> None:
    assert fingerprint(1) == fingerprint(1)
    assert fingerprint(1) != fingerprint(2)


def test_there_are_some_50_000_rows_with_every_awkward_value(prod: str) -> None:
    with psycopg.connect(prod) as conn:
        assert 48_000 < sum(data.load(conn).values()) < 55_000

        def column(table: str, name: str) -> list[str | None]:
            rows = conn.execute(f'SELECT "{name}"::text FROM {table} ORDER BY id LIMIT 100').fetchall()
            return [row[0] for row in rows]

        texts = column("customers", "notes")
        assert set(awkward.TEXTS) <= set(texts)
        assert None in texts
        assert {"infinity", "-infinity", "0044-03-15 BC"} <= set(column("customers", "birthdate"))
        conn.execute("SET timezone = 'UTC'")
        times = set(column("orders", "placed_at"))
        assert {"infinity", "-infinity", "4713-01-01 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00"} <= times
        assert {"NaN", "Infinity", "-Infinity", "9" * 1000} <= set(column("products", "weight"))
        assert {"{}", '{""}', "{{a,b},{c,d}}", "[0:1]={book,zero}"} <= set(column("products", "tags"))
        assert {"null", "[]", '""'} <= set(column("products", "attributes"))
        assert {"\\x", "\\x00", "\\x" + bytes(range(256)).hex()} <= set(column("products", "thumbnail"))
        assert str(awkward.UUIDS[1]) in column("orders", "public_id")
        assert str(2**63 - 1) in column("audit_log", "row_key")


def test_the_shops_own_masks_follow_the_key_and_keep_the_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    pl = pytest.importorskip("polars")
    monkeypatch.setenv("KRAKN_MASK_KEY", "one key")
    dates = pl.Series(["2000-02-29", None, "infinity", "0044-03-15 BC", "2000-02-29", "9999-12-31"])
    shifted = masks.shift_birthdate(dates)
    assert shifted[0] == shifted[4] != dates[0]
    assert shifted[1:4].to_list() == [None, None, None]
    digits = masks.scramble_digits(pl.Series(["4242", None, "a-1b"]))
    assert digits.str.contains(r"^[0-9]{4}$").to_list()[0]
    assert digits[1] is None
    assert masks.shift_birthdate(pl.Series([], dtype=pl.String)).len() == 0
    monkeypatch.setenv("KRAKN_MASK_KEY", "another key")
    assert masks.scramble_digits(pl.Series(["4242424242424242"]))[0] != "4242424242424242"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a checkout that holds the example alone, so that a demo which somebody plays with stays as it is."""
    shutil.copytree(SHOP, tmp_path / "example_project", ignore=shutil.ignore_patterns(".server", "__pycache__"))
    return tmp_path


@pytest.fixture
def own_names(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> tuple[str, str]:
    """Let the stage be built in the copy, with databases that nobody else has."""
    prod, test = f"krakn_shop_prod_{os.getpid()}", f"krakn_shop_test_{os.getpid()}"
    for name, value in {"HERE": checkout / "example_project", "PROD": prod, "TEST": test}.items():
        monkeypatch.setattr(stage, name, value)
    return prod, test


def test_building_the_stage_again_forgets_what_an_earlier_run_left(server: str, own_names: tuple[str, str]) -> None:
    try:
        first = stage.Stage.build(server)
        versions = first.project / "migrations" / "versions"
        team = sorted(versions.iterdir())
        (versions / "2026_05_01_0123456789ab_written_by_the_demo.py").touch()
        with first.connect(first.test) as conn:
            conn.execute("CREATE TABLE left_behind ()")
        second = stage.Stage.build(server)
        assert sorted(versions.iterdir()) == team
        with second.connect(second.test) as conn:
            assert conn.execute("SELECT to_regclass('left_behind')").fetchone() == (None,)
    finally:
        with psycopg.connect(server, autocommit=True) as conn:
            for name in own_names:
                conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def test_the_demo_does_not_touch_a_database_of_somebody_else(
    new_database: Callable[..., str], server: str, own_names: tuple[str, str]
) -> None:
    theirs = new_database("CREATE TABLE precious ()", name=own_names[0])
    with pytest.raises(ConnectError, match="that this demo did not make"):
        stage.Stage.build(server)
    with psycopg.connect(theirs) as conn:
        assert conn.execute("SELECT to_regclass('precious')::text").fetchone() == ("precious",)


def test_the_demo_runs_as_the_readme_says_and_sums_up(checkout: Path) -> None:
    before = sorted(checkout.glob("example_project/migrations/versions/*.py"))
    demo = [sys.executable, "-m", "example_project"]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(demo, cwd=checkout, env=environment, capture_output=True, encoding="utf-8", check=False)
    finally:
        subprocess.run([*demo, "--stop"], cwd=checkout, env=environment, check=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    commands = [line.split()[2] for line in lines if line.startswith("$ alembic krakn-")]
    assert commands == ["krakn-diff", "krakn-migrate", "krakn-sync"]
    written = done.stdout.partition("def upgrade()")[2]
    assert "drop_column('orders', 'gift_note')" in written
    assert "ix_payments_unpaid" in written
    summary = {line.split()[0]: line.split()[1:] for line in lines[lines.index("Summary") :] if line.startswith("  ")}
    assert summary["customers"][0] == "5,000"
    assert summary["support_messages"][1:4] == ["ticket_messages", "in", "prod;"]
    for column in ("email", "phone", "birthdate", "tax_id", "notes"):
        assert summary[column][-3:-1] == ["0", "of"], column
    assert summary["row"][:4] == ["counts", "of", "12", "tables,"]
    assert sorted(checkout.glob("example_project/migrations/versions/*.py")) == before
