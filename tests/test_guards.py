"""Stories of databases that a sync must not write into, and of those that it asks about first."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg import conninfo
from syncing import addresses, execute, order, query, state, sync

from alembic_krakn import api, config
from alembic_krakn.cli.program import main
from alembic_krakn.connect import Address, Side, open_test, settle
from alembic_krakn.errors import ConnectError, SettingsError
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.guards import Stake, refuse_protected
from alembic_krakn.sync.run import run_sync

NewDatabase = Callable[..., str]
DDL = "create table t (id int primary key)"


@pytest.fixture
def pair(new_database: NewDatabase) -> tuple[str, str]:
    prod = new_database(DDL, "insert into t select generate_series(1, 3)")
    return prod, new_database(DDL, "insert into t select generate_series(100, 104)")


def database(url: str) -> str:
    return settle(url, Side.TEST).database


def refused(prod: str, test: str, *, protected: tuple[str, ...] = ()) -> str:
    """Sync, expect to be refused with nothing changed, and give the reason."""
    before = state(test)
    asked = order(prod, test, protected=protected)
    with pytest.raises(ConnectError, match="is protected: ") as caught:
        run_sync(asked)
    with pytest.raises(ConnectError, match="is protected: "):
        dry_run(asked)
    assert state(test) == before
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_database_whose_comment_protects_it_is_refused(pair):
    prod, test = pair
    execute(test, f"comment on database \"{database(test)}\" is 'the shop; krakn.protected'")
    assert "its comment says krakn.protected; nothing was changed" in refused(prod, test)


@pytest.mark.parametrize(("value", "protects"), [("on", True), ("yes please", True), ("off", False), ("", False)])
def test_a_database_whose_setting_protects_it_is_refused(pair, value, protects):
    prod, test = pair
    execute(test, f"alter database \"{database(test)}\" set krakn.protected = '{value}'")
    if protects:
        assert f"its setting krakn.protected is {value!r}" in refused(prod, test)
    else:
        assert sync(prod, test).rows == 3


@pytest.mark.parametrize(
    ("host", "pattern", "fits"),
    [
        ("db.prod.example.org", "*.prod.example.org", True),
        ("DB.Prod.Example.org.", "db.prod.example.org", True),
        ("db.prod.example.org", "prod.example.org", False),
        ("db.example.org", "db.example.org/shop", True),
        ("db.example.org", "db.example.org/shop_test", False),
        ("a.example.org,b.example.org", "b.*", True),
        ("10.0.0.5", "10.0.0.*", True),
        ("/var/run/postgresql", "/var/run/postgresql", True),
    ],
)
def test_hosts_are_protected_by_patterns(pair, host, pattern, fits):
    _, test = pair
    with open_test(settle(test, Side.TEST)) as writer:
        writer.address = Address(Side.TEST, "--test", (("host", host), ("dbname", "shop")))
        if fits:
            with pytest.raises(ConnectError, match="`protected` of the settings has"):
                refuse_protected(writer, (pattern,))
        else:
            refuse_protected(writer, (pattern,))


def test_a_number_that_stands_beside_the_name_is_compared_as_well(pair):
    _, test = pair
    with open_test(settle(test, Side.TEST)) as writer:
        given = (("host", "test.example.org"), ("hostaddr", "10.0.0.5"), ("dbname", "shop"))
        writer.address = Address(Side.TEST, "--test", given)
        for pattern in ("10.0.0.5", "test.example.org"):
            with pytest.raises(ConnectError, match="`protected` of the settings"):
                refuse_protected(writer, (pattern,))


def test_the_settings_protect_hosts(pair, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    prod, test = pair
    (host, _), *_ = addresses(prod, test)[1].hosts
    (tmp_path / "pyproject.toml").write_text(f'[tool.krakn]\nprotected = ["*.example.org", "{host}"]\n')
    before = state(test)
    for flags in ([], ["--yes"], ["--dry-run"]):
        assert main(["sync-data", "--prod", prod, "--test", test, *flags]) == 2
        assert f"`protected` of the settings has {host!r}; nothing was changed" in capsys.readouterr().err
    assert state(test) == before
    assert main(["sync-data", "--prod", prod, "--test", test, "--yes", "--protected", "db.example.org, other"]) == 0


def test_a_database_never_synced_needs_yes_where_nobody_is_at_a_terminal(pair, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    prod, test = pair
    before = state(test)
    urls = ["--prod", prod, "--test", test]
    assert main(["sync-data", *urls]) == 2
    err = capsys.readouterr().err
    assert err.startswith("krakn: krakn has never synced test (")
    assert "1 table with about 5 rows) before, and nobody is at a terminal to be asked; add --yes if" in err
    password = conninfo.conninfo_to_dict(test).get("password") or os.environ.get("PGPASSWORD")
    assert not password or password not in err
    assert state(test) == before
    assert main(["sync-data", *urls, "--yes"]) == 0
    assert main(["sync-data", *urls]) == 0
    assert query(test, "select count(*) from krakn_history") == [(2,)]


def test_a_copy_under_another_name_is_another_database(pair, server):
    prod, test = pair
    sync(prod, test)
    copy = f"{database(test)}_copy"
    execute(server, f'create database "{copy}" template "{database(test)}"')
    try:
        asked: list[Stake] = []
        assert not stake(prod, test).first
        url = test.replace(database(test), copy)
        with pytest.raises(SettingsError, match="nobody said yes"):
            api.sync(settings(prod, url), ask=lambda at: bool(asked.append(at)))
        assert asked[0].first
    finally:
        execute(server, f'drop database "{copy}" with (force)')


def test_what_is_at_stake_is_counted_without_what_is_not_replaced(pair):
    prod, test = pair
    execute(
        test,
        "create table alembic_version (version_num varchar(32) primary key)",
        "insert into alembic_version values ('a1')",
        "create table big (id int)",
        "insert into big select generate_series(1, 20000)",
        "create table nothing (id int)",
        "create table was (id int)",
        "insert into was values (1)",
        "delete from was",
    )
    assert (stake(prod, test).tables, stake(prod, test).rows) == (2, 10_005)
    execute(test, "analyze big")
    assert (stake(prod, test).tables, stake(prod, test).rows) == (2, 20_005)


def settings(prod: str, test: str) -> config.Settings:
    return config.load({"prod_url": prod, "test_url": test}, environ={}, folder=Path("/nonexistent"))


def stake(prod: str, test: str) -> Stake:
    """Ask what is at stake, and say no."""
    asked: list[Stake] = []
    with pytest.raises(SettingsError, match="nobody said yes; nothing was changed"):
        api.sync(settings(prod, test), ask=lambda at: bool(asked.append(at)))
    return asked[0]
