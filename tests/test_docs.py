"""The documentation says what the code does: every setting, key and hazard is in it, and its examples work."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from alembic_krakn import config
from alembic_krakn.diff import HazardKind
from alembic_krakn.mask.spec import KINDS
from alembic_krakn.report.diff_schema import diff_schema
from alembic_krakn.sync.profile import load_profile
from alembic_krakn.sync.profile_rules import ColumnRule, TableRule

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "tests").rglob("*.md")])


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def examples(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.M | re.S)


def title(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("name", config.Settings.model_fields)
def test_every_setting_stands_in_the_table_with_its_flag_and_its_variable(name: str) -> None:
    begins = re.compile(rf"\| `{config.flag(name)}[ `]")
    (row,) = filter(begins.match, page("settings.md").splitlines())
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    assert cells[1:3] == [f"`{config.variable(name)}`", f"`{name}`"]
    default = config.Settings.model_fields[name].default
    assert not isinstance(default, str) or f"`{default}`" in cells[3]


@pytest.mark.parametrize(("language", "file"), [("toml", "pyproject.toml"), ("ini", "alembic.ini")])
def test_the_settings_files_can_be_read(language: str, file: str, tmp_path: Path) -> None:
    (text,) = examples("settings.md", language)
    (tmp_path / file).write_text(text, encoding="utf-8")
    found = config.load({}, environ={"PROD_PASSWORD": "p"}, folder=tmp_path)
    assert found.url("prod") == "postgresql://reader:p@db.example.org/shop"
    assert (found.exclude_schemas, found.profile) == (("audit",), tmp_path / "krakn.yaml")


@pytest.mark.parametrize("kind", HazardKind)
def test_every_hazard_has_its_page(kind: HazardKind) -> None:
    assert page(f"hazards/{kind.value}.md").startswith(f"# {kind.value}: ")
    assert f"(hazards/{kind.value}.md)" in page("how-it-works.md")


@pytest.mark.parametrize("suffix", ["yaml", "toml", "json"])
def test_the_profiles_can_be_loaded(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"krakn.{suffix}"
    for text in reversed(examples("profile.md", suffix)):
        path.write_text(text, encoding="utf-8")
        assert load_profile(path).named_tables
    assert load_profile(path).rule_for("public", "audit_log").skip  # the first says the same in all three


def test_every_key_of_a_profile_is_explained() -> None:
    text = page("profile.md")
    keys = [field.alias or name for rule in (TableRule, ColumnRule) for name, field in rule.model_fields.items()]
    assert [key for key in keys if not re.search(rf"^\| `{key}[:`]", text, re.M)] == []
    assert [kind for kind in KINDS if not re.search(rf"^\| `\{{?{kind}", text, re.M)] == []


def test_every_key_of_a_diff_is_explained() -> None:
    rows = "\n".join(re.findall(r"^\| (`.*?) \|", page("json.md"), re.M))
    schema = diff_schema()
    keys = [*schema["properties"], *schema["$defs"]["Change"]["properties"]]
    assert [key for key in keys if key != "version" and not re.search(rf"`{key}[`.]", rows)] == []


def test_the_example_of_a_diff_is_one() -> None:
    document = json.loads(examples("json.md", "json")[0])
    for change in document["changes"]:
        change.update(have=None, want=None)  # the example is shortened there
    jsonschema.validate(document, diff_schema())


def test_the_mask_function_masks() -> None:
    (code,) = examples("profile.md", "python")
    names: dict[str, object] = {}
    exec(code, names)  # what a reader would paste
    masked = names["scrub_notes"](pl.Series(["call 0151 2345678", None]))  # type: ignore[operator]
    assert masked.to_list() == ["call #### ####", None]


@pytest.mark.parametrize("path", PAGES, ids=title)
def test_links_lead_somewhere(path: Path) -> None:
    headings = {re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-") for line in _headings(path)}
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if target.startswith("#"):
            assert target[1:] in headings
        elif not target.startswith(("http://", "https://")):
            assert (path.parent / target.partition("#")[0]).exists(), target


def _headings(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
