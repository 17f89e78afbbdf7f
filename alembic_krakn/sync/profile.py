"""The sync profile, a YAML, JSON or TOML file, in; checked rules for tables and columns out.

    tables:
      customers:
        rename_from: clients            # what prod calls the table
        where: "created_at > now() - interval '1 year'"
        sample: 5%
        columns:
          full_name: {from: name, mask: {fake: name}}
          email: {mask: {fake: email}}
          tier: {value: basic}
          total: {expr: "price * quantity"}
      audit_log: {skip: true}

Tables and columns are named as the test database names them, in upper and lower case as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from ..mask.spec import KINDS
from ..mask.suggest import nearest
from .profile_file import Keys, Lines, Problem, read, refuse
from .profile_rules import ColumnRule, ReferenceRule, Rule, SubsetRule, TableRule
from .profile_steps import Checks, Hooks
from .profile_words import TableName, parse_table


class Profile(Rule):
    """The rules of alembic-krakn for copying prod's rows into test."""

    model_config = ConfigDict(title="alembic-krakn sync profile")

    schema_: str | None = Field(default=None, alias="$schema", description="Where editors find this JSON Schema.")
    tables: dict[TableName, TableRule] = Field(
        default_factory=dict,
        description='Rules for tables, by the names that they have in test: table, schema.table or "a.b"."c d".',
    )
    subset: SubsetRule = Field(
        default_factory=SubsetRule, description="What becomes of the tables around those that are reduced."
    )
    large_objects: Literal["referenced", "all", "none"] = Field(
        default="referenced",
        description="Which large objects of prod come: those that copied rows name in columns of type oid without a"
        " mask, also those that no such column names at all, or none.",
    )
    rename_from: dict[str, str | dict[str, str]] = Field(
        default_factory=dict,
        description="Former names of other things: 'index public.by_day': by_date; of an enum's values,"
        " 'enum public.mood': {happy: glad}.",
    )
    before: Hooks = Field(
        default=(), description="SQL to run on test, or functions that give it, while its old rows are still there."
    )
    after: Hooks = Field(default=(), description="SQL to run on test, or functions that give it, after all checks.")
    validation: Checks = Field(
        default=(), alias="validate", description="Queries that must give the same on both sides, or no rows in test."
    )
    _source: str = PrivateAttr(default="the sync profile")
    _lines: Lines = PrivateAttr(default_factory=dict)
    _by_table: dict[tuple[str, str], tuple[str, TableRule]] = PrivateAttr(default_factory=dict)

    @property
    def source(self) -> str:
        """Name the file that the rules came from."""
        return self._source

    @property
    def named_tables(self) -> list[tuple[str, str]]:
        """List the tables that have a rule, as schema and table."""
        return list(self._by_table)

    @property
    def fingerprint(self) -> str:
        """Give a hash of what the rules say, however the file writes it."""
        said = self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"schema_"})
        said["tables"] = {str(parse_table(name)): rule for name, rule in said.get("tables", {}).items()}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def rule_for(self, schema: str, table: str) -> TableRule:
        """Give the rule of a table; one that says nothing, where there is none."""
        return self._by_table[schema, table][1] if (schema, table) in self._by_table else TableRule()

    def place(self, schema: str, table: str, *keys: str) -> str:
        """Say where a rule stands, for a message: 'krakn.yaml, line 12, tables.customers.columns.email'."""
        name, _ = self._by_table.get((schema, table), (table, None))
        path = ("tables", name, *keys)
        return f"{self._source}, {Problem(path, '').where(self._lines)}"

    @model_validator(mode="after")
    def _index(self) -> Profile:
        for name, rule in self.tables.items():
            table = parse_table(name)
            if table in self._by_table:
                raise PydanticCustomError(
                    "table",
                    "{first} and {second} name the same table; keep one",
                    {"first": repr(self._by_table[table][0]), "second": repr(name)},
                )
            self._by_table[table] = name, rule
        return self


def load_profile(path: Path) -> Profile:
    """Read and check a profile; its suffix, .yaml, .yml, .json or .toml, says how it is written."""
    data, lines = read(path)
    return parse_profile(data, source=path.name, lines=lines)


def parse_profile(data: Any, *, source: str = "the sync profile", lines: Lines | None = None) -> Profile:
    """Check a profile, or tell all its problems at once."""
    lines = lines or {}
    try:
        profile = Profile.model_validate({} if data is None else data)
    except ValidationError as exc:
        raise refuse(source, map(_problem, exc.errors(include_url=False, include_input=False)), lines) from None
    profile._source, profile._lines = source, lines
    return profile


class _WithoutNull(GenerateJsonSchema):
    """Leave null out of what editors offer: a key that says nothing is left out."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def profile_schema() -> dict[str, Any]:
    """Give the JSON Schema of a profile, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Profile.model_json_schema(schema_generator=_WithoutNull),
    }


_WORDS = {
    "missing": "is missing",
    "model_type": "expected a mapping of keys to values",
    "dict_type": "expected a mapping of names to rules",
    "string_pattern_mismatch": "expected module:function",
}


def _problem(error: Mapping[str, Any]) -> Problem:
    """Put a problem that pydantic found into krakn's words."""
    path: Keys = tuple(key for key in error["loc"] if key != "[key]")
    known = _known_keys(path)
    if path[4:5] == ("mask",):
        path = (*path[:5], *path[6:])  # pydantic puts in which kind of mask it is
    if error["type"] == "extra_forbidden":
        return Problem(path, f"unknown key{nearest(str(path[-1]), known)}; known keys are {', '.join(known)}")
    text = _WORDS.get(error["type"], error["msg"].replace("Input should be", "expected"))
    return Problem(path, text[0].lower() + text[1:])


def _known_keys(path: Keys) -> list[str]:
    """List the keys that are known beside the last one of a path."""
    models: dict[int, type[BaseModel]] = {1: Profile, 2: SubsetRule, 3: TableRule, 5: ColumnRule}
    if path[2:3] == ("references",):
        models[5] = ReferenceRule
    model = KINDS[str(path[5])] if len(path) == 7 else models.get(len(path), Profile)
    return [field.alias or name for name, field in model.model_fields.items() if field.alias != "$schema"]
