"""What is ready and a crew in; every table filled, its indexes and keys built, both sides compared, out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import reduce

from ...diff import Step
from ...errors import ValidationFailed
from ...names import Name, text_of
from ...progress import Progress
from .. import check, history
from ..prepare import Ready
from ..problems import AS_IT_WAS
from ..sequences import counters
from ..stream import Driver, Streamed
from ..values import WHOLE, Part, Relation, TablePlan, shown
from .build import build, is_foreign, table_of
from .crew import Crew, Pool, explained, together
from .fill import Filling


@dataclass
class Loaded:
    """What a load did."""

    streamed: dict[Relation, Streamed] = field(default_factory=dict)
    sums: dict[Relation, tuple[check.Sum, check.Sum]] = field(default_factory=dict)  # on prod and on test
    sequences: int = 0
    foreign_keys: int = 0
    refreshed: tuple[Relation, ...] = ()


@dataclass(frozen=True)
class Finished:
    """A table that is filled, indexed and found equal."""

    streamed: Streamed
    total: check.Sum


@dataclass(frozen=True)
class Beside:
    """What a load has to know whose tables are in a database of their own, where nobody else is."""

    kept: tuple[TablePlan, ...] = ()  # whose rows come from the crew's `kept`
    finished: Mapping[Relation, Finished] = field(default_factory=dict)  # by an earlier run; they are not touched
    note: Callable[[Driver, Relation, Finished], Awaitable[None]] | None = None  # hears what else is


class Load:
    """One load of test's tables, which are empty and have neither indexes nor foreign keys that can be built later.

    Everything that can go on at the same time does, as far as the crew has connections: tables are read and written,
    prod's checksums are computed, indexes are built, and a foreign key as soon as both of its tables have theirs.
    """

    def __init__(self, ready: Ready, crew: Crew, progress: Progress, beside: Beside | None = None) -> None:
        self.ready, self.plan, self.structure = ready, ready.plan, ready.structure
        self.crew, self.progress = crew, progress
        self.filling = Filling(ready, crew, progress, alone=beside is not None)
        self.done = Loaded()
        self.broken: list[str] = []
        # The largest first, as whoever begins with it ends soonest.
        largest = sorted(self.plan.tables, key=lambda table: -ready.sizes[table.test].bytes)
        self._beside = beside or Beside()
        coming = [*largest, *self._beside.kept]
        self._tables = {table.test: table for table in coming if table.test not in self._beside.finished}
        self._kept = {table.test for table in self._beside.kept}
        self._heads = self._by_table(self.structure.rebuild)
        self._built = {relation: asyncio.Event() for relation in (*self._tables, *self._heads)}
        self._on_prod: dict[Relation, list[asyncio.Future[check.Sum]]] = {}
        self._on_test: dict[Relation, check.Sum] = {}
        for relation, one in self._beside.finished.items():
            self.done.streamed[relation] = one.streamed
            self.done.sums[relation] = one.total, one.total

    async def run(self) -> Loaded:
        """Fill, build, compare, set sequences and refresh views."""
        foreign = [step for step in self.structure.keys if is_foreign(step.want)]
        try:
            await together([*map(self._table, self._built), *map(self._key, foreign)])
            if self.broken:
                raise ValidationFailed("; ".join([*sorted(self.broken), AS_IT_WAS]))
            await self._rest(foreign)
            await self._number()
            await self._compare()
            await self._refresh()
            await self._note()
        finally:
            sums = [one for several in self._on_prod.values() for one in several]
            for one in sums:
                one.cancel()
            await asyncio.gather(*sums, return_exceptions=True)
        self.done.foreign_keys = len(foreign)
        return self.done

    async def _table(self, relation: Relation) -> None:
        """Fill a table if it has rows to get, then build its indexes and keys."""
        table = self._tables.get(relation)
        if table:
            parts = self.ready.parts.get(relation, (WHOLE,))
            self.progress.start(shown(relation), self.ready.expected(table))
            await self.filling.clear(table, parts)
            streamed = await together(self._part(table, part, only=len(parts) == 1) for part in parts)
            self.done.streamed[relation] = reduce(Streamed.__add__, streamed)
            self.progress.finish(shown(relation))
        await together(map(self._build, self._heads.get(relation, ())))
        if table and not self.broken:
            async with explained(f"analyzing {shown(relation)}"):
                await self.crew.test.run([f"ANALYZE {text_of(Name(*relation))}"])
        self._built[relation].set()
        if table and not self.broken:
            async with explained(f"computing the checksum of {shown(relation)}"), self.crew.test.one() as test:
                self._on_test[relation] = await check.run(test, check.test_query(table))
            await self._finish(relation)

    async def _finish(self, relation: Relation) -> None:
        """Tell whoever keeps a journal that a table has arrived as it should."""
        if self._beside.note is None or relation in self._kept:
            return
        total = reduce(check.Sum.__add__, await asyncio.gather(*self._on_prod[relation]))
        if total == self._on_test[relation]:
            async with explained(f"noting {shown(relation)}"), self.crew.test.one() as test:
                await self._beside.note(test, relation, Finished(self.done.streamed[relation], total))

    async def _part(self, table: TablePlan, part: Part, *, only: bool) -> Streamed:
        """Fill one part, and let prod compute its checksum while test does something else."""
        async with self._source(table).one() as prod:
            async with self.crew.test.one() as test:
                streamed = await self.filling.fill(prod, test, table, part, only=only)
            # On the connection that read the rows where that matters: now() must be the same moment in both queries.
            known = await self.filling.sum_of(prod, table, part) if table.own_sql else None
        self._on_prod.setdefault(table.test, []).append(asyncio.ensure_future(self._sum(table, part, known)))
        return streamed

    async def _sum(self, table: TablePlan, part: Part, known: check.Sum | None) -> check.Sum:
        if known is not None:
            return known
        async with self._source(table).one() as prod:
            return await self.filling.sum_of(prod, table, part)

    def _source(self, table: TablePlan) -> Pool:
        """Give the connections to the database that has the rows."""
        if table.test in self._kept:
            assert self.crew.kept is not None
            return self.crew.kept
        return self.crew.prod

    async def _key(self, step: Step) -> None:
        """Build a foreign key when both of its tables are ready for it."""
        assert step.want is not None
        for end in (table_of(step), getattr(step.want, "references", None)):
            if end in self._built:
                await self._built[end].wait()
        # The key that it refers to may be what could not be built.
        if not self.broken:
            await self._build(step)

    async def _build(self, step: Step) -> None:
        async with self.crew.test.one() as test:
            self.progress.step(f"building {step.ident}")
            async with explained(f"building {step.ident}"):
                if told := await build(test, step, self.ready):
                    self.broken.append(told)
                    self.filling.thawed = True

    async def _rest(self, foreign: list[Step]) -> None:
        """Bring back what hangs on indexes and keys: comments and the like."""
        done = {step.ident for steps in self._heads.values() for step in steps} | {step.ident for step in foreign}
        for step in (*self.structure.rebuild, *self.structure.keys):
            if step.ident not in done:
                async with explained(f"building {step.ident}"):
                    await self.crew.test.run(step.statements)

    async def _number(self) -> None:
        """Let every sequence go on beyond the highest key."""
        self.progress.step("setting sequences")
        last_values = self.ready.last_values
        async with explained("setting sequences"), self.crew.test.one() as test:
            for counter in counters(self.ready.test, set(self.structure.emptied), set(last_values)):
                held = await test.fetchval(counter.highest()) if counter.columns else None
                number = counter.further(None if held is None else int(held), last_values.get(counter.name))
                await test.execute(counter.restart())
                if number is not None and counter.reaches(number):
                    await test.fetchval(counter.go_on_from(number))
                self.done.sequences += 1

    async def _compare(self) -> None:
        """Compare counts and checksums of both sides."""
        self.progress.step("comparing both sides")
        for relation, found in sorted(self._on_test.items()):
            parts = await asyncio.gather(*self._on_prod[relation])
            self.done.sums[relation] = reduce(check.Sum.__add__, parts), found
        if differing := [check.say(table, *both) for table, both in self.done.sums.items() if both[0] != both[1]]:
            raise ValidationFailed("; ".join([*differing, AS_IT_WAS]))

    async def _refresh(self) -> None:
        """Refresh the materialized views that read what is new."""
        for view in self.structure.views:
            self.progress.step(f"refreshing {shown(view)}")
            async with explained(f"refreshing {shown(view)}"):
                await self.crew.test.run([f"REFRESH MATERIALIZED VIEW {text_of(Name(*view))}"])
        self.done.refreshed = self.structure.views

    async def _note(self) -> None:
        """Write the row of the history, with which everything else becomes visible."""
        streamed = [self.done.streamed[table.test] for table in self.plan.tables]
        async with explained("writing the history"), self.crew.test.one() as test:
            done = history.Done(
                began=self.ready.began,
                took=(datetime.now(timezone.utc) - self.ready.began).total_seconds(),
                key_fingerprint=self.plan.key_fingerprint,
                tables=len(self.plan.tables),
                rows=sum(one.rows for one in streamed),
                bytes=sum(one.size for one in streamed),
                masked_columns=sum(bool(column.mask) for table in self.plan.tables for column in table.columns),
                mode="replace" if test.is_in_transaction() else "replace, swap",
            )
            await history.note(test, self.ready.history, done)

    @staticmethod
    def _by_table(steps: tuple[Step, ...]) -> dict[Relation, list[Step]]:
        found: dict[Relation, list[Step]] = {}
        for step in steps:
            if relation := table_of(step):
                found.setdefault(relation, []).append(step)
        return found
