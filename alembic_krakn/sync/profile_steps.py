"""How a person writes the steps around a load, hooks and queries that validate it, as checked values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

_FUNCTION = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"
NO_ROWS = "no rows"


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class HookStep(_Step):
    """SQL to run on test, or a function that gives it; one of them."""

    sql: str | None = None
    call: str | None = None


class CheckStep(_Step):
    """A query that must give the same on both sides, or no row in test."""

    query: str
    no_rows: bool = False


def _hook(given: Any) -> HookStep:
    if isinstance(given, HookStep):
        return given
    if isinstance(given, str) and given.strip():
        return HookStep(sql=given)
    if isinstance(given, Mapping) and given.keys() == {"call"}:
        call = given["call"]
        if isinstance(call, str) and re.fullmatch(_FUNCTION, call):
            return HookStep(call=call)
    raise PydanticCustomError("hook", 'expected SQL for test, or {call: "module:function"}')


def _check(given: Any) -> CheckStep:
    if isinstance(given, CheckStep):
        return given
    if isinstance(given, str) and given.strip():
        return CheckStep(query=_without_end(given))
    if isinstance(given, Mapping) and given.keys() == {"query", "expect"}:
        query, expect = given["query"], given["expect"]
        if isinstance(query, str) and query.strip() and expect == NO_ROWS:
            return CheckStep(query=_without_end(query), no_rows=True)
    raise PydanticCustomError(
        "check", "expected a query that gives the same on both sides, or {query: ..., expect: no rows}"
    )


def _without_end(query: str) -> str:
    return query.strip().removesuffix(";")


def _several(one: Callable[[Any], _Step]) -> BeforeValidator:
    """Take one step or a list of them."""

    def read(given: Any) -> tuple[_Step, ...]:
        return tuple(map(one, given)) if isinstance(given, list | tuple) else (one(given),)

    return BeforeValidator(read)


def _schema(one: Mapping[str, Any]) -> WithJsonSchema:
    forms = [{"type": "string", "minLength": 1}, {"type": "object", "additionalProperties": False, **one}]
    return WithJsonSchema({"anyOf": [*forms, {"type": "array", "items": {"anyOf": forms}}]})


Hooks: TypeAlias = Annotated[
    tuple[HookStep, ...],
    _several(_hook),
    _schema({"properties": {"call": {"type": "string", "pattern": _FUNCTION}}, "required": ["call"]}),
]
Checks: TypeAlias = Annotated[
    tuple[CheckStep, ...],
    _several(_check),
    _schema(
        {
            "properties": {"query": {"type": "string", "minLength": 1}, "expect": {"const": NO_ROWS}},
            "required": ["query", "expect"],
        }
    ),
]

__all__ = ["CheckStep", "Checks", "HookStep", "Hooks"]
