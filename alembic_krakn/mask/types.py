"""The column that a mask is for, and what its PostgreSQL type can hold."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ProfileError

_TYPE = re.compile(r"(?P<head>[^(]+?)\s*(?:\((?P<args>-?\d+(?:,\s*-?\d+)*)\))?(?P<tail>[^()]*)")
_ALIASES = {"varchar": "character varying", "char": "character", "bpchar": "character", "decimal": "numeric"}
_TEXT = {"text", "citext", "character varying", "character", "name"}
_NAME_BYTES = 63
INTEGER_BITS = {"smallint": 15, "integer": 31, "bigint": 63}


@dataclass(frozen=True, slots=True)
class PgType:
    """A type as masks see it: its name without modifiers, and the modifiers."""

    name: str  # 'character varying', 'timestamp with time zone', 'text[]'
    args: tuple[int, ...] = ()  # (20,) for varchar(20), (10, 2) for numeric(10,2)

    @classmethod
    def parse(cls, text: str) -> PgType:
        """Read what format_type() gives: 'character varying(20)', 'timestamp(3) with time zone', 'public.citext'."""
        match = _TYPE.fullmatch(text.strip())
        if match is None:
            return cls(text)
        name = match["head"] + match["tail"]
        if name.endswith("citext"):  # an extension's type, in whatever schema the extension lives
            name = "citext"
        args = tuple(int(number) for number in match["args"].split(",")) if match["args"] else ()
        if name == "character" and not args:
            args = (1,)
        return cls(_ALIASES.get(name, name), args)

    @property
    def is_text(self) -> bool:
        """Tell whether any text will do."""
        return self.name in _TEXT

    @property
    def limit(self) -> int | None:
        """Give how many characters a text type holds, None where it has no end."""
        if self.name in ("character varying", "character") and self.args:
            return self.args[0]
        return _NAME_BYTES if self.name == "name" else None


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """The column of the test database that masked values are written to."""

    table: str  # as a person reads it: 'public.customers'
    column: str
    type: str  # format_type(): 'character varying(20)'
    base_type: str = ""  # what a domain is made of; empty where `type` says it
    nullable: bool = True
    unique: bool = False  # a unique index or key may tell rows apart by this column alone
    like_unique: bool = False  # such a column has the same mask, and equal values shall be equal in both

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"

    @property
    def pg_type(self) -> PgType:
        """Give the type that values must fit: a domain's own modifiers lie in its base type."""
        written, base = PgType.parse(self.type), PgType.parse(self.base_type or self.type)
        return written if written.name == base.name else base

    def refuse(self, problem: str) -> ProfileError:
        """Make the error that says why a mask does not fit this column."""
        return ProfileError(f"{self}: {problem}")
