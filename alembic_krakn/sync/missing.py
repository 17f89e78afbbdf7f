"""A column of test in; what is said of a column or rule without an answer, with the YAML that would settle it, out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..catalog import Catalog, Column, Trigger
from ..names import Ident
from .lineage import references
from .types import base, enum_of

_BEFORE_INSERT = re.compile(r" BEFORE ([A-Z ]+ OR )?INSERT\b.* FOR EACH ROW ", re.DOTALL)


@dataclass(frozen=True)
class Missing:
    """A column or table without an answer, or a rule that does not fit: what is wrong and what would settle it."""

    what: str
    line: str = ""  # of YAML

    def __str__(self) -> str:
        return f"{self.what}\n      {self.line}" if self.line else self.what


def made_by_triggers(column: Column, test: Catalog) -> str:
    """Say that triggers of test may make a column's values, which they do not for the rows of a sync."""
    names = [
        trigger.name
        for trigger in test.parts(Ident("table", (column.schema, column.table)), Trigger)
        if trigger.enabled in "OA" and _BEFORE_INSERT.search(trigger.definition)
    ]
    if not names:
        return ""
    them = f"trigger {names[0]}" if len(names) == 1 else f"triggers {', '.join(names)}"
    return f"; a sync does not run {them} of test, so if the values come from there, say them with `expr`"


def example(column: Column, test: Catalog) -> str:
    """Give a value that the type takes, for a line of YAML."""
    enum = enum_of(test, column)
    if enum and enum.labels:
        return f'"{enum.labels[0]}"'
    if any(True for _ in references(test, column)):
        return '"..."'  # a key that is there, which only the team knows
    examples = {"boolean": "false", "jsonb": '"{}"', "json": '"{}"', "date": '"2000-01-01"'}
    if base(column).startswith("timestamp"):
        return '"2000-01-01 00:00"'
    return examples.get(base(column), "0" if column.category == "N" else '"..."')
