"""A column of test in; what is said of a column or rule without an answer, with the YAML that would settle it, out."""

from __future__ import annotations

from dataclasses import dataclass

from ..catalog import Catalog, Column, Enum
from .types import base, enum_ident


@dataclass(frozen=True)
class Missing:
    """A column or table without an answer, or a rule that does not fit: what is wrong and what would settle it."""

    what: str
    line: str = ""  # of YAML

    def __str__(self) -> str:
        return f"{self.what}\n      {self.line}" if self.line else self.what


def example(column: Column, test: Catalog) -> str:
    """Give a value that the type takes, for a line of YAML."""
    ident = enum_ident(column)
    fact = test.facts.get(ident) if ident else None
    if isinstance(fact, Enum) and fact.labels:
        return f'"{fact.labels[0]}"'
    examples = {"boolean": "false", "jsonb": '"{}"', "json": '"{}"', "date": '"2000-01-01"'}
    if base(column).startswith("timestamp"):
        return '"2000-01-01 00:00"'
    return examples.get(base(column), "0" if column.category == "N" else '"..."')
