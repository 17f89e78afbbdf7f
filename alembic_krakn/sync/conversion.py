"""A column of prod and one of test in; how a value of the one becomes one of the other, on prod or as text, out.

PostgreSQL's own cast does it on prod, explicit ones too, where prod knows the type. Where PostgreSQL has no cast but
there is one plain meaning (boolean to bigint, bytea to jsonb), that is composed. What is left travels as text, and
test's input function takes it or refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from psycopg import sql

from ..catalog import Catalog, Column, Composite
from ..names import Name, comma, verbatim
from .types import (
    INTEGERS,
    JSON,
    NUMBERS,
    STRINGS,
    UNZONED,
    ZONED,
    base,
    castable,
    element,
    is_string,
    is_text,
    knows,
    path_of,
)

# What an array, a range, an enum or a document holds is written alike, whatever the type of the elements.
_SPEAKS_TEXT = frozenset({"e", "r", "m"})


@dataclass(frozen=True)
class Conversion:
    """How a value becomes another type."""

    select: sql.Composable  # on prod
    changed: bool  # the types differ
    how: str = ""  # for a person
    doubt: str = ""  # what a person may want otherwise
    instead: str = ""  # an expression that says it otherwise
    cast_from: str = ""  # the type that `select` is cast from, where the cast may refuse a value


def convert(have: Column, want: Column, value: sql.Composable, prod: Catalog, test: Catalog) -> Conversion:
    """Tell how `value`, of prod's column `have`, becomes a value of test's column `want`."""
    source, target = base(have), base(want)
    change = f"{have.type} to {want.type}" if have.type != want.type else f"{source} to {target}"
    if fields := _fields(have, want, value, prod, test):
        return fields
    if source == target == "xml":  # its own text lacks a declaration that the value has
        return Conversion(verbatim("({})::text").format(value), changed=False)
    if have.type == want.type and source == target:  # two domains may share a name and nothing else
        return Conversion(value, changed=False)
    if source == target and source.removesuffix("[]") != "character":
        return Conversion(value, changed=True, how=change)
    text = value if source in STRINGS - {"character"} else verbatim("({})::text").format(value)
    if element(target) is None and (is_string(want) or want.type_kind == "e"):
        zone = ", in UTC" if source in ZONED else ""
        return Conversion(text, changed=True, how=f"{change}{zone}")
    if _as_it_is(source, target):
        return Conversion(value, changed=True, how=change)
    if is_text(source):
        return Conversion(text, True, change, *_reading(target, have))
    if castable(source, target, prod) and (knows(prod, want) or element(target) is None):
        cast = verbatim("({})::{}").format(value, verbatim(target if want.type_kind == "d" else want.type))
        zone, *doubt = _zone(source, target, have)
        told = Conversion(cast, True, f"{change}, cast on prod{zone}", *doubt)
        return replace(told, cast_from=source) if have.builtin else told
    if meant := _meant(source, target, value):
        return Conversion(meant, changed=True, how=f"{change}, computed on prod")
    return Conversion(text, True, f"{change}, as text", *_hopeless(have, want))


def _as_it_is(source: str, target: str) -> bool:
    """Tell whether the text of one type is also that of the other, as a cast would make it."""
    have, want = element(source), element(target)
    if have and want:
        # Blanks that fill up a char(n) would stay inside an array.
        strings = have in STRINGS - {"character"} and want in STRINGS
        return have == want or _as_it_is(have, want) or strings
    return source in INTEGERS and target in NUMBERS


def _meant(source: str, target: str, value: sql.Composable) -> sql.Composable | None:
    """Compose what everybody means, where PostgreSQL has no cast."""
    have, want = (element(source), element(target)) if element(source) and element(target) else (source, target)
    array = "[]" if have != source else ""
    if have == "boolean" and want in NUMBERS:
        return verbatim(f"({{}})::integer{array}").format(value)
    if have in NUMBERS and want == "boolean" and not array:
        return verbatim("(({}) <> 0)").format(value)
    if have == "money" and want in NUMBERS:
        return verbatim(f"(({{}})::numeric{array})::{target}").format(value)
    if have in NUMBERS and want == "money":
        return verbatim(f"(({{}})::numeric{array})::{target}").format(value)
    if target in JSON:
        return verbatim(f"pg_catalog.to_{target}({{}})").format(value)
    return None


def _zone(source: str, target: str, have: Column) -> tuple[str, ...]:
    """Say which time zone a cast between a time with and one without a zone takes."""
    kinds = {name.removesuffix("[]") for name in (source, target)}
    if not (kinds & ZONED and kinds & UNZONED):
        return ("",)
    moments = {"timestamp with time zone", "timestamp without time zone", "date"}
    if not kinds <= moments or element(source):
        return (", in UTC",)
    instead = f"{Name(have.name).as_string()} AT TIME ZONE 'Europe/Berlin'"
    if target == "timestamp with time zone" and source == "date":
        instead = f"({Name(have.name).as_string()})::timestamp AT TIME ZONE 'Europe/Berlin'"
    return ", in UTC", "is taken as a time in UTC; for another zone", instead


def _reading(target: str, have: Column) -> tuple[str, str]:
    """Say what text may mean to a type, where that is not plain."""
    name = Name(have.name).as_string()
    if target in JSON:
        return "is read as JSON; where it is text that shall become a JSON string", f"to_{target}({name})"
    if target in ZONED | UNZONED:
        return (
            "is read with month before day where it is not ISO; for another order",
            f"to_date({name}, 'DD.MM.YYYY')",
        )
    if element(target):
        return "is read as an array, '{a,b}'; where each text shall be the only element", f"ARRAY[{name}]"
    return "", ""


def _hopeless(have: Column, want: Column) -> tuple[str, str]:
    """Say that nothing but luck lets values pass, where that is so."""
    source, target = base(have), base(want)
    if {have.type_kind, want.type_kind} & _SPEAKS_TEXT or source in JSON or (element(source) and element(target)):
        return "", ""
    if path_of(source)[-1] == path_of(target)[-1]:  # an extension's, which is in another schema there
        return "", ""
    name = Name(have.name).as_string()
    refused = "has no cast, so test will refuse most values as text"
    if target == "uuid":  # a key that became one: what refers to it takes the same expression
        return f"{refused}; for one that is the same wherever the value is", f"md5({name}::text)::uuid"
    return refused, f"ARRAY[{name}]" if element(target) == source else f"... {name} ..."


def _fields(have: Column, want: Column, value: sql.Composable, prod: Catalog, test: Catalog) -> Conversion | None:
    """Carry the fields of a composite type over by their names, where the two types do not have the same."""
    was, now = prod.get(Composite, *path_of(have.type)), test.get(Composite, *path_of(want.type))
    if was is None or now is None:
        return None
    old, new = ([(each.name, each.type) for each in kind.attributes] for kind in (was, now))
    if old == new:
        return None
    names = dict(old)
    fields = comma(
        verbatim("({}).{}").format(value, Name(name)) if name in names else sql.SQL("NULL::text") for name, _ in new
    )
    # A composite whose fields are all NULL IS NULL as well, and yet is another value.
    row = verbatim("CASE WHEN ({}) IS DISTINCT FROM NULL THEN (ROW({}))::text END").format(value, fields)
    fresh = {name for name, _ in new}
    gone = [name for name in names if name not in fresh]
    doubt = f"loses {', '.join(gone)}, which {want.type} of test lacks; to keep it elsewhere" if gone else ""
    instead = f"({Name(have.name).as_string()}).{Name(gone[0]).as_string()}" if gone else ""
    return Conversion(row, True, f"{have.type}, field by field", doubt, instead)
