"""A key that both sides order alike in; ranges of it, what the rows in each add up to, and those that differ, out.

Where a range ends is decided by the keys themselves: by those of test whose hash is a multiple of the wished size. So a
row that comes or goes moves at most one end, and the ends need no memory from one run to the next. One pass over a
table gives the sums of all its ranges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from ...names import Name, comma, text_of, verbatim
from ..check import Sum, hash_of
from ..stream import Driver
from ..values import Part
from .keys import Course, Term

Bound = tuple[str, ...]  # a key, as texts
NOWHERE = -1  # the number of the range of rows whose key is NULL
_MODULUS = 2**64


@dataclass(frozen=True)
class Total:
    """How many rows there are, and the sum of their hashes."""

    rows: int = 0
    total: int = 0

    def __add__(self, other: Total) -> Total:
        return Total(self.rows + other.rows, (self.total + other.total) % _MODULUS)

    def shown(self, *, compared: bool) -> Sum:
        """Give it as the report does."""
        return Sum(self.rows, f"{self.total:016x}" if compared else None)


Totals = Mapping[int, Total]


@dataclass(frozen=True)
class Span:
    """Some ranges of keys: at each of the ends, in order, what belongs to it begins or stops."""

    ends: tuple[Bound, ...] = ()
    first: bool = True  # the keys before the first end belong to it

    def condition(self, terms: Sequence[Term], *, prod: bool) -> sql.Composable:
        """Compose that a row is in it."""
        if not self.ends:
            return sql.SQL("true" if self.first else "false")
        return sql.SQL("{} % 2 = {}").format(number(terms, self.ends, prod=prod), sql.Literal(0 if self.first else 1))


EVERYTHING = Span()


def spanning(ends: Sequence[Bound], ranges: set[int]) -> Span:
    """Give the span of those ranges, by number, that the ends divide the keys into."""
    turns = [end for at, end in enumerate(ends, 1) if (at in ranges) != (at - 1 in ranges)]
    return Span(tuple(turns), 0 in ranges)


def number(terms: Sequence[Term], ends: Sequence[Bound], *, prod: bool) -> sql.Composable:
    """Compose the number of the range that a row's key is in."""
    if not ends:
        return sql.SQL("0")
    values = [term.on_prod if prod else term.on_test for term in terms]
    arrays = [
        verbatim("pg_catalog.unnest({}::pg_catalog.text[])").format(sql.Literal([end[at] for end in ends]))
        for at in range(len(terms))
    ]
    names = [Name(f"krakn_{at}") for at in range(len(terms))]
    read = [term.read(name) for term, name in zip(terms, names, strict=True)]
    # As a subquery, the array is made once, and not for every row.
    return sql.SQL(
        "pg_catalog.width_bucket({}, (SELECT pg_catalog.array_agg({} ORDER BY krakn_nth)"
        " FROM ROWS FROM ({}) WITH ORDINALITY AS krakn_ends ({}, krakn_nth)))"
    ).format(_row(values), _row(read), comma(arrays), comma(names))


def _row(values: Sequence[sql.Composable]) -> sql.Composable:
    return values[0] if len(values) == 1 else sql.SQL("ROW({})").format(comma(values))


def inside(course: Course, spans: Iterable[Span], *, prod: bool) -> sql.Composable:
    """Compose that a row is in all of the spans."""
    return sql.SQL(" AND ").join([span.condition(course.terms, prod=prod) for span in spans])


async def ends_in_test(test: Driver, course: Course, spans: Sequence[Span], size: int, most: int) -> tuple[Bound, ...]:
    """Choose the ends of ranges of about `size` rows, not more than `most`, out of the keys that test has."""
    terms = [term.on_test for term in course.terms]
    ids = [Name(f"krakn_{at}") for at in range(len(terms))]
    chosen = "SELECT {} FROM (SELECT DISTINCT {} FROM {} WHERE {} AND {} % {} = 0) AS krakn_ends ORDER BY {}"
    query = sql.SQL(chosen).format(
        comma(sql.SQL("{}::pg_catalog.text AS krakn_text").format(name) for name in ids),
        comma(sql.SQL("{} AS {}").format(term, name) for term, name in zip(terms, ids, strict=True)),
        course.table.in_test,
        inside(course, spans, prod=False),
        hash_of(terms),
        sql.Literal(size),
        comma(ids),
    )
    found = [tuple(row) for row in await test.fetch(text_of(query))]
    return tuple(found[:: -(-len(found) // most)]) if found else ()


async def totals_of_prod(
    prod: Driver, course: Course, ends: Sequence[Bound], spans: Sequence[Span], parts: Iterable[Part]
) -> Totals:
    """Add up prod's rows, range by range."""
    asked = _asked(course, ends, prod=True)
    found: dict[int, Total] = {}
    for part in parts:
        narrowed = part.narrowed(inside(course, spans, prod=True))
        query = course.table.rows_of_prod(asked, narrowed) + sql.SQL(" GROUP BY 1")
        for at, total in (await _totals(prod, query)).items():
            found[at] = found.get(at, Total()) + total
    return found


async def totals_of_test(test: Driver, course: Course, ends: Sequence[Bound], where: sql.Composable) -> Totals:
    """Add up those rows of test for which a condition holds, range by range."""
    asked = _asked(course, ends, prod=False)
    query = sql.SQL("SELECT {} FROM {} AS krakn_have WHERE {} GROUP BY 1")
    return await _totals(test, query.format(asked, course.table.in_test, where))


def differing(one: Totals, other: Totals) -> set[int]:
    """List the ranges in which both sides differ."""
    return {at for at in one.keys() | other.keys() if one.get(at, Total()) != other.get(at, Total())}


def _asked(course: Course, ends: Sequence[Bound], *, prod: bool) -> sql.Composable:
    values = [pair[0 if prod else 1] for pair in course.values]
    total = sql.SQL("pg_catalog.sum({})::pg_catalog.text").format(hash_of(values)) if values else sql.SQL("'0'")
    return sql.SQL("coalesce({}, {}), pg_catalog.count(*), {}").format(
        number(course.terms, ends, prod=prod), NOWHERE, total
    )


async def _totals(connection: Driver, query: sql.Composable) -> Totals:
    return {row[0]: Total(row[1], int(row[2]) % _MODULUS) for row in await connection.fetch(text_of(query))}


__all__ = [
    "EVERYTHING",
    "NOWHERE",
    "Bound",
    "Span",
    "Total",
    "Totals",
    "differing",
    "ends_in_test",
    "inside",
    "spanning",
    "totals_of_prod",
    "totals_of_test",
]
