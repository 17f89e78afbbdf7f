"""A course in; the ranges of keys in which prod and test differ, found by sums that each side computes, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from ...connect import Side
from ...progress import Progress
from ..load import Crew
from ..load.crew import explained, together
from ..load.fill import Filling
from ..prepare import Ready
from ..problems import AS_IT_WAS, RowUnfit
from ..rewritten import refuse_rewritten
from ..values import WHOLE, shown
from .keys import Course
from .ranges import (
    EVERYTHING,
    NOWHERE,
    Bound,
    Span,
    Total,
    Totals,
    differing,
    ends_in_test,
    inside,
    spanning,
    totals_of_prod,
    totals_of_test,
)

RANGE = 2000  # rows of a range
FINE = 32  # rows of a range inside of one that differs
WORTH = 5000  # rows that would come, from which on it is worth it to look closer
MOST_FIXED, MOST = 16384, 256  # ranges of one pass; keys that differ in length are searched one after the other
_LARGER = 8  # how much larger than wished ranges may be


@dataclass(frozen=True)
class Difference:
    """Where both sides differ."""

    course: Course  # with the columns of the key that the ranges are of
    spans: tuple[Span, ...]
    rows: int | None  # of prod, in there; None is unknown
    total: Total  # of all of prod's rows
    ranges: int = 0
    transferred: int = 0


class Comparing:
    """How tables are compared before anything of them travels."""

    def __init__(self, ready: Ready, crew: Crew, progress: Progress, filling: Filling) -> None:
        self.ready, self.crew, self.progress, self._filling = ready, crew, progress, filling

    async def compare(self, course: Course) -> Difference:
        """Find the ranges of keys in which both sides differ, and look closer at them where that is worth it."""
        self.progress.step(f"comparing {shown(course.table.test)}")
        if not course.comparable:
            totals = await self._on_prod_side(course, (), (EVERYTHING,))
            return Difference(course, (EVERYTHING,), None, sum_of(totals))
        course, size, ends = await self._divide(course)
        on_prod, on_test = await self._both(course, ends, (EVERYTHING,))
        found = differing(on_prod, on_test)
        rows, held = _rows(on_prod, found), _rows(on_test, found)
        spans: tuple[Span, ...] = (spanning(ends, found),)
        ranges, coming = len(ends) + 1, len(found)
        # New rows are nothing to look closer at.
        if course.terms and rows > WORTH and held > rows // 2 and size > FINE:
            most = _most(course)
            inner = await self._ends(course, spans, max(FINE, rows // most), most)
            close_prod, close_test = await self._both(course, inner, spans)
            fine = differing(close_prod, close_test)
            spans, rows = (*spans, spanning(inner, fine)), _rows(close_prod, fine)
            ranges, coming = ranges + len(inner) + 1, len(fine)
        return Difference(course, spans if found else (), rows, sum_of(on_prod), ranges, coming)

    async def _divide(self, course: Course) -> tuple[Course, int, tuple[Bound, ...]]:
        """Divide what test has into ranges of so many rows: by the first column of the key where that does it.

        Numbers and times are found in no time among many ends, records of several columns one after the other.
        """
        rows = self.ready.sizes[course.table.test].rows
        several = len(course.terms) > 1 and course.terms[0].fixed
        for terms in (course.terms[:1], course.terms) if several else (course.terms,):
            course = replace(course, terms=terms)
            most = _most(course)
            size = max(RANGE, rows // most)
            ends = await self._ends(course, (EVERYTHING,), size, most)
            if len(ends) * size * _LARGER >= rows:
                break
        return course, size, ends

    async def _ends(self, course: Course, spans: Sequence[Span], size: int, most: int) -> tuple[Bound, ...]:
        if not course.terms:
            return ()
        async with explained(f"dividing {shown(course.table.test)}"), self.crew.test.one() as test:
            return await ends_in_test(test, course, spans, size, most)

    async def _both(self, course: Course, ends: Sequence[Bound], spans: Sequence[Span]) -> tuple[Totals, Totals]:
        """Add up every range on both sides at the same time."""
        work = self._on_prod_side(course, ends, spans), self._on_test_side(course, ends, spans)
        on_prod, on_test = await together(work)
        return on_prod, on_test

    async def _on_prod_side(self, course: Course, ends: Sequence[Bound], spans: Sequence[Span]) -> Totals:
        doing = explained(f"comparing {shown(course.table.test)} on prod", course.table, Side.PROD)
        async with self.crew.prod.one() as prod, doing, self._filling.asking(prod, course.table):
            found = await totals_of_prod(prod, course, ends, spans, self.ready.parts.get(course.table.test, (WHOLE,)))
            await refuse_rewritten(prod, course.table)
        if lost := found.get(NOWHERE):
            columns = ", ".join(course.key.columns if course.key else ())
            raise RowUnfit(
                f"{shown(course.table.test)}: {lost.rows} rows of prod have NULL in {columns}, which is test's key;"
                f" {AS_IT_WAS}"
            )
        return found

    async def _on_test_side(self, course: Course, ends: Sequence[Bound], spans: Sequence[Span]) -> Totals:
        async with explained(f"comparing {shown(course.table.test)}"), self.crew.test.one() as test:
            return await totals_of_test(test, course, ends, inside(course, spans, prod=False))


def _most(course: Course) -> int:
    """Tell how many ranges one pass can have."""
    return MOST_FIXED if len(course.terms) == 1 and course.terms[0].fixed else MOST


def _rows(totals: Totals, ranges: set[int]) -> int:
    return sum(totals[at].rows for at in ranges if at in totals)


def sum_of(totals: Totals) -> Total:
    """Add up all ranges."""
    return reduce(Total.__add__, totals.values(), Total())


__all__ = ["Comparing", "Difference", "sum_of"]
