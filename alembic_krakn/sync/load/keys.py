"""Build indexes and keys over the rows that have come: a crew and the steps in; what stands against them, out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from ...catalog import Constraint, Index
from ...diff import Step
from ...errors import ValidationFailed
from ...names import Ident
from ...progress import Progress
from ..attempt import attempt
from ..prepare import Ready
from ..rejects import Settling
from ..values import Relation, TablePlan
from .build import against, build, drop
from .comparing import Comparison
from .crew import Crew, explained, together
from .ending import Ending
from .fill import Filling
from .refusal import refusal


class KeyBuilding(Ending):
    """Builds what was dropped before the rows came, and moves rows that stand against it where that is wanted."""

    def __init__(
        self, ready: Ready, crew: Crew, progress: Progress, filling: Filling, tables: Mapping[Relation, TablePlan]
    ) -> None:
        super().__init__(ready, crew, progress)
        self.filling = filling
        self._comparison = Comparison(ready, crew, filling, tables)
        self.broken: list[str] = []
        self._locks: dict[Relation, asyncio.Lock] = {}
        self._standing: set[Ident] = set()  # foreign keys that are built
        self._in_vain: list[Step] = []  # foreign keys that rows stand against
        self._settling = Settling(
            ready.keep, self.done.account, self.done.moved, frozenset(table.test for table in self.plan.tables)
        )

    @property
    def _fails(self) -> bool:
        """Tell whether the load will fail, so that only what there is to tell of matters."""
        return bool(self.broken or (self.done.account and not self.ready.keep.wanted))

    def _refuse_broken(self) -> None:
        """Fail with all that stands against test's constraints."""
        if self._fails:
            raise ValidationFailed(refusal(self.broken, self.done.account, self.ready))

    async def _count(self, steps: list[Step]) -> None:
        """Count the rows that stand against each of the unique keys of a table."""
        for step in steps:
            async with explained(f"building {step.ident}"), self.crew.test.one() as test:
                if isinstance(step.want, Index | Constraint):
                    await self._settling.count(test, step.want)

    async def _make_room(self, table: TablePlan | None, step: Step) -> None:
        """Move the rows that stand against a unique key, and build it."""
        assert isinstance(step.want, Index | Constraint)
        if table is None or not self._settling.may_move(step.want):
            self.broken.append(f"{step.ident}: rows of test's own stand against it")
            return
        if not self._fails:
            # As it is filled, before any row of it is moved for the sake of a key.
            await self._comparison.sum_of_test(table)
        async with explained(f"building {step.ident}"), self.crew.test.one() as test:
            await self._settling.unique(test, step.want)
        if not await self._build(step):
            self.broken.append(f"{step.ident}: rows stand against it even after those that were found are gone")

    async def _settle(self, foreign: list[Step]) -> None:
        """Move the rows whose foreign keys lead nowhere, and build the keys."""
        self.progress.step("moving rows whose foreign keys lead nowhere")
        keys = {step.ident: step.want for step in foreign if isinstance(step.want, Constraint)}
        mine = [key for key in keys.values() if key.enforced and self._settling.may_move(key)]
        vain = [keys[step.ident] for step in self._in_vain]
        if mine_in_vain := [key for key in vain if key in mine]:
            reached = self._settling.reached(mine, mine_in_vain)
            # Built keys would do to the rows that refer to a rejected one what their ON DELETE says.
            down = [
                step
                for step in foreign
                if step.ident in self._standing and any(self._settling.refers_to(keys[step.ident], t) for t in reached)
            ]
            again = [key for key in mine if key in mine_in_vain or any(key == keys[step.ident] for step in down)]
            async with explained("moving rows"), self.crew.test.one() as test, attempt(test):
                for step in down:
                    await test.execute(drop(keys[step.ident]))
                await self._settling.foreign(test, again)
            self._in_vain += down
        waiting, self._in_vain = self._in_vain, []
        await together(map(self._foreign, waiting))
        async with self.crew.test.one() as test:
            for step in self._in_vain:
                async with explained(f"building {step.ident}"):
                    self.broken.append(await against(test, keys[step.ident], self.ready))

    async def _foreign(self, step: Step) -> None:
        """Build a foreign key; it locks both tables, and two that lead there and back would wait for each other."""
        async with AsyncExitStack() as alone:
            for end in sorted(ends(step)):
                await alone.enter_async_context(self._locks.setdefault(end, asyncio.Lock()))
            if await self._build(step):
                self._standing.add(step.ident)
            else:
                self._in_vain.append(step)

    async def _build(self, step: Step) -> bool:
        async with self.crew.test.one() as test:
            what = f"building {step.ident}"
            with self.progress.beside(what):
                async with explained(what):
                    return await build(test, step)


def ends(step: Step) -> set[Relation]:
    """Give both tables of a foreign key, which may be one."""
    key = step.want
    assert isinstance(key, Constraint)
    assert key.references is not None
    return {(key.schema, key.table), key.references}
