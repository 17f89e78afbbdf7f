"""Filled tables in; sequences set, questions asked, hooks run, views refreshed and the history written, out."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timezone

from ...connect import Side
from ...errors import ValidationFailed
from ...names import Name, text_of
from ...progress import Progress
from .. import history, hooks
from ..calls import counted_by
from ..prepare import Ready
from ..problems import AS_IT_WAS
from ..sequences import Counter, counters, keep_place
from ..stream import Driver
from ..values import NUMBERED, Relation, shown
from . import large_objects
from .crew import Crew, explained
from .loaded import Loaded


class Ending:
    """What every way to bring rows ends with, in the order of its methods."""

    mode = "replace"

    def __init__(self, ready: Ready, crew: Crew, progress: Progress) -> None:
        self.ready, self.plan, self.structure = ready, ready.plan, ready.structure
        self.crew, self.progress = crew, progress
        self.done = Loaded()
        self.former: large_objects.Numbers = array("I")  # that rows of test named before they went

    async def _keep_numbers(self, *, anew: bool = False, finished: Collection[Relation] = ()) -> None:
        """Let columns that test numbers take numbers that go back with the transaction; from the start, if `anew`.

        They come after those that tables have which are `finished` already.

        A sequence by itself never goes back: it would be further after a sync that failed, and after every nightly one
        by as many numbers as there are rows, until there are no more.
        """
        made = {
            (table.test, column.name)
            for table in self.plan.tables
            for column in table.columns
            if column.origin in NUMBERED
        }
        emptied = set(self.structure.emptied)
        known = [each for each in counters(self.ready.test, emptied, set()) if not made.isdisjoint(each.columns)]
        names = {counter.name for counter in known}
        for name in counted_by(self.ready.test, made):
            if name not in names:
                async with explained(f"numbering by {shown(name)}"), self.crew.test.one() as test:
                    await keep_place(test, name)
        for counter in known:
            tables = {relation for relation, _ in counter.columns}
            async with explained(f"numbering by {shown(counter.name)}"), self.crew.test.one() as test:
                stood = None if anew and tables <= emptied else await test.fetchrow(counter.standing())
                await test.execute(counter.restart())
                if stood:
                    await test.execute(counter.stand_at(*stood))
                if not tables.isdisjoint(finished):
                    held = await test.fetchval(counter.highest())
                    number = counter.further(
                        None if held is None else int(held), stood["last_value"] if stood else None
                    )
                    if number is not None and counter.reaches(number):
                        await test.fetchval(counter.go_on_from(number))

    async def _number(self) -> None:
        """Let every sequence go on beyond the highest key, and make sure that it does."""
        self.progress.step("setting sequences")
        self.done.sequences = 0
        last_values = self.ready.last_values
        behind = []
        async with explained("setting sequences"), self.crew.test.one() as test:
            for counter in counters(self.ready.test, set(self.structure.emptied), set(last_values)):
                found = await test.fetchval(counter.highest()) if counter.columns else None
                held = None if found is None else int(found)
                await self._go_on(test, counter, counter.further(held, last_values.get(counter.name)))
                if held is not None and counter.repeats(int(await test.fetchval(counter.following())), held):
                    behind.append(counter)
        if behind:
            told = "; ".join(
                f"the sequence {shown(counter.name)} goes on with numbers that are in"
                f" {' or '.join(f'{shown(table)}.{column}' for table, column in counter.columns)} already"
                for counter in behind
            )
            raise ValidationFailed(f"{told}; {AS_IT_WAS}")

    async def _go_on(self, test: Driver, counter: Counter, number: int | None) -> None:
        """Set a sequence, on a file of its own, to go on from a number."""
        await test.execute(counter.restart())
        if number is not None and counter.reaches(number):
            await test.fetchval(counter.go_on_from(number))
        self.done.sequences += 1

    async def _force_row_security(self, verb: str) -> None:
        """Let the owner see all rows of tables whose row security binds the owner, too, or let it bind again."""
        statements = [
            f"ALTER TABLE ONLY {text_of(Name(*relation))} {verb} ROW LEVEL SECURITY"
            for relation in self.ready.structure.forced
        ]
        async with explained("seeing all rows of test's tables"):
            await self.crew.test.run(statements)

    async def _bring_large_objects(self, *, lacking: bool = False) -> None:
        """Bring prod's large objects that the rows name now, and remove test's that they named before."""
        objects = self.ready.objects
        numbers = await self._numbers_of_large_objects()
        if numbers:
            name = "large objects"
            # Their size on prod's disk, compressed, tells little of what will come.
            self.progress.start(name, objects.count)
            carriage = large_objects.Carriage(
                self.crew.prod,
                self.crew.test,
                Side.PROD,
                self.crew.pace,
                lambda count, size: self.progress.advance(name, count, size),
                objects.kept,
                lacking=lacking,
            )
            self.done.carried = await carriage.carry(numbers)
            self.progress.finish(name)
        if self.former:
            async with explained("removing large objects"), self.crew.test.one() as test:
                removed = await large_objects.remove(test, self.former, (*objects.going, *objects.kept))
                self.done.carried = replace(self.done.carried, removed=removed)

    async def _numbers_of_large_objects(self) -> large_objects.Numbers:
        objects = self.ready.objects
        numbers: large_objects.Numbers = array("I")
        if objects.coming:
            async with explained("looking for large objects"), self.crew.test.one() as test:
                numbers += await large_objects.numbers_of(test, objects.named)
        if objects.unnamed:
            async with explained("looking for large objects", side=Side.PROD), self.crew.prod.one() as prod:
                numbers += await large_objects.numbers_of(prod, objects.unnamed)
        return numbers

    async def _validate(self) -> None:
        """Ask the profile's own questions."""
        failed = []
        for question in self.ready.questions:
            self.progress.step(f"validating {question.place}")
            on_prod = None
            if not question.no_rows:
                doing = explained(f"asking prod {question.place}", side=Side.PROD)
                async with doing, self.crew.prod.one() as prod, hooks.own_path(prod, self.ready.search_path):
                    on_prod = await question.on(prod)
            doing = explained(f"asking test {question.place}")
            async with doing, self.crew.test.one() as test, hooks.own_path(test, self.ready.hooks.search_path):
                on_test = await question.on(test)
            failed.append(question.say(on_prod, on_test))
        if told := [each for each in failed if each]:
            raise ValidationFailed("; ".join([*told, AS_IT_WAS]))
        self.done.questions = len(self.ready.questions)

    async def _after(self) -> None:
        """Run the hooks that come after everything else, in the order of the tables; they may number rows as well."""
        late = {relation for when, relation in self.ready.hooks.at if when == "after"}
        for relation in (*sorted(filter(None, late)), None):
            await self._hooks("after", relation)
        if late:
            await self._number()

    async def _hooks(self, when: hooks.When, relation: Relation | None) -> None:
        async with self.crew.test.one() as test:
            await run_hooks(test, self.ready, self.progress, when, relation, self.done)

    async def _refresh(self) -> None:
        """Refresh the materialized views that read what is new, with the rows that a REFRESH of their owner's sees."""
        await self._force_row_security("FORCE")
        for view in self.structure.views:
            self.progress.step(f"refreshing {shown(view)}")
            async with explained(f"refreshing {shown(view)}"), self.crew.test.one() as test:
                await test.execute("SET row_security = on")
                async with hooks.own_path(test, self.ready.hooks.search_path):
                    await test.execute(f"REFRESH MATERIALIZED VIEW {text_of(Name(*view))}")
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
                rows=sum(self.done.rows_of(table.test) for table in self.plan.tables),
                bytes=sum(one.size for one in streamed),
                masked_columns=sum(bool(column.mask) for table in self.plan.tables for column in table.columns),
                mode=self.mode if test.is_in_transaction() else f"{self.mode}, swap",
            )
            await history.note(test, self.ready.history, done)


async def run_hooks(
    test: Driver,
    ready: Ready,
    progress: Progress,
    when: hooks.When,
    relation: Relation | None = None,
    done: Loaded | None = None,
) -> None:
    """Run the profile's hooks of one moment: of a table, or of the whole."""
    rows = None
    if when == "after" and done:
        rows = done.rows_of(relation) if relation else done.rows
    table, known = shown(relation) if relation else None, ready.history
    moment = hooks.Moment(when, table, rows, known.prod_revision, known.test_revision)
    for hook in ready.hooks.at.get((when, relation), ()):
        progress.step(f"running {hook.place}")
        async with explained(f"running {hook.place}"):
            await hooks.run(test, hook, ready.hooks.search_path, moment)


__all__ = ["Ending", "run_hooks"]
