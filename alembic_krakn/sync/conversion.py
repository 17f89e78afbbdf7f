"""A column of prod and one of test in; how a value becomes the other type, and how both sides are compared, out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from psycopg import sql

from ..catalog import Catalog, Column
from ..names import Ident, verbatim

# Their text is also the text of every wider one, and test's input function says which row does not fit.
_WHOLE = frozenset({"smallint", "integer", "bigint"})
_NUMBERS = _WHOLE | {"numeric", "real", "double precision"}
_STRINGS = frozenset({"text", "character varying", "character", "name", "citext"})

# Types whose binary form is the same on PostgreSQL 14 to 18. Not: xml (it carries an encoding), money (lc_monetary).
_BINARY = frozenset(
    """
    boolean,smallint,integer,bigint,real,double precision,numeric,text,character varying,character,bytea,date,
    time without time zone,time with time zone,timestamp without time zone,timestamp with time zone,interval,uuid,
    json,jsonb,inet,cidr,macaddr,macaddr8,bit,bit varying
    """.replace("\n    ", "").split(",")
)
# Types whose own hash function is the same on every server, and takes a fraction of the time that their text does.
_HASHED = frozenset(
    """
    boolean,smallint,integer,bigint,real,double precision,numeric,text,character varying,bytea,date,
    timestamp without time zone,timestamp with time zone,uuid,jsonb,inet,cidr,macaddr
    """.replace("\n    ", "").split(",")
)


@dataclass(frozen=True)
class Conversion:
    """How a value becomes another type."""

    select: sql.Composable  # on prod
    changed: bool  # the types differ
    how: str = ""  # for a person


def bare(type_name: str) -> str:
    """Give a type without its modifiers: 'numeric(10,2)[]' is 'numeric[]', 'timestamp(3) with time zone' as well."""
    return re.sub(r"\(-?\d+(?:,-?\d+)*\)", "", type_name)


def base(column: Column) -> str:
    """Give the type that a value of the column is made of, without modifiers; a domain's underlying one."""
    return bare(column.base_type or column.type)


def convert(have: Column, want: Column, value: sql.Composable, prod: Catalog) -> Conversion:
    """Tell how `value`, of prod's column `have`, becomes a value of test's column `want`."""
    source, target = base(have), base(want)
    change = f"{have.type} to {want.type}"
    if have.type == want.type:
        return Conversion(value, changed=False)
    if source == target and not _char(source):
        return Conversion(value, changed=True, how=change)
    text = value if source in _STRINGS - {"character"} else verbatim("({})::text").format(value)
    if _element(target) is None and (_is_string(want, target) or want.type_kind == "e"):
        return Conversion(text, changed=True, how=change)
    if _as_it_is(source, target):
        return Conversion(value, changed=True, how=change)
    if source in _STRINGS:
        return Conversion(text, changed=True, how=change)
    if knows(prod, want) and _castable(source, target, prod):
        cast = verbatim("({})::{}").format(value, verbatim(target if want.type_kind == "d" else want.type))
        return Conversion(cast, changed=True, how=f"{change}, cast on prod")
    return Conversion(text, changed=True, how=f"{change}, as text")


def knows(prod: Catalog, column: Column) -> bool:
    """Tell whether prod has the type that a column of test is made of."""
    name = base(column).removesuffix("[]")
    path = _path(name)
    if len(path) == 1:  # format_type() leaves out pg_catalog alone
        return True
    return any(Ident(kind, path) in prod.facts for kind in ("enum", "domain"))


def travels_binary(have: Column, want: Column) -> bool:
    """Tell whether the binary form of prod's column is what test's takes."""
    same = have.builtin and want.builtin and have.type_kind == want.type_kind == "b" and base(have) == base(want)
    return same and base(have).removesuffix("[]") in _BINARY


def checks(
    select: sql.Composable, want: Column, column: sql.Composable, prod: Catalog, *, changed: bool
) -> list[sql.Composable]:
    """Compose what the checksum takes on prod and on test; nothing where the two need not be equal."""
    target = base(want)
    if target.startswith(("reg", "oid", "xid", "cid", "tid")):
        return []
    known = knows(prod, want) and want.type_kind != "d"
    if changed and not known and not _is_string(want, target) and want.type_kind != "e":
        return []  # its text may be another than the one that prod has
    on_prod = verbatim("({})::{}").format(select, verbatim(want.type)) if known else select
    if want.builtin and want.type_kind == "b" and target in _HASHED:
        # A nondeterministic collation would hash as the server's own ICU sorts.
        tail = verbatim(' COLLATE "C"' if want.collation else "")
        return [on_prod + tail, column + tail]
    return [verbatim("({})::text").format(on_prod), verbatim("({})::text").format(column)]


def enum_ident(column: Column) -> Ident | None:
    """Give the enum that a column is of, if it is one."""
    return Ident("enum", _path(column.type)) if column.type_kind == "e" else None


def _path(name: str) -> tuple[str, ...]:
    """Read `schema.type`, with quotes where it has them."""
    found = re.findall(r'"((?:[^"]|"")*)"|([^".]+)', name)
    return tuple(plain or quoted.replace('""', '"') for quoted, plain in found)


def _char(name: str) -> bool:
    return name.removesuffix("[]") == "character"


def _element(name: str) -> str | None:
    return name[:-2] if name.endswith("[]") else None


def _is_string(column: Column, target: str) -> bool:
    return target in _STRINGS or target.endswith(".citext") or (column.builtin and column.category == "S")


def _as_it_is(source: str, target: str) -> bool:
    """Tell whether the text of one type is also that of the other, as a cast would make it."""
    have, want = _element(source), _element(target)
    if have and want:
        return have == want or _as_it_is(have, want) or (have in _STRINGS and want in _STRINGS)
    return source in _WHOLE and target in _NUMBERS


def _castable(source: str, target: str, prod: Catalog) -> bool:
    inner = _element(source), _element(target)
    if inner[0] and inner[1]:
        return inner[0] == inner[1] or (inner[0], inner[1]) in prod.casts
    return (source, target) in prod.casts
