"""Tell what it takes to give a column another type: two facts of it in, clauses and hazards out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from psycopg import sql

from ...catalog import Column, Domain, DomainConstraint
from ...names import Name, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .base import Sides


def type_changes(have: Column, want: Column) -> bool:
    return (have.type, have.collation) != (want.type, want.collation)


def set_type(have: Column, want: Column, sides: Sides) -> sql.Composed:
    clause: sql.Composable = verbatim(f"TYPE {want.type}")
    if want.collation:
        clause += verbatim(f" COLLATE {want.collation}")
    elif have.collation and want.type == have.type:
        clause += verbatim(' COLLATE "default"')
    using = None if want.of_foreign else using_expression(have, want, sides)  # it has no rows to cast
    return sql.Composed([clause, sql.SQL(" USING {}").format(using)]) if using else sql.Composed([clause])


def using_expression(have: Column, want: Column, sides: Sides) -> sql.Composable | None:
    """Compose the USING that turns the old value into the new one, or None where PostgreSQL needs none."""
    name, target = Name(have.name), verbatim(f"::{want.type}")
    if have.base_type == want.base_type:
        return None
    was, now = have.base_type.removesuffix("[]"), want.base_type.removesuffix("[]")
    by_text = verbatim(
        "" if was == now or (was, now) in sides.have.casts or "S" in (have.category, want.category) else "::text"
    )
    if want.category == "A" and have.category != "A":
        return sql.SQL("ARRAY[{}]").format(name + by_text) + target
    if have.category == "A" and want.category != "A":
        return name + verbatim("[1]") + by_text + target
    context = sides.have.casts.get((have.base_type, want.base_type))
    if context in ("i", "a") or (context is None and want.category == "S"):
        return None  # there is a cast in assignments; everything has one to text
    if context == "e" or have.category == "S":
        return name + target
    return name + verbatim("::text") + target


def comparable(have: Column, want: Column) -> bool:
    """Say whether indexes and keys of the column survive the change of its type as they are."""
    known = have.base_type == want.base_type or (have.builtin and want.builtin)
    return known and have.category == want.category and have.type_kind == want.type_kind


# One type's values as they are, in another: no row is written anew.
_SAME_BYTES = {
    ("character varying", "text"),
    ("text", "character varying"),
    ("cidr", "inet"),
}


def _modifiers(type_: str) -> tuple[int, ...]:
    found = re.search(r"\(([\d, -]+)\)", type_)
    return tuple(int(number) for number in found[1].split(",")) if found else ()


def _widens(have: Column, want: Column) -> bool:
    """Say whether every value of the old type is one of the new type, bit by bit."""
    was, now = _modifiers(have.type), _modifiers(want.type)
    if have.base_type != want.base_type:
        return (have.base_type, want.base_type) in _SAME_BYTES and not now
    if not now:
        return have.base_type != "numeric" or bool(was) or was == now
    if have.base_type == "numeric":
        return bool(was) and now[0] >= was[0] and now[1:] == was[1:]
    return (
        have.base_type
        in (
            "character varying",
            "bit varying",
            "timestamp without time zone",
            "timestamp with time zone",
            "time without time zone",
        )
        and bool(was)
        and now[0] >= was[0]
    )


_NUMBERS = ("smallint", "integer", "bigint", "numeric")


def type_hazards(have: Column, want: Column, sides: Sides) -> Iterator[Hazard]:
    if have.type == want.type:  # only the collation
        yield Hazard(
            HazardKind.INDEX_BUILD,
            f"ACCESS EXCLUSIVE on {want.parent} while its indexes on {want.name} are built anew",
        )
        return
    constrained = _is_constrained(want, sides)
    if _widens(have, want) and not constrained:
        return
    yield rewrite(want)
    grows = (
        have.base_type in _NUMBERS
        and want.base_type in _NUMBERS
        and not _modifiers(want.type)
        and _NUMBERS.index(have.base_type) < _NUMBERS.index(want.base_type)
    )
    to_text = want.category == "S" and not _modifiers(want.type)
    if constrained or not (grows or to_text):
        doubt = Doubt(Asks.FIT, want.ident)
        yield Hazard(HazardKind.MAY_FAIL, f"fails when a value of {want.ident} does not fit {want.type}", doubt)
    if _rounds(have, want):
        doubt = Doubt(Asks.ROUNDED, want.ident)
        yield Hazard(HazardKind.DATA_LOSS, f"digits of {want.ident} that {want.type} has no place for are lost", doubt)


def _rounds(have: Column, want: Column) -> bool:
    """Say whether a number loses digits behind its point, which no cast minds."""
    if have.base_type not in ("numeric", "real", "double precision"):
        return False
    if want.base_type != "numeric":
        return want.base_type in _NUMBERS
    was, now = (_modifiers(column.type) for column in (have, want))
    scales = [(*each, 0)[1] if each else None for each in (was, now)]
    return scales[1] is not None and (have.base_type != "numeric" or scales[0] is None or scales[1] < scales[0])


def rewrite(column: Column) -> Hazard:
    """Say that a table is written anew for a column."""
    return Hazard(HazardKind.REWRITE, f"{column.parent} is written anew, under an ACCESS EXCLUSIVE lock")


def _is_constrained(column: Column, sides: Sides) -> bool:
    """Say whether the column's type is a domain that does not take every value of what it is made of."""
    queue, made_of = [column.ident], []
    while queue:
        found = [sides.want.facts[ident] for ident in sides.want.needs.get(queue.pop(), ()) if ident.kind == "domain"]
        made_of += found
        queue += [domain.ident for domain in found]
    return any(
        isinstance(domain, Domain) and (domain.not_null or sides.want.parts(domain.ident, DomainConstraint))
        for domain in made_of
    )
