"""Types by the names that PostgreSQL prints: a column in; what its values are made of, and who knows that type, out."""

from __future__ import annotations

import re

from ..catalog import Catalog, Column, Enum
from ..names import Ident

INTEGERS = frozenset({"smallint", "integer", "bigint"})
NUMBERS = INTEGERS | {"numeric", "real", "double precision"}
STRINGS = frozenset({"text", "character varying", "character", "name", "citext"})
JSON = frozenset({"json", "jsonb"})
ZONED = frozenset({"timestamp with time zone", "time with time zone"})
UNZONED = frozenset({"timestamp without time zone", "date", "time without time zone"})

# Types whose binary form is the same on PostgreSQL 14 to 18. Not: xml (it carries an encoding), money (lc_monetary).
_BINARY = frozenset(
    """
    boolean,smallint,integer,bigint,real,double precision,numeric,text,character varying,character,bytea,date,
    time without time zone,time with time zone,timestamp without time zone,timestamp with time zone,interval,uuid,
    json,jsonb,inet,cidr,macaddr,macaddr8,bit,bit varying,int4range,int8range,numrange,tsrange,tstzrange,daterange
    """.replace("\n    ", "").split(",")
)


def bare(type_name: str) -> str:
    """Give a type without its modifiers: 'numeric(10,2)[]' is 'numeric[]', 'timestamp(3) with time zone' as well."""
    return re.sub(r"\(-?\d+(?:,-?\d+)*\)", "", type_name)


def base(column: Column) -> str:
    """Give the type that a value of the column is made of, without modifiers; a domain's underlying one."""
    return bare(column.base_type or column.type)


def element(name: str) -> str | None:
    """Give the type of an array's elements, or None."""
    return name[:-2] if name.endswith("[]") else None


def path_of(name: str) -> tuple[str, ...]:
    """Read `schema.type`, with quotes where it has them."""
    found = re.findall(r'"((?:[^"]|"")*)"|([^".]+)', name)
    return tuple(plain or quoted.replace('""', '"') for quoted, plain in found)


def is_string(column: Column) -> bool:
    """Tell whether every text is a value of the column's type, as far as it is not too long."""
    target = base(column)
    return is_text(target) or (column.builtin and column.category == "S")


def enum_of(catalog: Catalog, column: Column) -> Enum | None:
    """Give the enum that a column is of, if it is one."""
    return catalog.get(Enum, *path_of(column.type)) if column.type_kind == "e" else None


def knows(prod: Catalog, column: Column) -> bool:
    """Tell whether prod has the type that a column of test is made of."""
    path = path_of(base(column).removesuffix("[]"))
    if len(path) == 1:  # format_type() leaves out pg_catalog alone
        return True
    return any(Ident(kind, path) in prod.facts for kind in ("enum", "domain"))


def is_text(name: str) -> bool:
    """Tell whether values of a type are text of any kind."""
    return name in STRINGS or name.endswith(".citext")


def castable(source: str, target: str, prod: Catalog) -> bool:
    """Tell whether prod has a cast between two types, or between what two arrays are made of."""
    have, want = element(source), element(target)
    if have and want:
        return have == want or (have, want) in prod.casts
    return (source, target) in prod.casts


def travels_binary(have: Column, want: Column) -> bool:
    """Tell whether the binary form of prod's column is what test's takes."""
    if have.type_kind == want.type_kind == "e":
        return True  # a label's own text; test says which one it lacks
    same = have.builtin and want.builtin and have.type_kind == want.type_kind and base(have) == base(want)
    return same and base(have).removesuffix("[]") in _BINARY
