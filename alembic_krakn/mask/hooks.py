"""`module:function` in, a masker that calls it with whole columns out."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from ..errors import SyncError
from .types import ColumnInfo


class CannotImport(Exception):
    """There is no such function; the text says why."""


def imported(name: str) -> Callable[..., object]:
    """Import `module:function`."""
    module, _, attribute = name.partition(":")
    try:
        function = getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as exc:  # a module may raise anything while it is imported
        raise CannotImport(
            f"hook {name!r} cannot be imported ({type(exc).__name__}: {exc});"
            " it is written `module:function`, and the module must be on PYTHONPATH"
        ) from exc
    if not callable(function):
        raise CannotImport(f"hook {name!r} is no function; it is a value of type {type(function).__name__}")
    return function  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Hook:
    """Mask with a function of the team's own; what it says when it fails may hold values, and is not passed on."""

    column: ColumnInfo
    name: str
    function: Callable[[pl.Series], object]
    keeps_nulls: ClassVar[bool] = False
    injective: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """Say it as the profile does."""
        return f"call: {self.name}"

    @classmethod
    def load(cls, name: str, column: ColumnInfo) -> Hook:
        """Import the function."""
        try:
            function = imported(name)
        except CannotImport as exc:
            raise column.refuse(str(exc)) from exc
        return cls(column, name, function)

    def apply(self, values: pl.Series) -> pl.Series:
        """Call the function with text values, null for SQL's NULL, and check what it gives back."""
        try:
            result = self.function(values)
        except (Exception, SystemExit) as exc:
            raise self._wrong(f"raised {type(exc).__name__}") from None
        if not isinstance(result, pl.Series):
            raise self._wrong(f"gave a {type(result).__name__} instead of a polars Series")
        if result.dtype == pl.Null:
            result = result.cast(pl.String)
        if result.dtype != pl.String:
            raise self._wrong(f"gave a Series of {result.dtype} instead of String")
        if len(result) != len(values):
            raise self._wrong(f"gave {len(result)} values for {len(values)}")
        if not self.column.nullable and result.null_count():
            raise self._wrong("gave nulls, and the column is NOT NULL")
        if result.str.contains("\0", literal=True).any():
            raise self._wrong("gave text with a zero in it, which PostgreSQL cannot hold")
        return result

    def _wrong(self, what: str) -> SyncError:
        return SyncError(f"{self.column}: hook {self.name!r} {what}; call it by itself with a polars Series of text")
