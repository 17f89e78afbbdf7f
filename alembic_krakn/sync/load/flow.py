"""What is ready and a crew in; every table filled, its indexes and keys built, both sides compared, out."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from functools import reduce

from ...catalog import Constraint, Index
from ...diff import Step
from ...errors import SyncError
from ...names import Name, text_of
from ...progress import Progress
from .. import check
from ..prepare import Ready
from ..problems import Conflict
from ..roots import roots_of
from ..stream import Streamed
from ..structure import is_foreign
from ..values import WHOLE, Part, Relation, TablePlan, shown
from .build import table_of
from .crew import Crew, Pool, explained, patiently, together
from .fill import Filled, Filling
from .keys import KeyBuilding, ends
from .loaded import Beside, Finished, Loaded


class Load(KeyBuilding):
    """One load of test's tables, which are empty and have neither indexes nor foreign keys that can be built later.

    Everything that can go on at the same time does, as far as the crew has connections: tables are read and written,
    prod's checksums are computed, indexes are built, and a foreign key as soon as both of its tables have theirs.
    """

    def __init__(self, ready: Ready, crew: Crew, progress: Progress, beside: Beside | None = None) -> None:
        filling = Filling(ready, crew, progress, alone=beside is not None)
        # The largest first, as whoever begins with it ends soonest.
        largest = sorted(ready.plan.tables, key=lambda table: -ready.sizes[table.test].bytes)
        self._beside = beside or Beside()
        coming = [*largest, *self._beside.kept]
        self._tables = {table.test: table for table in coming if table.test not in self._beside.finished}
        super().__init__(ready, crew, progress, filling, self._tables)
        self._kept = {table.test for table in self._beside.kept}
        self._heads = self._by_table(self.structure.rebuild)
        self._built = {relation: asyncio.Event() for relation in (*self._tables, *self._heads)}
        self._filled: set[Relation] = set()
        self._crowded: set[Relation] = set()  # tables that rows stand against a unique key of
        self._all_filled = asyncio.Event()
        for relation, one in self._beside.finished.items():
            self.done.streamed[relation] = one.streamed
            self.done.sums[relation] = one.total, one.total
        self._begun: set[Relation] = set()  # tables whose rows come, or have come

    async def run(self) -> Loaded:
        """Fill, build, compare, set sequences and refresh views."""
        foreign = [step for step in self.structure.keys if is_foreign(step.want)]
        try:
            async with explained(f"emptying {shown(self.ready.keep.table)}"), self.crew.test.one() as test:
                left = await self.ready.keep.begin(test, self._beside.finished)
            self.done.account.rejected.update(left)
            for offence, rows in left.items():
                self.done.moved[offence.table] += rows
            await self._keep_numbers(anew=True, finished=self._beside.finished.keys())
            self.progress.step("copying rows")
            await together([*map(self._table, self._built), *map(self._key, foreign)])
            if self._in_vain:
                await self._settle(foreign)
            self._refuse_broken()
            await self._number()
            await self._bring_large_objects()
            await self._rest(foreign)
            await self._force_row_security("NO FORCE")
            self.progress.step("comparing both sides")
            await self._comparison.compare(self.done)
            await self._validate()
            await self._after()
            await self._refresh()
            await self._note()
        finally:
            await self._comparison.leave()
        self.done.foreign_keys = len(foreign)
        return self.done

    async def _table(self, relation: Relation) -> None:
        """Fill a table if it has rows to get, then build its indexes and keys."""
        table = self._tables.get(relation)
        if table:
            await self._bring(table)
        steps = self._heads.get(relation, [])
        if table and table.partitioned:
            crowded = await self._build_in_turn(table, steps)
        else:
            built = await together(map(self._build, steps))
            crowded = [step for step, done in zip(steps, built, strict=True) if not done]
        self._note_filled(relation, crowded=bool(crowded))
        if table and crowded and not self.ready.keep.wanted:
            await self._turn(relation)
            await self._count(crowded)
        for step in crowded:
            await self._make_room(table, step)
        if table and not self._fails:
            doing = explained(f"analyzing {shown(relation)}")
            async with doing, self.crew.test.one() as test:
                await test.execute(f"ANALYZE {text_of(Name(*relation))}")
        self._built[relation].set()
        if table:
            if not self._fails:
                await self._comparison.sum_of_test(table)
            await self._finish(relation)

    async def _bring(self, table: TablePlan) -> None:
        """Fill all parts of a table."""
        parts = self.ready.parts.get(table.test, (WHOLE,))
        await self.filling.clear(table, parts)
        await self._hooks("before", table.test)
        of_leaf = Counter(part.leaf for part in parts)
        filled = await together(self._part(table, part, only=of_leaf[part.leaf] == 1) for part in parts)
        self.done.streamed[table.test] = reduce(Streamed.__add__, (each.streamed for each in filled))
        self.progress.finish(shown(table.test))

    async def _build_in_turn(self, table: TablePlan, steps: list[Step]) -> list[Step]:
        """Build what partitions have behind what it is attached to; give the steps that rows stand against."""
        crowded: list[Step] = []
        for step in steps:
            if crowded and isinstance(step.want, Index | Constraint) and step.want.parent_index:
                continue  # what it is attached to may be missing, and the load fails
            if not await self._build(step):
                if self.ready.keep.wanted:
                    await self._make_room(table, step)
                else:
                    crowded.append(step)
        return crowded

    def _note_filled(self, relation: Relation, *, crowded: bool) -> None:
        self._filled.add(relation)
        if crowded:
            self._crowded.add(relation)
        if self._filled == self._built.keys():
            self._all_filled.set()

    async def _turn(self, relation: Relation) -> None:
        """Wait until what is counted is the same every time: all is filled, and the tables before this one are done."""
        await self._all_filled.wait()
        for each in self._crowded:
            if each < relation:
                await self._built[each].wait()

    async def _finish(self, relation: Relation) -> None:
        """Tell whoever keeps a journal that a table has arrived as it should, with nothing of it rejected."""
        if self._beside.note is None or relation in self._kept or self._fails or self.done.account.of(relation):
            return
        if total := await self._comparison.arrived(relation):
            async with explained(f"noting {shown(relation)}"), self.crew.test.one() as test:
                await self._beside.note(test, relation, Finished(self.done.streamed[relation], total))

    async def _part(self, table: TablePlan, part: Part, *, only: bool) -> Filled:
        """Fill one part, and let prod compute its checksum while test does something else."""
        filled, known = await patiently(lambda: self._fill(table, part, only=only), lambda: self._again(table))
        if not self._fails:
            self._comparison.begin(table, part, filled, known, self._source(table), lambda: self._again(table))
        return filled

    async def _fill(self, table: TablePlan, part: Part, *, only: bool) -> tuple[Filled, check.Sum | None]:
        """Fill one part; where prod has to compute its checksum on the same connection, give that as well."""
        async with self._source(table).one() as prod:
            async with self.crew.test.one() as test:
                self._begin(table)
                filled = await self.filling.fill(prod, test, table, part, only=only)
            self.done.account.add(filled.account)
            if self._fails or not table.own_sql:
                return filled, None
            try:  # now() must be the same moment in both queries
                return filled, await self._comparison.sum_of_prod(prod, table, part, filled)
            except Conflict as conflict:
                raise SyncError(str(conflict)) from None  # to read the rows again would bring them twice

    def _begin(self, table: TablePlan) -> None:
        """Tell once that a table's rows come, and not of thousands that wait for a connection."""
        if table.test not in self._begun:
            self._begun.add(table.test)
            self.progress.start(shown(table.test), self.ready.expected(table), self.ready.expected_size(table))

    def _again(self, table: TablePlan) -> None:
        self.progress.step(f"reading {shown(table.test)} again, as prod, a standby server, stopped that")

    def _source(self, table: TablePlan) -> Pool:
        """Give the connections to the database that has the rows."""
        if table.test in self._kept:
            assert self.crew.kept is not None
            return self.crew.kept
        return self.crew.prod

    async def _key(self, step: Step) -> None:
        """Build a foreign key when both of its tables are ready for it."""
        for end in ends(step):
            if end in self._built:
                await self._built[end].wait()
        # The key that it refers to may be what could not be built.
        if not self.broken:
            await self._foreign(step)

    async def _rest(self, foreign: list[Step]) -> None:
        """Bring back what hangs on indexes and keys: comments and the like."""
        done = {step.ident for steps in self._heads.values() for step in steps} | {step.ident for step in foreign}
        for step in (*self.structure.rebuild, *self.structure.keys):
            if step.ident not in done:
                async with explained(f"building {step.ident}"):
                    await self.crew.test.run(step.statements)

    def _by_table(self, steps: tuple[Step, ...]) -> dict[Relation, list[Step]]:
        roots, found = roots_of(self.ready.test), defaultdict[Relation, list[Step]](list)
        for step in steps:
            if relation := table_of(step):
                found[roots.get(relation, relation)].append(step)
        return found


__all__ = ["Load"]
