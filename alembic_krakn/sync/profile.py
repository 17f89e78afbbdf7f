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
import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from ..errors import ProfileError
from ..mask.spec import KINDS, MaskSpec
from ..mask.suggest import nearest
from .profile_file import Keys, Lines, Problem, read, refuse
from .profile_steps import Checks, Hooks

Scalar: TypeAlias = str | int | float | bool | None
_PART = r'(?:"((?:[^"]|"")+)"|([^".\s][^".]*))'
_TABLE = re.compile(rf"{_PART}(?:\.{_PART})?")
_FILL_SCHEMA = {"type": ["string", "number", "boolean"]}
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,9})?)\s*%?")
_PERCENT_SCHEMA = {"type": ["string", "number"], "pattern": r"^\d{1,3}(\.\d{1,9})?\s*%?$", "minimum": 0, "maximum": 100}
_NAMES_SCHEMA = {
    "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}
_SCALAR_SCHEMA = {"type": ["string", "number", "boolean", "null"]}
_KEYS = {
    "from": "from_",
    "expr": "expr",
    "map": "map",
    "fill": "fill",
    "mask": "mask",
}  # of a column's rule, with the fields that hold them
_NULL_HINTS = {"mask": "; for NULL in every row write nullify", "expr": "; for NULL in every row write value: null"}


def parse_table(text: str) -> tuple[str, str]:
    """Read `table`, `schema.table` or `"a.b"."c d"` as schema and table; without a schema it is public."""
    match = _TABLE.fullmatch(text)
    if match is None:
        raise ProfileError(f'{text!r} names no table; write `table`, `schema.table` or `"a.b"."c d"`')
    first, second = (
        quoted.replace('""', '"') if quoted is not None else plain
        for quoted, plain in ((match[1], match[2]), (match[3], match[4]))
    )
    return (first, second) if second is not None else ("public", first)


def _named(text: Any) -> Any:
    """Refuse a table's name that cannot be read, in the way that pydantic collects."""
    try:
        if isinstance(text, str):
            parse_table(text)
    except ProfileError as exc:
        raise PydanticCustomError("table", "{problem}", {"problem": str(exc)}) from None
    return text


def _query(text: Any) -> Any:
    """Take a query as people write it, with a semicolon at its end."""
    return text.strip().rstrip(";").rstrip() if isinstance(text, str) else text


def _scalar(value: Any) -> Scalar:
    """Take what a column can be filled with; a date that YAML or TOML recognised becomes text again."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise PydanticCustomError("scalar", "expected text, a number, true, false or null")


def _percent(value: Any) -> Decimal:
    """Read `5%`, `0.5%` or a plain number as so many percent."""
    match = None if isinstance(value, bool) else _PERCENT.fullmatch(str(value).strip())
    if match is None or (percent := Decimal(match[1])) > 100:
        raise PydanticCustomError("percent", "expected a percentage from 0% to 100%, such as 5% or 0.5%")
    return percent


def _names(value: Any) -> Any:
    """Take one name for a list of one."""
    return [value] if isinstance(value, str) else value


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ColumnRule(_Rule):
    """Where the values of one column of test come from, and how they are masked."""

    model_config = ConfigDict(
        json_schema_extra={"minProperties": 1, "examples": [{"mask": {"fake": "email"}}, {"from": "name"}]}
    )

    from_: str | None = Field(
        default=None, alias="from", min_length=1, description="The column of prod whose values are copied (a rename)."
    )
    value: Annotated[Scalar, BeforeValidator(_scalar), WithJsonSchema(_SCALAR_SCHEMA)] = Field(
        default=None, description="One value for every row; null is SQL's NULL."
    )
    expr: str | None = Field(
        default=None,
        min_length=1,
        description="An SQL expression over the columns of prod's table, computed on prod, such as price * quantity.",
    )
    map: dict[str, Annotated[Scalar, BeforeValidator(_scalar), WithJsonSchema(_SCALAR_SCHEMA)]] | None = Field(
        default=None,
        min_length=1,
        description="Values of prod, as text, that become others: {closed: archived}; all others stay as they are.",
    )
    fill: Annotated[Scalar, BeforeValidator(_scalar), WithJsonSchema(_FILL_SCHEMA)] = Field(
        default=None, description="The value where prod has none: in place of NULL, and in every row of a new column."
    )
    mask: MaskSpec | None = Field(default=None, description="How the values are made safe before they leave prod.")

    @property
    def has_value(self) -> bool:
        """Tell whether `value` is given, which null is too."""
        return "value" in self.model_fields_set

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnRule:
        given = self.model_fields_set
        empty = [key for key, field in _KEYS.items() if field in given and getattr(self, field) is None]
        if empty:
            raise PydanticCustomError(
                "origins", "has nothing after {key}{hint}", {"key": empty[0], "hint": _NULL_HINTS.get(empty[0], "")}
            )
        origins = [key for key, field in {"from": "from_", "expr": "expr", "value": "value"}.items() if field in given]
        if len(origins) > 1:
            raise PydanticCustomError(
                "origins", "has {keys}; keep one, a column has one origin", {"keys": " and ".join(origins)}
            )
        if not given:
            raise PydanticCustomError("origins", "says nothing; give it from, value, expr, map, fill or mask")
        if self.has_value and (more := [key for key in ("map", "fill", "mask") if key in given]):
            raise PydanticCustomError("origins", "has value and {key}; a fixed value needs none", {"key": more[0]})
        if self.mask == "nullify" and "fill" in given:
            raise PydanticCustomError("origins", "has fill and mask nullify; write value, for one value in every row")
        return self


Names: TypeAlias = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    BeforeValidator(_names),
    Field(min_length=1),
    WithJsonSchema(_NAMES_SCHEMA),
]
TableName: TypeAlias = Annotated[str, BeforeValidator(_named)]


class ReferenceRule(_Rule):
    """A reference that no foreign key declares."""

    columns: Names = Field(description="The columns that refer, by the names that they have in test.")
    to: TableName = Field(description="The table that they refer to, by the name that it has in test.")
    key: Names | None = Field(
        default=None, description="The columns of that table; its primary key, where nothing is said."
    )
    where: str | None = Field(
        default=None,
        min_length=1,
        description="An SQL condition on prod's rows, such as owner_type = 'User': the others refer to something else.",
    )


class SubsetRule(_Rule):
    """What becomes of the tables around those that `where`, `sample` and `limit` reduce."""

    parents: Literal["referenced", "whole"] = Field(
        default="referenced",
        description="Which rows come of a table without a rule that reduced tables refer to: those that chosen rows"
        " refer to, or all.",
    )


class TableRule(_Rule):
    """What is copied into one table of test, and from where."""

    skip: bool = Field(default=False, strict=True, description="Leave this table as it is: its rows are not copied.")
    where: str | None = Field(
        default=None, min_length=1, description="An SQL condition on prod's rows; only those it holds for are copied."
    )
    from_: Annotated[str, BeforeValidator(_query)] | None = Field(
        default=None,
        alias="from",
        min_length=1,
        description="An SQL query on prod whose rows fill this table instead of a table's, its columns by name:"
        " SELECT id, name FROM persons.",
    )
    sample: Annotated[Decimal, BeforeValidator(_percent), WithJsonSchema(_PERCENT_SCHEMA)] | None = Field(
        default=None,
        description="The share of the rows that is copied, such as 5%, picked by a hash of the primary key: the same"
        " rows every time.",
    )
    limit: int | None = Field(
        default=None, strict=True, ge=0, description="At most so many rows are copied, the first by primary key."
    )
    whole: bool = Field(
        default=False, strict=True, description="Copy all rows, however much other tables of a subset are reduced."
    )
    follows: tuple[TableName, ...] | None = Field(
        default=None,
        description="The tables whose chosen rows bring the rows that refer to them; what else these refer to comes"
        " along. An empty list: only rows that something chosen refers to, or that a rule chooses.",
    )
    references: tuple[ReferenceRule, ...] = Field(
        default=(), description="References of this table that no foreign key declares, for the closure of a subset."
    )
    rename_from: TableName | None = Field(
        default=None, description="The table of prod, as table or schema.table, where its name is another one."
    )
    mode: Literal["replace"] | None = Field(
        default=None, description="Replace all rows of this table, also where a sync takes only new or changed rows."
    )
    columns: dict[str, ColumnRule] = Field(
        default_factory=dict, description="Rules for columns, by the names that they have in test."
    )
    before: Hooks = Field(default=(), description="SQL to run on test, or functions that give it, before this table.")
    after: Hooks = Field(default=(), description="SQL to run on test, or functions that give it, after all checks.")
    validation: Checks = Field(
        default=(), alias="validate", description="Queries that must give the same on both sides, or no rows in test."
    )

    @property
    def reduces(self) -> bool:
        """Tell whether the rule itself leaves rows out."""
        return self.where is not None or self.sample is not None or self.limit is not None

    @model_validator(mode="after")
    def _one_source(self) -> TableRule:
        if self.from_ and self.rename_from:
            raise PydanticCustomError("sources", "has from and rename_from; keep one, a table has one source of rows")
        return self

    @model_validator(mode="after")
    def _whole_alone(self) -> TableRule:
        others = [key for key in ("where", "sample", "limit", "follows") if getattr(self, key) is not None]
        if self.whole and others:
            raise PydanticCustomError(
                "whole", "has whole and {keys}; a table comes whole or in part", {"keys": " and ".join(others)}
            )
        if self.from_ and (others := [key for key in others if key != "where"]):
            raise PydanticCustomError(
                "sources", "has from and {keys}; let the query choose its rows", {"keys": " and ".join(others)}
            )
        return self


class Profile(_Rule):
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
