"""The sync profile: what people may write, and what they are told when they write something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alembic_krakn.errors import ProfileError
from alembic_krakn.mask import CallMask, FakeMask, HashMask
from alembic_krakn.sync.profile import Profile, load_profile, parse_profile, parse_table, profile_schema

YAML = """
tables:
  customers:
    rename_from: crm.clients
    where: "created_at > now() - interval '1 year'"
    columns:
      full_name: {from: name, mask: {fake: name, locale: de_DE, domain: people}}
      email: {mask: {fake: email}}
      token: {mask: hash}
      tax_id: {mask: {hash: true, domain: taxes}}
      notes: {mask: {call: "shop.masks:scrub"}}
      phone: {mask: nullify}
      tier: {value: basic}
      since: {value: 2024-01-31}
      score: {value: null}
      total: {expr: "price * quantity"}
  '"Odd.Name"': {skip: true}
"""
JSON = """
{"$schema": "krakn.schema.json", "tables": {
  "customers": {"rename_from": "crm.clients", "where": "created_at > now() - interval '1 year'", "columns": {
    "full_name": {"from": "name", "mask": {"fake": "name", "locale": "de_DE", "domain": "people"}},
    "email": {"mask": {"fake": "email"}},
    "token": {"mask": "hash"},
    "tax_id": {"mask": {"hash": true, "domain": "taxes"}},
    "notes": {"mask": {"call": "shop.masks:scrub"}},
    "phone": {"mask": "nullify"},
    "tier": {"value": "basic"},
    "since": {"value": "2024-01-31"},
    "score": {"value": null},
    "total": {"expr": "price * quantity"}}},
  "\\"Odd.Name\\"": {"skip": true}}}
"""
TOML = """
[tables.customers]
rename_from = "crm.clients"
where = "created_at > now() - interval '1 year'"
[tables.customers.columns]
full_name = {from = "name", mask = {fake = "name", locale = "de_DE", domain = "people"}}
email = {mask = {fake = "email"}}
token = {mask = "hash"}
tax_id = {mask = {hash = true, domain = "taxes"}}
notes = {mask = {call = "shop.masks:scrub"}}
phone = {mask = "nullify"}
tier = {value = "basic"}
since = {value = 2024-01-31}
total = {expr = "price * quantity"}
[tables.'"Odd.Name"']
skip = true
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def make(text: str, name: str = "krakn.yaml") -> Path:
        (tmp_path / name).write_text(text, "utf-8")
        return tmp_path / name

    return make


def refusal(path: Path) -> str:
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    return str(caught.value)


def test_yaml_json_and_toml_say_the_same(write: Callable[..., Path]) -> None:
    profile = load_profile(write(YAML))
    rule = profile.rule_for("public", "customers")
    assert (rule.rename_from, rule.where) == ("crm.clients", "created_at > now() - interval '1 year'")
    columns = rule.columns
    assert columns["full_name"].from_ == "name"
    assert columns["full_name"].mask == FakeMask(fake="name", locale="de_DE", domain="people")
    assert [columns[name].mask for name in ("email", "token", "tax_id", "notes", "phone")] == [
        FakeMask(fake="email"),
        "hash",
        HashMask(hash=True, domain="taxes"),
        CallMask(call="shop.masks:scrub"),
        "nullify",
    ]
    assert [(columns[name].has_value, columns[name].value) for name in ("tier", "since", "score", "total")] == [
        (True, "basic"),
        (True, "2024-01-31"),
        (True, None),
        (False, None),
    ]
    assert columns["total"].expr == "price * quantity"
    assert profile.rule_for("public", "Odd.Name").skip
    assert profile.named_tables == [("public", "customers"), ("public", "Odd.Name")]

    assert load_profile(write(JSON, "krakn.json")).tables == profile.tables
    del columns["score"]  # TOML has no null
    assert load_profile(write(TOML, "krakn.toml")).tables == profile.tables


def test_a_table_without_a_rule_gets_one_that_says_nothing(write: Callable[..., Path]) -> None:
    for profile in (Profile(), load_profile(write("")), load_profile(write("# nothing yet\n"))):
        rule = profile.rule_for("public", "orders")
        assert not rule.skip
        assert not rule.columns


def test_a_rule_knows_where_it_stands(write: Callable[..., Path]) -> None:
    profile = load_profile(write(YAML))
    place = profile.place("public", "customers", "columns", "email")
    assert place == "krakn.yaml, line 8, tables.customers.columns.email"
    assert profile.place("public", "orders", "columns", "id") == "krakn.yaml, line 2, tables.orders.columns.id"
    assert Profile().place("public", "orders") == "the sync profile, tables.orders"


def test_all_problems_are_told_at_once_in_the_order_of_the_file(write: Callable[..., Path]) -> None:
    told = refusal(
        write(
            """\
tables:
  customers:
    colums: {}
    columns:
      email: {mask: {fake: email, local: de_DE}}
      phone: {mask: nulify}
      name: {from: a, expr: b}
  orders:
    skip: "yes"
"""
        )
    )
    assert told.splitlines() == [
        "krakn.yaml has 5 problems",
        "  line 3, tables.customers.colums: unknown key; did you mean 'columns'?;"
        " known keys are skip, where, from, sample, limit, whole, follows, references, rename_from, mode, columns,"
        " before, after, validate",
        "  line 5, tables.customers.columns.email.mask.local: unknown key; did you mean 'locale'?;"
        " known keys are fake, locale, domain",
        "  line 6, tables.customers.columns.phone.mask: 'nulify' is no mask that krakn knows; write nullify, hash,"
        " {fake: email} or {call: \"module:function\"}; did you mean 'nullify'?",
        "  line 7, tables.customers.columns.name: has from and expr; keep one, a column has one origin",
        "  line 9, tables.orders.skip: expected a valid boolean",
    ]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("{}", "says nothing; give it from, value, expr, map, fill or mask"),
        ("", "expected a mapping of keys to values"),
        ("{from: a, value: 1}", "has from and value; keep one"),
        ("{value: 1, mask: hash}", "has value and mask; a fixed value needs none"),
        ("{value: 1, fill: 0}", "has value and fill; a fixed value needs none"),
        ("{fill: }", "has nothing after fill"),
        ("{map: {}}", "at least 1 item"),
        ("{map: {1: a}}", "YAML does not read this key as text; put it in quotes"),
        ("{map: {a: [1]}}", "expected text, a number, true, false or null"),
        ("{mask: nullify, fill: 0}", "has fill and mask nullify; write value"),
        ("{value: [1, 2]}", "expected text, a number, true, false or null"),
        ("{mask: null}", "has nothing after mask; for NULL in every row write nullify"),
        ("{expr: }", "has nothing after expr; for NULL in every row write value: null"),
        ("{from: ''}", "should have at least 1 character"),
        ("{mask: fake}", "'fake' is no mask that krakn knows"),
        ("{mask: 'fake: email'}", "'fake: email' is no mask that krakn knows"),
        ("{mask: {fak: email}}", "did you mean 'fake'?"),
        ("{mask: {fake: email, call: 'a:b'}}", "names masks of two kinds, call and fake; keep one"),
        ("{mask: {hash: true}}", "mask.domain: is missing"),
        ("{mask: {hash: false, domain: x}}", "mask.hash: expected True"),
        ("{mask: {call: os.system}}", "mask.call: expected module:function"),
        ("{mask: {fake: [email]}}", "mask.fake: expected a valid string"),
        ("{mask: [hash]}", "is no mask that krakn knows"),
        (
            "{mask: hash, form: x}",
            "form: unknown key; did you mean 'from'?; known keys are from, value, expr, map, fill, mask",
        ),
    ],
)
def test_a_column_rule_that_makes_no_sense_is_refused(write: Callable[..., Path], rule: str, problem: str) -> None:
    told = refusal(write(f"tables:\n  t:\n    columns:\n      c: {rule}\n"))
    assert told.startswith("krakn.yaml: line 4, tables.t.columns.c")
    assert problem in told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("table: {}", "line 1, table: unknown key; did you mean 'tables'?; known keys are tables"),
        ("- a", "krakn.yaml: expected a mapping of keys to values"),
        ("tables: [a]", "line 1, tables: expected a mapping of names to rules"),
        ("tables: {a: {}, public.a: {}}", "'a' and 'public.a' name the same table; keep one"),
        ("tables: {a.b.c: {}}", "tables.'a.b.c': 'a.b.c' names no table; write `table`"),
        ("tables: {a: {rename_from: 'x..y'}}", "rename_from: 'x..y' names no table"),
        (
            "tables:\n  a:\n    skip: true\n    skip: false",
            "line 3, tables.a.skip: this key stands here twice, again in line 4",
        ),
        ("tables:\n  a: {columns: {no: {mask: hash}}}", "tables.a.columns.no: YAML does not read this key as text"),
        ("tables:\n  a: {where: 'x}", "line 2, column"),
        ("tables: {a: {columns: {c: {value: 2024-02-31}}}}", "not valid YAML"),
        ("tables: &t\n  a: *t", "this alias contains itself"),
        ("tables: {a: !!python/object:os.system {}}", "not valid YAML: could not determine a constructor"),
        ("tables: \x07", "not valid YAML"),
    ],
)
def test_a_yaml_file_that_is_not_a_profile_is_refused(write: Callable[..., Path], text: str, problem: str) -> None:
    assert problem in refusal(write(text))


def test_yaml_anchors_and_merges_are_understood(write: Callable[..., Path]) -> None:
    text = """
tables:
  a: &people
    columns: {mail: {mask: {fake: email}}}
  b: *people
  c:
    <<: *people
    where: id > 5
"""
    profile = load_profile(write(text))
    assert profile.rule_for("public", "b") == profile.rule_for("public", "a")
    assert profile.rule_for("public", "c").columns == profile.rule_for("public", "a").columns


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        ('{"tables": {"a": {}, "a": {}}}', "krakn.json", "krakn.json: a: this key stands here twice"),
        ('{"tables": }', "krakn.json", "line 1, column 12: not valid JSON"),
        ("[tables.a]\n[tables.a]", "krakn.toml", "krakn.toml: not valid TOML"),
        ("[tables.a]\nskp = true", "krakn.toml", "tables.a.skp: unknown key; did you mean 'skip'?"),
        ("tables:", "krakn.ini", "a profile ends in .yaml, .yml, .json, .toml, not in '.ini'"),
    ],
)
def test_other_files_that_are_no_profile_are_refused(
    write: Callable[..., Path], text: str, name: str, problem: str
) -> None:
    assert problem in refusal(write(text, name))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "missing.yaml: the sync profile cannot be read: No such file" in refusal(tmp_path / "missing.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"tables: {caf\xe9: {}}")
    assert "latin.yaml: the sync profile is not UTF-8 at byte 12" in refusal(tmp_path / "latin.yaml")


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("users", ("public", "users")),
        ("Users", ("public", "Users")),
        ("order lines", ("public", "order lines")),
        ("crm.users", ("crm", "users")),
        ('"a.b"', ("public", "a.b")),
        ('"a.b"."c d"', ("a.b", "c d")),
        ('crm."say ""hi"""', ("crm", 'say "hi"')),
    ],
)
def test_tables_are_named_as_people_write_them(text: str, table: tuple[str, str]) -> None:
    assert parse_table(text) == table


@pytest.mark.parametrize(
    ("sample", "percent"), [("5%", "5"), ("0.5 %", "0.5"), (5, "5"), (0.25, "0.25"), ("100%", "100"), (0, "0")]
)
def test_a_sample_is_a_percentage(sample: object, percent: str) -> None:
    profile = parse_profile({"tables": {"t": {"sample": sample}}})
    assert str(profile.rule_for("public", "t").sample) in (percent, f"{percent}.0")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("sample: 101%", "line 3, tables.t.sample: expected a percentage from 0% to 100%, such as 5% or 0.5%"),
        ("sample: -1", "line 3, tables.t.sample: expected a percentage"),
        ("sample: true", "line 3, tables.t.sample: expected a percentage"),
        ("sample: many", "line 3, tables.t.sample: expected a percentage"),
        ("limit: -1", "line 3, tables.t.limit: expected greater than or equal to 0"),
        ("limit: 1.5", "line 3, tables.t.limit: expected a valid integer"),
        ("{whole: true, limit: 3, sample: 1%}", "line 2, tables.t: has whole and sample and limit; a table comes"),
        ("{from: select 1, limit: 3}", "line 2, tables.t: has from and limit; let the query choose its rows"),
        ("follows: ['a.b.c']", "line 3, tables.t.follows.0: 'a.b.c' names no table"),
        ("references: [{columns: a}]", "line 3, tables.t.references.0.to: is missing"),
        ("references: [{columns: [], to: u}]", "line 3, tables.t.references.0.columns: "),
        ("references: [{colums: a, to: u}]", "unknown key; did you mean 'columns'?; known keys are columns, to, key"),
    ],
)
def test_what_makes_no_subset_is_refused(write: Callable[..., Path], rule: str, problem: str) -> None:
    text = f"tables:\n  t: {rule}" if rule.startswith("{") else f"tables:\n  t:\n    {rule}"
    assert problem in refusal(write(text))


def test_only_what_is_known_is_said_of_a_subset(write: Callable[..., Path]) -> None:
    told = refusal(write("subset: {parent: whole}"))
    assert "line 1, subset.parent: unknown key; did you mean 'parents'?; known keys are parents" in told
    assert "subset.parents: expected 'referenced' or 'whole'" in refusal(write("subset: {parents: all}"))


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a.b.c", '"a', 'a"b', '"".a', " a", "a. b"])
def test_what_names_no_table_is_refused(text: str) -> None:
    with pytest.raises(ProfileError, match="names no table; write `table`"):
        parse_table(text)


def test_the_json_schema_tells_an_editor_every_key() -> None:
    schema = profile_schema()
    json.dumps(schema)
    found = schema["$defs"]
    assert set(found["TableRule"]["properties"]) == {
        *(
            "skip",
            "where",
            "sample",
            "limit",
            "whole",
            "follows",
            "references",
            "from",
            "rename_from",
            "mode",
            "columns",
        ),
        *("before", "after", "validate"),
    }
    assert set(found["ColumnRule"]["properties"]) == {"from", "value", "expr", "map", "fill", "mask"}
    assert set(found["FakeMask"]["properties"]) == {"fake", "locale", "domain"}
    for model in ("TableRule", "ReferenceRule", "SubsetRule", "ColumnRule", "FakeMask", "HashMask", "CallMask"):
        assert found[model]["additionalProperties"] is False
        assert all(key.get("description") for key in found[model]["properties"].values())
    assert found["ColumnRule"]["properties"]["value"]["type"] == ["string", "number", "boolean", "null"]
    nullable = {name for model in found.values() for name, key in model["properties"].items() if "'null'" in str(key)}
    assert nullable == {"value", "map"}


def test_values_of_a_profile_stay_out_of_messages() -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile({"tables": {"t": {"columns": {"c": {"value": {"secret": "hunter2"}}}}}})
    assert "hunter2" not in str(caught.value)
