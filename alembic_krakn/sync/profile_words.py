"""What a profile says in text, as names of tables, percentages and values, in; the same checked, out."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import (
    BeforeValidator,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from ..errors import ProfileError

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


Value: TypeAlias = Annotated[Scalar, BeforeValidator(_scalar), WithJsonSchema(_SCALAR_SCHEMA)]
FillValue: TypeAlias = Annotated[Scalar, BeforeValidator(_scalar), WithJsonSchema(_FILL_SCHEMA)]
Percent: TypeAlias = Annotated[Decimal, BeforeValidator(_percent), WithJsonSchema(_PERCENT_SCHEMA)]
QueryText: TypeAlias = Annotated[str, BeforeValidator(_query)]
Names: TypeAlias = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    BeforeValidator(_names),
    Field(min_length=1),
    WithJsonSchema(_NAMES_SCHEMA),
]
TableName: TypeAlias = Annotated[str, BeforeValidator(_named)]

__all__ = ["FillValue", "Names", "Percent", "QueryText", "Scalar", "TableName", "Value", "parse_table"]
