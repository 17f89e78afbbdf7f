"""The context that a failed COPY gives, in any language of PostgreSQL's, in; the row and the column that it names, out.

A server speaks as `lc_messages` says, and lets only superusers say otherwise (PostgreSQL's documentation: Server
Configuration, Locale and Formatting). The forms are those of PostgreSQL's own translations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# `COPY users, line 3, column age: "..."`, `COPY users, Zeile 3, Spalte age: »...«`; Korean and Japanese begin with
# the table, and Korean and Chinese have a word behind the number: `users 복사, 3번째 줄, age 열: "..."`.
_ROW = r"^(?:COPY )?{table}(?:のCOPY、| 복사, |, )\D*?(\d+)(?: 行|번째 줄|행)?"
_OF_ANY_TABLE = re.compile(rf"^(?=COPY |.+(?:のCOPY、| 복사, )){_ROW[1:].format(table='.+?')}", re.MULTILINE)
_COLUMN = r"(?:, |、)(?:\w+ {name}|{name} 열)(?: ?: .*)?"


def of_a_row(context: str) -> bool:
    """Tell whether it is a row that went wrong."""
    return _OF_ANY_TABLE.search(context) is not None


def place(context: str, table: str, columns: Iterable[str]) -> tuple[int | None, str | None]:
    """Give the row's number and the column; what follows its name is the value. None is what nobody told."""
    found = re.search(_ROW.format(table=re.escape(table)), context, re.MULTILINE)
    if found is None:
        return None, None
    rest = context[found.end() :]
    named = [name for name in columns if re.fullmatch(_COLUMN.format(name=re.escape(name)), rest, re.DOTALL)]
    return int(found[1]), max(named, key=len, default=None)


__all__ = ["of_a_row", "place"]
