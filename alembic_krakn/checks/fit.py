"""Which values a new type refuses: a value and two types go in, the condition that such a value meets comes out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from ..catalog import Catalog, Domain, DomainConstraint, Enum
from ..names import Name, comma, text_of, verbatim
from .rows import Unaskable
from .spelling import PATTERNS

STRINGS = frozenset({"text", "character varying", "character", "bpchar", "name", '"char"'})
_INTEGERS = {"smallint": 15, "integer": 31, "bigint": 63}
_FLOATS = frozenset({"real", "double precision"})
_NUMBERS = frozenset({*_INTEGERS, *_FLOATS, "numeric"})
_TIMES = (
    *(f"time{stamp} {zone} time zone" for stamp in ("", "stamp") for zone in ("with", "without")),
    "interval",
)
# Whatever their modifiers: those of times round.
_WIDER = frozenset({("real", "double precision"), *((time, time) for time in _TIMES)})
_BITS = frozenset({"bit", "bit varying"})
_NEVER = sql.SQL("false")


@dataclass(frozen=True)
class Fit:
    """What prod knows about types, and what the schema to come knows."""

    want: Catalog
    prod: Catalog

    @cached_property
    def made(self) -> dict[str, Domain | Enum]:
        """Map the types that people made to what they are, by the name that a column's type has."""
        made: list[Domain | Enum] = [*self.want.of(Domain), *self.want.of(Enum)]
        return {text_of(Name(fact.schema, fact.name)): fact for fact in made}

    def refused(self, value: sql.Composable, source: str, target: str, *, explicit: bool = False) -> sql.Composable:
        """Compose when a value of type `source`, told without modifiers, does not go into `target`; null always does.

        An `explicit` cast cuts off what is too long, where an assignment refuses it.
        """
        if target.endswith("[]"):
            if not source.endswith("[]"):  # it becomes an array of one
                return self.refused(value, source, target[:-2], explicit=True)
            inner = self.refused(sql.SQL("krakn_value"), source[:-2], target[:-2])
            return sql.SQL("EXISTS (SELECT FROM pg_catalog.unnest({}) AS krakn_value WHERE {})").format(value, inner)
        if source.endswith("[]") and target not in STRINGS:  # its first value is taken
            return self.refused(sql.SQL("({})[1]").format(value), source[:-2], target, explicit=True)
        fact = self.made.get(target)
        if isinstance(fact, Domain):
            return self._by_domain(value, source, fact, explicit=explicit)
        if isinstance(fact, Enum):
            labels = comma(map(sql.Literal, fact.labels))
            return sql.SQL("({}::text <> ALL (ARRAY[{}]::text[]))").format(value, labels)
        return self._by_type(value, source, bare(target) if explicit and bare(target) in STRINGS else target)

    def _by_domain(self, value: sql.Composable, source: str, domain: Domain, *, explicit: bool) -> sql.Composable:
        checks = [each.definition for each in self.want.parts(domain.ident, DomainConstraint)]
        constraints = [*checks, *(["NOT NULL"] if domain.not_null else [])]
        refused = self.refused(value, source, domain.type, explicit=explicit)
        base = sql.SQL("({})::{}").format(value, verbatim(domain.type))
        # CASE, as a value that does not fit the type must not reach the constraints
        return sql.SQL("(CASE WHEN {} THEN true ELSE {} END)").format(refused, breaks_domain(base, constraints))

    def _by_type(self, value: sql.Composable, source: str, target: str) -> sql.Composable:
        base, modifiers = bare(target), _modifiers(target)
        if base in STRINGS:
            # blanks at the end do not count
            long = sql.SQL("(pg_catalog.length(pg_catalog.rtrim({}::text)) > {})")
            return long.format(value, verbatim(str(modifiers[0]))) if modifiers else _NEVER
        if source in _BITS and base in _BITS:
            sign, length = ("<>" if base == "bit" else ">"), (modifiers or [1 if base == "bit" else 2**31])[0]
            return verbatim(f"(pg_catalog.length({{}}) {sign} {length})").format(value)
        if source == target or (source, base) in _WIDER:
            return _NEVER
        if source in _NUMBERS and base in _NUMBERS and not (base in _FLOATS and source not in _INTEGERS):
            return _number(value, source, base, modifiers)
        if source in STRINGS or (source, base) not in self.prod.casts:
            return self._spelt(value, base if base in _BITS else target)
        raise Unaskable(f"whether every {source} has a {target} is for its cast to say")

    def _spelt(self, value: sql.Composable, target: str) -> sql.Composable:
        """Compose when a value's text is none of the type's: what a cast by way of text comes to."""
        if self.prod.version >= 160000:
            return sql.SQL("(NOT pg_catalog.pg_input_is_valid({}::text, {}))").format(value, sql.Literal(target))
        base = bare(target)
        if base not in PATTERNS:
            raise Unaskable(f"what is a {base} cannot be asked before PostgreSQL 16")
        spelt = sql.SQL("{}::text ~* {}").format(value, sql.Literal(PATTERNS[base]))
        if base not in _INTEGERS and base != "numeric":
            return sql.SQL("(NOT {})").format(spelt)
        number = _number(sql.SQL("{}::text::numeric").format(value), "numeric", base, _modifiers(target))
        return sql.SQL("(CASE WHEN {} THEN {} ELSE {} IS NOT NULL END)").format(spelt, number, value)


def breaks_domain(value: sql.Composable, constraints: list[str]) -> sql.Composed:
    """Compose when a value breaks one of a domain's constraints, as pg_get_constraintdef() tells them."""
    conditions = []
    for constraint in constraints:
        if constraint == "NOT NULL":
            conditions.append(sql.SQL("value IS NULL"))
        else:
            expression = constraint.removeprefix("CHECK ").removesuffix(" NOT VALID")
            conditions.append(verbatim(f"({expression}) IS FALSE"))
    # VALUE is no keyword outside of a domain, but the name of this column.
    return sql.SQL("EXISTS (SELECT FROM (SELECT {} AS value) AS krakn_domain WHERE {})").format(
        value, sql.SQL(" OR ").join(conditions) if conditions else _NEVER
    )


def rounded(value: sql.Composable, target: str) -> sql.Composed:
    """Compose when a number loses digits behind its point in a type that has fewer places for them."""
    scale = (*_modifiers(target), 0)[1] if _modifiers(target) else 0
    number = sql.SQL("{}::numeric").format(value)
    return sql.SQL("(pg_catalog.round({}, {}) <> {})").format(number, verbatim(str(scale)), number)


def bare(type_: str) -> str:
    """Give a type without its modifiers: 'timestamp without time zone' for 'timestamp(3) without time zone'."""
    return re.sub(r"\([\d, -]+\)", "", type_)


def _modifiers(type_: str) -> list[int]:
    found = re.search(r"\(([\d, -]+)\)", type_)
    return [int(number) for number in found[1].split(",")] if found else []


def _number(value: sql.Composable, source: str, target: str, modifiers: list[int]) -> sql.Composable:
    """Compose when a number is out of range after it was rounded, as a cast rounds it."""
    if target in _INTEGERS:
        if source in _INTEGERS and _INTEGERS[source] <= _INTEGERS[target]:
            return _NEVER
        limit = verbatim(str(2 ** _INTEGERS[target]))
        number = value if source in _FLOATS else sql.SQL("{}::numeric").format(value)
        return sql.SQL("(NOT (pg_catalog.round({}) >= -{} AND pg_catalog.round({}) < {}))").format(
            number, limit, number, limit
        )
    if target == "numeric" and modifiers:
        precision, scale = (*modifiers, 0)[:2]
        return sql.SQL(
            "(pg_catalog.abs(pg_catalog.round({}::numeric, {})) >= {}::numeric AND {}::numeric <> 'NaN'::numeric)"
        ).format(value, verbatim(str(scale)), verbatim(f"'1e{precision - scale}'"), value)
    return _NEVER
