"""Tell what it takes to give a column another type: two facts of it in, clauses and hazards out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from psycopg import sql

from ...catalog import Catalog, Column, Constraint, Domain, DomainConstraint, Index, Statistics
from ...names import Ident, Name, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .base import Sides


def type_changes(have: Column, want: Column) -> bool:
    return (have.type, have.collation) != (want.type, want.collation)


def is_read_between(ident: Ident, sides: Sides) -> bool:
    """Say whether PostgreSQL would read an expression anew while one of its columns has its new type, another not yet.

    It then casts the one to the other's type, and goes on casting when both have the same one again.
    """
    fact = sides.have.facts[ident]
    computes = isinstance(fact, Index) and (fact.predicate or not all(key.column for key in fact.keys))
    if not (computes or isinstance(fact, Statistics) or (isinstance(fact, Constraint) and fact.type in ("c", "x"))):
        return False
    pairs = ((sides.have.facts.get(need), sides.want.facts.get(need)) for need in sides.have.needs[ident])
    columns = [(was, now) for was, now in pairs if isinstance(was, Column) and isinstance(now, Column)]
    return sum(was.base_type != now.base_type for was, now in columns) > 1


def of_one_type(have: Column, want: Column) -> bool:
    """Say whether two columns are of types of the same name, or of arrays of these."""
    return have.type.removesuffix("[]") == want.type.removesuffix("[]")


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
    ("bit", "bit varying"),
}
# Types of which a value stays as it is where it may have more letters, bits or digits of a second.
_LONGER = {
    "character varying",
    "bit varying",
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
    "interval",
}


def _modifiers(type_: str) -> tuple[int, ...]:
    found = re.search(r"\(([\d, -]+)\)", type_)
    return tuple(int(number) for number in found[1].split(",")) if found else ()


def _widens(have: Column, want: Column, sides: Sides) -> bool:
    """Say whether every value of the old type is one of the new type, bit by bit."""
    before, made_of = _made_of(have, sides.have), _made_of(want, sides.want)
    if before == made_of:
        return True
    was, now = _modifiers(before), _modifiers(made_of)
    if have.base_type != want.base_type:
        return (have.base_type, want.base_type) in _SAME_BYTES and not now
    if want.base_type == "interval" and not re.fullmatch(r"interval( .*second)?(\(\d\))?", made_of):
        return False  # as in INTERVAL YEAR TO MONTH, which has no days
    if not now:
        if made_of != want.base_type:
            return False  # by words, as in geometry(Point,4326), of which only the type itself knows what they allow
        return have.base_type != "numeric" or bool(was) or was == now
    if have.base_type == "numeric":
        return bool(was) and now[0] >= was[0] and now[1:] == was[1:]
    return have.base_type in _LONGER and bool(was) and now[0] >= was[0]


def _made_of(column: Column, catalog: Catalog) -> str:
    """Give what a column's type is made of: 'character varying(10)' for a domain over that."""
    domains = _domains(column, catalog)
    return domains[-1].type if column.type_kind == "d" and domains else column.type


def _domains(column: Column, catalog: Catalog) -> list[Domain]:
    """List the domain that is a column's type, or its elements', and those that this one is made of."""
    found: list[Domain] = []
    ident = column.ident
    while made_of := [each for each in sorted(catalog.needs.get(ident, ())) if each.kind == Domain.kind]:
        ident = made_of[0]
        domain = catalog.facts[ident]
        assert isinstance(domain, Domain)
        found.append(domain)
    return found


_NUMBERS = ("smallint", "integer", "bigint", "numeric")


def type_hazards(have: Column, want: Column, sides: Sides) -> Iterator[Hazard]:
    if have.type == want.type:  # only the collation
        yield from _built_or_checked(have, want, sides)
        return
    constrained = is_constrained(want, sides)
    if _widens(have, want, sides) and not constrained:
        yield from _built_or_checked(have, want, sides)
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


def _built_or_checked(have: Column, want: Column, sides: Sides) -> Iterator[Hazard]:
    """Tell of the indexes that are built anew and of the checks that are proved anew though no row is written.

    PostgreSQL keeps an index only if it has the collation that it had, no expression and no predicate.
    """
    known = (ident for ident in sorted(sides.have.needed_by.get(have.ident, ())) if ident not in sides.made)
    stay = [sides.have.facts[ident] for ident in known if ident in sides.want.facts]
    collated = have.collation != want.collation
    built = any(
        isinstance(fact, Index) and (collated or fact.predicate or any(not key.column for key in fact.keys))
        for fact in stay
    )
    keys = [fact for fact in stay if isinstance(fact, Constraint)]
    if built or (collated and any(key.type in "pux" for key in keys)):
        yield Hazard(
            HazardKind.INDEX_BUILD,
            f"ACCESS EXCLUSIVE on {want.parent} while its indexes on {want.name} are built anew",
        )
    if any(key.type == "c" and key.validated and key.enforced for key in keys):
        message = f"ACCESS EXCLUSIVE on {want.parent} while its checks of {want.name} read every row"
        yield Hazard(HazardKind.LOCK, message)


def is_constrained(column: Column, sides: Sides) -> bool:
    """Say whether the column's type is a domain that does not take every value of what it is made of."""
    domains = _domains(column, sides.want)
    return any(domain.not_null or sides.want.parts(domain.ident, DomainConstraint) for domain in domains)


def takes_no_null(column: Column, sides: Sides) -> bool:
    """Say whether the column's type is a domain that takes no null, and has nothing to put in its place."""
    domains = _domains(column, sides.want) if column.type_kind == "d" else []
    return any(domain.not_null for domain in domains) and not any(domain.default for domain in domains)
