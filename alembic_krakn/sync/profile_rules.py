"""The rules of a profile for columns and tables, as checked values, whose descriptions are those of its JSON Schema."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ..mask.spec import MaskSpec
from .profile_steps import Checks, Hooks
from .profile_words import FillValue, Names, Percent, QueryText, TableName, Value

_NULL_HINTS = {"mask": "; for NULL in every row write nullify", "expr": "; for NULL in every row write value: null"}


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ColumnRule(Rule):
    """Where the values of one column of test come from, and how they are masked."""

    model_config = ConfigDict(
        json_schema_extra={"minProperties": 1, "examples": [{"mask": {"fake": "email"}}, {"from": "name"}]}
    )

    from_: str | None = Field(
        default=None, alias="from", min_length=1, description="The column of prod whose values are copied (a rename)."
    )
    value: Value = Field(default=None, description="One value for every row; null is SQL's NULL.")
    expr: str | None = Field(
        default=None,
        min_length=1,
        description="An SQL expression over the columns of prod's table, computed on prod, such as price * quantity.",
    )
    map: dict[str, Value] | None = Field(
        default=None,
        min_length=1,
        description="Values of prod, as text, that become others: {closed: archived}; all others stay as they are.",
    )
    fill: FillValue = Field(
        default=None, description="The value where prod has none: in place of NULL, and in every row of a new column."
    )
    mask: MaskSpec | None = Field(default=None, description="How the values are made safe before they leave prod.")

    @property
    def has_value(self) -> bool:
        """Tell whether `value` is given, which null is too."""
        return "value" in self.model_fields_set

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnRule:
        given = {field.rstrip("_"): getattr(self, field) for field in self.model_fields_set}  # by the keys of the file
        empty = [key for key in ("from", "expr", "map", "fill", "mask") if given.get(key, "") is None]
        if empty:
            raise PydanticCustomError(
                "origins", "has nothing after {key}{hint}", {"key": empty[0], "hint": _NULL_HINTS.get(empty[0], "")}
            )
        origins = [key for key in ("from", "expr", "value") if key in given]
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


class ReferenceRule(Rule):
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


class SubsetRule(Rule):
    """What becomes of the tables around those that `where`, `sample` and `limit` reduce."""

    parents: Literal["referenced", "whole"] = Field(
        default="referenced",
        description="Which rows come of a table without a rule that reduced tables refer to: those that chosen rows"
        " refer to, or all.",
    )


class TableRule(Rule):
    """What is copied into one table of test, and from where."""

    skip: bool = Field(default=False, strict=True, description="Leave this table as it is: its rows are not copied.")
    where: str | None = Field(
        default=None, min_length=1, description="An SQL condition on prod's rows; only those it holds for are copied."
    )
    from_: QueryText | None = Field(
        default=None,
        alias="from",
        min_length=1,
        description="An SQL query on prod whose rows fill this table instead of a table's, its columns by name:"
        " SELECT id, name FROM persons.",
    )
    sample: Percent | None = Field(
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


__all__ = ["ColumnRule", "ReferenceRule", "Rule", "SubsetRule", "TableRule"]
