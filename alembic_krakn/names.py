"""Name the objects of a database, and compose names into SQL so that they read as pg_dump would write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from psycopg import sql
from psycopg.abc import AdaptContext

# Kinds that live in no schema, although their path has more than one part.
NOWHERE = frozenset({"cast", "transform", "user mapping"})
LONGEST_NAME = 63  # bytes; PostgreSQL cuts off the rest


class Ident(NamedTuple):
    """The identity of one object: its kind and its path, as in `("column", ("public", "users", "id"))`.

    The path begins with the schema, where the kind lives in one. A comment's path is the kind and
    the path of what it comments. Idents sort by kind, then by path.
    """

    kind: str
    path: tuple[str, ...]

    @property
    def schema(self) -> str | None:
        """Give the schema that the object lives in, if any."""
        if self.kind in ("comment", "privileges", "owner"):
            return Ident(self.path[0], self.path[1:]).schema
        if self.kind in NOWHERE:
            return None
        return self.path[0] if len(self.path) > 1 or self.kind == "schema" else None

    def __str__(self) -> str:
        """Say it for a person: `column public.users.id`, `function public.add(integer, integer)`."""
        if self.kind == "owner":
            return f"owner of {Ident(self.path[0], self.path[1:])}"
        if self.kind == "comment":
            return f"comment on {Ident(self.path[0], self.path[1:])}"
        if self.kind == "privileges":
            return f"privileges of {self.path[-1] or 'PUBLIC'} on {Ident(self.path[0], self.path[1:-1])}"
        if self.kind == "default privileges":
            role, schema, objects, grantee = self.path
            where = f" in {schema}" if schema else ""
            return f"default privileges of {grantee or 'PUBLIC'} on {objects.lower()} of {role}{where}"
        if self.kind == "user mapping":
            return f"user mapping of {self.path[1] or 'PUBLIC'} on {self.path[0]}"
        if self.kind in ("operator class", "operator family"):
            return f"{self.kind} {text_of(Name(*self.path[:2]))} using {self.path[2]}"
        if self.kind == "operator":
            return f"operator {text_of(Name(self.path[0]))}.{self.path[1]}({self.path[2]})"
        if self.kind == "cast":
            return f"cast ({self.path[0]} as {self.path[1]})"
        if self.kind == "transform":
            return f"transform for {self.path[0]} in {self.path[1]}"
        if self.kind in ("function", "aggregate"):
            return f"{self.kind} {text_of(Name(*self.path[:2]))}({self.path[2]})"
        return f"{self.kind} {text_of(Name(*self.path))}"


# Every word that pg_get_keywords() of PostgreSQL 18 gives with a category other than unreserved;
# quote_ident() puts these in quotes as well.
KEYWORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
    cast char character check coalesce collate collation column concurrently constraint create cross
    current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
    decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign
    freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect
    interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query
    json_scalar json_serialize json_table json_value lateral leading least left like limit localtime
    localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset on
    only or order out outer overlaps overlay placing position precision primary real references returning right
    row select session_user setof similar smallint some substring symmetric system_user table tablesample then
    time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where
    window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
    xmlserialize xmltable
    """.split()
)
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


# Text in quotes or in parentheses is one piece: '"a.b"', 'add(numeric(10,2), integer)'.
_PIECE = re.compile(r'"(?:[^"]|"")*"|\((?:[^()]|\([^()]*\))*\)|.', re.S)


class Name(sql.Identifier):
    """Compose a (qualified) identifier, in quotes only where PostgreSQL's quote_ident() would put them."""

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        return ".".join(map(self._part, self._obj)).encode()

    @staticmethod
    def _part(name: str) -> str:
        if _PLAIN.match(name) and name not in KEYWORDS:
            return name
        return '"' + name.replace('"', '""') + '"'


def verbatim(text: str) -> sql.SQL:
    """Compose text that PostgreSQL itself deparsed (a type, an expression, a definition), as it is."""
    return sql.SQL(text)


def comma(parts: Iterable[sql.Composable]) -> sql.Composed:
    """Compose parts with commas between them."""
    return sql.SQL(", ").join(parts)


def names(columns: Iterable[str]) -> sql.Composed:
    """Compose a list of simple identifiers with commas between them."""
    return comma(map(Name, columns))


def text_of(composed: sql.Composable) -> str:
    """Give composed SQL as text."""
    return composed.as_string()


def some_of(things: Sequence[object]) -> str:
    """Name the first three of many for a person, and say how many more there are."""
    more = f" and {len(things) - 3} more" if len(things) > 3 else ""
    return ", ".join(map(str, things[:3])) + more


def split(text: str, mark: str) -> list[str]:
    """Split a text at a mark that stands neither in quotes nor in parentheses, and strip the parts."""
    found = [""]
    for piece in _PIECE.finditer(text):
        if piece[0] == mark:
            found.append("")
        else:
            found[-1] += piece[0]
    return [part.strip() for part in found]


def unquoted(name: str) -> str:
    """Give a name without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def schemas_of(search_path: str) -> tuple[str, ...]:
    """Read the value of search_path as the server shows it: `"$user", public`; an empty one is one empty name."""
    parts = [part for part in split(search_path, ",") if part]
    return tuple(unquoted(part) if part.startswith('"') else part.lower() for part in parts) or ("",)
