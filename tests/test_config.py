"""Stories about settings: who has the last word, where a setting came from, and what a slip is answered with."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from alembic_krakn.config import Settings, load
from alembic_krakn.errors import SettingsError


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Load settings from the text of files, an environment and flags."""

    def make(*, toml: str = "", ini: str = "", environ: dict[str, str] | None = None, **flags: Any) -> Settings:
        (tmp_path / "pyproject.toml").write_text(toml, encoding="utf-8")
        (tmp_path / "alembic.ini").write_text(ini, encoding="utf-8")
        return load(flags, environ=environ or {}, folder=tmp_path)

    return make


def refusal(load: Callable[[], object]) -> str:
    """Check that loading fails in one sentence that no cause follows, and give the sentence."""
    with pytest.raises(SettingsError) as error:
        load()
    exc = error.value
    assert exc.__cause__ is None
    assert exc.__context__ is None
    assert "\n" not in str(exc)
    assert "geheim" not in "".join(traceback.format_exception(exc))
    return str(exc)


TOML = '[tool.krakn]\nprod_url = "postgresql://file/prod"\nlock_timeout = "1s"\nversion_table = "file"\n'


def test_a_flag_beats_the_environment_which_beats_a_file(settings, tmp_path):
    found = settings(
        toml=TOML,
        environ={"KRAKN_PROD_URL": "postgresql://variable/prod", "KRAKN_LOCK_TIMEOUT": "2s"},
        prod_url="postgresql://flag/prod",
        lock_timeout=None,
        verbose=True,
    )
    assert found.url("prod") == "postgresql://flag/prod"
    assert (found.lock_timeout, found.version_table, found.base) == ("2s", "file", "head")
    assert found.origin("prod_url") == "--prod"
    assert found.origin("lock_timeout") == "KRAKN_LOCK_TIMEOUT"
    assert found.origin("version_table") == f"version_table in {tmp_path / 'pyproject.toml'}"
    assert found.origin("base") == "the default"


def test_no_file_no_variable_no_flag_is_all_defaults(tmp_path):
    found = load({}, environ={}, folder=tmp_path / "nowhere")
    assert found == Settings()
    assert found.schemas == ()


def test_both_files_share_the_settings_between_them(settings):
    found = settings(
        toml='[tool.krakn]\nbase = "prod"\nlock_timeout = "3s"', ini="[krakn]\nversion_table = v\nlock_timeout = 3s"
    )
    assert (found.base, found.version_table, found.lock_timeout) == ("prod", "v", "3s")


def test_files_that_contradict_each_other_are_refused(settings):
    said = refusal(lambda: settings(toml='[tool.krakn]\nlock_timeout = "3s"', ini="[krakn]\nlock_timeout = 4s"))
    assert "pyproject.toml and lock_timeout in" in said
    assert "say different things; remove lock_timeout from one of them" in said


def test_another_ini_and_another_section(tmp_path):
    (tmp_path / "other.ini").write_text("[shop]\nbase = prod\n[krakn]\nbase = head\n")
    found = load({}, environ={}, folder=tmp_path, ini=tmp_path / "other.ini", ini_section="shop")
    assert found.base == "prod"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"toml": '[tool.krakn]\nprod-url = "geheim"'}, "pyproject.toml: [tool.krakn] has an unknown key 'prod-url'"),
        ({"ini": "[krakn]\nprodurl = geheim"}, "alembic.ini: [krakn] has an unknown key 'produrl'"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(settings, files, expected):
    said = refusal(lambda: settings(**files))
    assert expected in said
    assert "did you mean prod_url?" in said


def test_an_unknown_key_that_is_near_to_nothing_gets_the_list(settings):
    assert "the settings are prod_url, test_url," in refusal(lambda: settings(toml="[tool.krakn]\nxyz = 1"))


def test_a_variable_that_looks_like_a_slip_is_remarked_and_no_error(settings, caplog):
    with caplog.at_level(logging.WARNING, "alembic_krakn"):
        settings(environ={"KRAKN_PRODURL": "x", "KRAKN_MASK_KEY": "x", "KRAKN_TEST_SERVER": "x", "KRAKN_HOME": "x"})
    assert caplog.messages == ["KRAKN_PRODURL is not a setting of krakn; did you mean KRAKN_PROD_URL?"]


@pytest.mark.parametrize(
    "files",
    [
        {"toml": '[tool.krakn]\nprod_url = "postgresql://u:${PROD_PASSWORD}@h/db"'},
        {"ini": "[krakn]\nprod_url = postgresql://u:${PROD_PASSWORD}@h/db"},
    ],
)
def test_a_file_refers_to_a_variable(settings, files):
    found = settings(**files, environ={"PROD_PASSWORD": "geheim%40"})
    assert found.url("prod") == "postgresql://u:geheim%40@h/db"
    said = refusal(lambda: settings(**files))
    assert "prod_url in" in said
    assert said.endswith("the environment variable PROD_PASSWORD is not set, or is empty")


def test_a_list_in_a_file_refers_to_a_variable(settings):
    found = settings(toml='[tool.krakn]\nprotected = ["${PROD_HOST}", "db.*"]', environ={"PROD_HOST": "db1"})
    assert found.protected == ("db1", "db.*")


def test_a_reference_that_is_overruled_need_not_be_set(settings):
    found = settings(toml='[tool.krakn]\nprod_url = "${NOT_SET}"', prod_url="postgresql://flag/prod")
    assert found.url("prod") == "postgresql://flag/prod"


def test_an_ini_file_interpolates_as_alembics_does(settings, tmp_path):
    found = settings(
        ini="[DEFAULT]\nrole = reader\n[krakn]\nprod_url = postgresql://%(role)s:a%%40@h/%(here)s\nbase=prod"
    )
    assert found.url("prod") == f"postgresql://reader:a%40@h/{tmp_path}"


@pytest.mark.parametrize(
    ("ini", "expected"),
    [
        ("[krakn]\nprod_url = postgresql://u:geheim%40@h/db", "prod_url has a '%' alone; write it twice"),
        ("[krakn]\nprod_url = postgresql://u:geheim@%(hots)s/db", "prod_url refers to %(hots)s, which is not defined"),
        ("[krakn]\ngeheim", "alembic.ini: is no ini file from line 2 on"),
        ("geheim = 1", "alembic.ini: is no ini file from line 1 on"),
        ("[krakn]\nbase = prod\nbase = head", "alembic.ini: is no ini file from line 3 on"),
    ],
)
def test_an_ini_file_that_cannot_be_read_is_not_quoted(settings, ini, expected):
    assert expected in refusal(lambda: settings(ini=ini))


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("[tool.krakn]\nprod_url = geheim", "it is not TOML (at line 2)"),
        ("tool.krakn = 'geheim'", "tool.krakn is not a table"),
        ("[tool.krakn]\nprod_url = ['geheim']", "prod_url in"),
        ("[tool.krakn]\nbase = 'geheim'", "input should be 'head' or 'prod'"),
        ("[tool.krakn]\nlock_timeout = 'geheim'", "a duration is a number and a unit of PostgreSQL's"),
        ("[tool.krakn]\nschemas = 3", "input should be a valid tuple"),
    ],
)
def test_a_toml_file_that_makes_no_sense_is_not_quoted(settings, toml, expected):
    said = refusal(lambda: settings(toml=toml))
    assert expected in said
    assert "pyproject.toml" in said


def test_a_wrong_value_is_blamed_on_where_it_came_from(settings):
    assert refusal(lambda: settings(environ={"KRAKN_BASE": "tail"})).startswith("KRAKN_BASE: input should be")
    assert refusal(lambda: settings(statement_timeout="soon")).startswith("--statement-timeout: a duration is")


def test_lists_are_lists_in_toml_and_have_commas_elsewhere(settings):
    assert settings(toml='[tool.krakn]\nschemas = ["a", "b"]').schemas == ("a", "b")
    assert settings(environ={"KRAKN_SCHEMAS": "a, b"}).schemas == ("a", "b")
    assert settings(ini="[krakn]\nexclude_schemas =\n  a\n  b\n").exclude_schemas == ("a", "b")
    assert settings(schemas=["a"]).schemas == ("a",)


def test_a_profile_in_a_file_starts_from_the_files_folder(settings, tmp_path):
    assert settings(toml='[tool.krakn]\nprofile = "sync.yaml"').profile == tmp_path / "sync.yaml"
    assert settings(profile="sync.yaml").profile == Path("sync.yaml")


@pytest.mark.parametrize("side", ["prod", "test", "scratch"])
def test_a_missing_url_says_how_to_give_one(settings, side):
    said = refusal(lambda: settings().url(side))
    assert all(part in said for part in (f"--{side} URL", f"KRAKN_{side.upper()}_URL", f"{side}_url", "[tool.krakn]"))


def test_an_empty_line_of_a_file_is_as_good_as_none(settings):
    empty = "[krakn]\nprod_url =\nprofile =\nversion_table =\nlock_timeout =\nmax_rate ="
    found = settings(ini=empty, toml='[tool.krakn]\ntest_url = ""\nlock_timeout = "3s"')
    assert found.model_dump() == Settings(lock_timeout="3s").model_dump()


def test_an_empty_variable_is_as_good_as_none(settings):
    assert settings(toml=TOML, environ={"KRAKN_PROD_URL": ""}).url("prod") == "postgresql://file/prod"


def test_urls_are_not_shown_and_settings_do_not_change(settings):
    found = settings(prod_url="postgresql://u:geheim@h/db")
    for text in (repr(found), str(found), found.model_dump_json(), repr(found.model_dump())):
        assert "geheim" not in text
    with pytest.raises(ValidationError):
        found.base = "prod"
