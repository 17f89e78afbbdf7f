"""Tables as they are filled in; their counts, checksums and distinct values on prod and test, and what differs, out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import reduce

from ...connect import Side
from ...errors import ValidationFailed
from .. import check
from ..prepare import Ready
from ..problems import AS_IT_WAS
from ..sample import Values, sample_of
from ..stream import Driver
from ..values import WHOLE, Part, Relation, TablePlan, shown
from .crew import Crew, Pool, explained, patiently
from .fill import Filled, Filling
from .loaded import Loaded


class Comparison:
    """What is known of each table on both sides; prod computes its sums while test does something else."""

    def __init__(self, ready: Ready, crew: Crew, filling: Filling, tables: Mapping[Relation, TablePlan]) -> None:
        self.crew, self.filling, self._tables = crew, filling, tables
        self._on_prod: dict[Relation, list[asyncio.Future[check.Sum]]] = {}
        self._on_test: dict[Relation, check.Sum] = {}
        chosen = (sample_of(table, ready.test, ready.sizes[table.test].rows) for table in ready.plan.tables)
        self._samples = {sample.table.test: sample for sample in chosen if sample}
        self._seen: dict[Relation, list[Values]] = {}  # by samples, on prod
        self._held: dict[Relation, list[Values]] = {}  # and on test
        self._parts = ready.parts
        self._uncompared: set[Relation] = set()  # whose rows prod cannot tell from the rejected ones

    def begin(
        self,
        table: TablePlan,
        part: Part,
        filled: Filled,
        known: check.Sum | None,
        source: Pool,
        again: Callable[[], None],
    ) -> None:
        """Let prod compute the sum of a part that is filled, if it is not known."""

        async def compute() -> check.Sum:
            async with source.one() as prod:
                return await self.sum_of_prod(prod, table, part, filled)

        async def total() -> check.Sum:
            return await patiently(compute, again) if known is None else known

        if filled.part is None:
            self._uncompared.add(table.test)
        self._on_prod.setdefault(table.test, []).append(asyncio.ensure_future(total()))

    async def sum_of_prod(self, prod: Driver, table: TablePlan, part: Part, filled: Filled) -> check.Sum:
        """Add up prod's rows without those that test refused."""
        if filled.part is None:
            found = await self.filling.sum_of(prod, check.rows_only(table), part)
            return check.Sum(found.rows - filled.missing, None)
        found = await self.filling.sum_of(prod, table, filled.part)
        if sample := self._samples.get(table.test):
            doing = explained(f"counting distinct values of {shown(table.test)} on prod", side=Side.PROD)
            async with doing, self.filling.asking(prod, table):
                seen = await sample.run(prod, sample.prod_query(filled.part))
                self._seen.setdefault(table.test, []).append(seen)
        return found

    async def sum_of_test(self, table: TablePlan) -> None:
        """Add up test's rows, once."""
        if table.test in self._on_test:
            return
        relation = table.test
        table = check.rows_only(table) if relation in self._uncompared else table
        pieces = {part.leaf: table.at(part) for part in self._parts.get(relation, (WHOLE,))}.values()
        async with explained(f"computing the checksum of {shown(relation)}"), self.crew.test.one() as test:
            sums = [await check.run(test, check.test_query(piece)) for piece in pieces]
            self._on_test[relation] = reduce(check.Sum.__add__, sums)
            if sample := self._samples.get(relation):
                self._held[relation] = [await sample.run(test, sample.test_query(piece)) for piece in pieces]

    async def _sum(self, relation: Relation) -> check.Sum:
        """Give what all parts of a table add up to on prod."""
        return reduce(check.Sum.__add__, await asyncio.gather(*self._on_prod[relation]))

    async def arrived(self, relation: Relation) -> check.Sum | None:
        """Give the sum of a table that is the same on both sides."""
        total = await self._sum(relation)
        return total if total == self._on_test[relation] else None

    async def compare(self, done: Loaded) -> None:
        """Compare counts and checksums of both sides, and note them."""
        for relation, found in sorted(self._on_test.items()):
            done.sums[relation] = await self._sum(relation), found
        await self._count_the_rest(done)
        sums = done.sums.items()
        differing = [check.say(self._tables[relation], *both) for relation, both in sums if both[0] != both[1]]
        compared = self._held.keys() - self._uncompared
        for relation in sorted(compared):
            differing += self._samples[relation].say(self._seen[relation], self._held[relation])
        done.distinct = sum(len(self._samples[relation].columns) for relation in compared)
        if differing:
            raise ValidationFailed("; ".join([*differing, AS_IT_WAS]))

    async def _count_the_rest(self, done: Loaded) -> None:
        """Make sure that tables that lost rows after they were compared lost just these."""
        for relation, moved in sorted(done.moved.items()):
            table = check.rows_only(self._tables[relation])
            async with explained(f"counting the rows of {shown(relation)}"), self.crew.test.one() as test:
                left = await check.run(test, check.test_query(table))
            expected = done.sums[relation][1].rows - moved
            if left.rows != expected:
                raise ValidationFailed(
                    f"{shown(relation)} has {left.rows} rows in test, and {expected} should be left of those that came;"
                    f" {AS_IT_WAS}"
                )

    async def leave(self) -> None:
        """Stop what is still being computed."""
        sums = [one for several in self._on_prod.values() for one in several]
        for one in sums:
            one.cancel()
        await asyncio.gather(*sums, return_exceptions=True)


__all__ = ["Comparison"]
