"""What is ready and a crew in; test's tables with prod's new and changed rows, in one transaction or not at all, out.

Until it is known what differs, everybody may go on reading test; then only the tables that change are locked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from ...catalog import Constraint
from ...errors import ValidationFailed
from ...names import Name, text_of
from ...progress import Progress
from .. import check
from ..attempt import attempt
from ..load import Crew, Load, Loaded, whole_or_nothing
from ..load.build import against
from ..load.crew import explained, patiently
from ..load.large_objects import numbers_of
from ..load.whole import lock
from ..prepare import Ready
from ..problems import AS_IT_WAS, RowUnfit
from ..sequences import Counter
from ..stream import Driver, Streamed
from ..structure import is_foreign, structure_of
from ..triggers import TRIGGERS, disable, restore
from ..values import WHOLE, Changes, Part, as_arrays, shown
from .comparing import Comparing, Difference, sum_of
from .keys import Course, course_of
from .ranges import EVERYTHING, Total, inside, totals_of_test
from .staging import Stage

_LAST = "SELECT last_value FROM pg_sequences WHERE schemaname = $1 AND sequencename = $2"


async def merge_in_one_transaction(ready: Ready, crew: Crew, progress: Progress) -> Loaded:
    """Bring test up to date by the keys of its tables, or roll back and say why."""
    async with whole_or_nothing(ready, crew, progress, "SHARE ROW EXCLUSIVE"):
        return await Merge(ready, crew, progress).run()


class Merge(Load):
    """One sync that leaves alone what is as it should be."""

    def __init__(self, ready: Ready, crew: Crew, progress: Progress) -> None:
        super().__init__(ready, crew, progress)
        manner = ready.manner
        self._comparing = Comparing(ready, crew, progress, self.filling)
        self.mode = f"{manner.mode}, vanished rows deleted" if manner.delete_vanished else manner.mode
        self._appends = manner.mode == "append"
        keys, tables = ready.keys, self._tables.values()
        self._courses = [course_of(table, keys[table.test], manner, ready.test) for table in tables]

    async def run(self) -> Loaded:
        """Compare, stage what differs, merge it, set sequences and refresh views."""
        await self._force_row_security("NO FORCE")
        async with explained("looking for large objects"), self.crew.test.one() as test:
            self.former = await numbers_of(test, self.ready.objects.named_before)
        staged: list[tuple[Stage, Total]] = []
        for nth, course in enumerate(self._courses):
            await self._hooks("before", course.table.test)
            stage, total = await self._staged(course, nth)
            if stage:
                staged.append((stage, total))
        changed = [stage for stage, _ in staged if self._changes(stage)]
        tables = tuple(stage.course.table for stage in changed)
        self.structure = structure_of(self.ready.test, replace(self.plan, tables=tables, emptied=()), indexed=True)
        if changed:
            await self._keep_numbers()
            await self._merge(changed)
            await self._force_row_security("NO FORCE")
        for stage, total in staged:
            await self._verify(stage, total)
        await self._number()
        await self._bring_large_objects(lacking=self._appends)
        await self._validate()
        await self._after()
        await self._refresh()
        await self._note()
        return self.done

    async def _staged(self, course: Course, nth: int) -> tuple[Stage | None, Total]:
        """Find out what differs and have it beside test's table, however often a standby server stops that."""

        def again() -> None:
            self._again(course.table)

        difference = await patiently(lambda: self._comparing.compare(course), again)
        return await patiently(lambda: self._gather(difference, nth), again), difference.total

    def _changes(self, stage: Stage) -> bool:
        changes = self.done.changes[stage.course.table.test]
        return bool(changes.inserted or changes.updated or changes.deleted)

    def _parts(self, course: Course) -> tuple[Part, ...]:
        return self.ready.parts.get(course.table.test, (WHOLE,))

    async def _gather(self, difference: Difference, nth: int) -> Stage | None:
        """Stream what differs into a table beside test's, and count what it changes there."""
        course, total = difference.course, difference.total
        relation = course.table.test
        now = time.monotonic()
        self.done.streamed[relation] = Streamed(0, 0, now, now)
        self.done.changes[relation] = Changes(
            0, 0, 0, total.rows, difference.ranges, difference.transferred, course.compared
        )
        same = total.shown(compared=bool(course.values))
        self.done.sums[relation] = same, same
        if not difference.spans:
            return None
        stage = Stage(course, nth, difference.spans)
        expected = self.ready.expected(course.table) if course.terms else difference.rows
        async with self.crew.prod.one() as prod, self.crew.test.one() as test:
            self.progress.start(shown(relation), expected)
            async with explained(f"filling {shown(relation)}", stage.plan), attempt(test):
                await test.execute(stage.create())
                self.done.streamed[relation] = await self._stream(prod, test, stage)
            async with explained(f"comparing {shown(relation)}"):
                rows, keys = await stage.repeated(test)
                if rows:
                    names = ", ".join(course.key.columns if course.key else ())
                    raise RowUnfit(f"{rows} rows of prod share {keys} key{'s' * (keys != 1)} ({names})")
                new, changed, vanished = await stage.classify(test)
        self.progress.finish(shown(relation))
        self.done.changes[relation] = replace(
            self.done.changes[relation],
            inserted=new,
            updated=changed,
            deleted=vanished,
            unchanged=total.rows - new - changed,
        )
        return stage

    async def _stream(self, prod: Driver, test: Driver, stage: Stage) -> Streamed:
        table = stage.course.table
        condition = inside(stage.course, stage.spans, prod=True)
        whole = stage.spans == (EVERYTHING,)
        several = [
            await self.filling.stream(
                prod, test, table, stage.plan, part if whole else part.narrowed(condition), freeze=False
            )
            for part in self._parts(stage.course)
        ]
        return reduce(Streamed.__add__, several)

    async def _merge(self, stages: Sequence[Stage]) -> None:
        """Put the rows where they belong, with no foreign key, trigger or rule in their way."""
        self.progress.step("locking the tables that change")
        async with explained("locking the tables that change"), self.crew.test.one() as test:
            await lock(test, self.ready, self.structure)
            triggers = await test.fetch(TRIGGERS, *as_arrays(self.structure.emptied))
            for statement in (*disable(triggers), *self.structure.drop):
                await test.execute(statement)
        for stage in stages:
            name = shown(stage.course.table.test)
            self.progress.step(f"merging {name}")
            table = stage.course.table
            doing = explained(f"merging {name}", table)
            async with doing, self.crew.test.one() as test:
                for statement in (*stage.merge(), f"ANALYZE {text_of(Name(*table.test))}"):
                    await test.execute(statement)
        await self._bring_back()
        async with explained("enabling the triggers of test"):
            await self.crew.test.run(restore(triggers))

    async def _bring_back(self) -> None:
        """Build the foreign keys again, which shows that every row has those that it refers to."""
        # The keys first: an owner whom row security binds cannot prove them.
        for step in (*self.structure.keys, *self.structure.rebuild):
            if not is_foreign(step.want):
                async with explained(f"building {step.ident}"):
                    await self.crew.test.run(step.statements)
            elif await self._build(step):
                self.done.foreign_keys += 1
            elif isinstance(step.want, Constraint):
                async with explained(f"building {step.ident}"), self.crew.test.one() as test:
                    self.broken.append(await against(test, step.want, self.ready))
        self._refuse_broken()

    async def _verify(self, stage: Stage, total: Total) -> None:
        """Make sure that every row of prod is in test as it should be."""
        # What an append takes for the same key may be written otherwise; their number shows that prod's keys are there.
        table, compared = stage.course.table, bool(stage.course.values) and not stage.course.appends
        async with explained(f"computing the checksum of {shown(table.test)}"), self.crew.test.one() as test:
            given = [await totals_of_test(test, stage.course, (), where) for where in stage.given()]
            found = reduce(Total.__add__, map(sum_of, given))
        on_prod, on_test = (one.shown(compared=compared) for one in (total, found))
        self.done.sums[table.test] = on_prod, on_test
        if on_prod != on_test:
            raise ValidationFailed(f"{check.say(check.rows_only(table), on_prod, on_test)}; {AS_IT_WAS}")

    async def _go_on(self, test: Driver, counter: Counter, number: int | None) -> None:
        """Set a sequence to go on from a number; none goes back."""
        now = await test.fetchval(_LAST, *counter.name)
        if number is None or not counter.reaches(number) or counter.further(now, number) == now:
            return
        await super()._go_on(test, counter, number)


__all__ = ["merge_in_one_transaction"]
