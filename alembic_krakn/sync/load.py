"""The plan and two streams in; test filled anew in one transaction, rebuilt, checked and committed, or as it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from ..catalog import Catalog, Constraint, Fact, assemble, queries
from ..connect import Side
from ..diff import Step
from ..errors import SyncError, ValidationFailed
from ..names import Ident, Name, text_of
from ..progress import Progress
from . import check
from .broken import duplicates, orphans
from .locate import failing_row
from .prepare import Ready
from .problems import AS_IT_WAS, ReadingFailed, explain
from .sequences import counters
from .stream import Driver, Streamed, stream_table
from .structure import Structure, lock_statement
from .triggers import TRIGGERS, disable, restore
from .values import Relation, TablePlan, shown

# For building indexes; with PostgreSQL's own 64 MB, sorting a few million keys goes to disk.
_SETTINGS = (
    "SET LOCAL maintenance_work_mem = '256MB'",
    "SET LOCAL row_security = off",
)


_PATIENCE = 5  # seconds to wait for a rollback


@dataclass
class Loaded:
    """What a load did."""

    streamed: dict[Relation, Streamed] = field(default_factory=dict)
    sums: dict[Relation, tuple[check.Sum, check.Sum]] = field(default_factory=dict)  # on prod and on test
    sequences: int = 0
    foreign_keys: int = 0
    refreshed: tuple[Relation, ...] = ()


class Load:
    """One load of test."""

    def __init__(self, ready: Ready, prod: Driver, test: Driver, progress: Progress) -> None:
        self.ready, self.plan = ready, ready.plan
        self.catalog, self.structure = ready.test, ready.structure
        self.prod, self.test = prod, test
        self.progress = progress
        self.done = Loaded()

    async def run(self, rows: Mapping[Relation, int | None]) -> Loaded:
        """Do it all and commit, or roll back and say why; the progress hears how many `rows` to expect."""
        transaction = self.test.transaction()
        workers = ThreadPoolExecutor(2, thread_name_prefix="krakn-mask")
        sums: asyncio.Future[dict[Relation, check.Sum]] | None = None
        try:
            await transaction.start()
            triggers = await self._clear()
            for table in self.plan.tables:
                await self._fill(table, workers, rows.get(table.test))
            # On the connection that read the rows: now() in a condition must be the same moment.
            sums = asyncio.ensure_future(self._sums_of_prod())
            await self._rebuild(triggers)
            await self._number()
            await self._compare(sums)
            await self._refresh()
            async with explained("proving that test's schema is as before"):
                await self._expect_same_schema("krakn did not bring back all of test's schema; please report this")
            self.progress.step("committing")
            async with explained("committing", otherwise="whether test has the new rows is not known; look at it"):
                await _whole(transaction.commit())
        except BaseException:
            # Where the connection is gone, or is closed because nothing comes back, the server rolls back by itself:
            # asyncpg waits for ever for the answer to its cancel request when the server had failed already.
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncio.TimeoutError):
                await asyncio.wait_for(transaction.rollback(), _PATIENCE)
            raise
        finally:
            if sums is not None:
                sums.cancel()
                await asyncio.gather(sums, return_exceptions=True)
            workers.shutdown(wait=False, cancel_futures=True)
        return self.done

    async def _clear(self) -> list[asyncpg.Record]:
        """Lock and empty the tables, with nothing left in the way of rows; give the triggers as they were."""
        self.progress.step("emptying the tables of test")
        async with explained("emptying the tables of test"):
            await self._run([*_SETTINGS, lock_statement(self.structure)])
            await self._expect_same_schema("test's schema has changed since the plan was made; run it again")
            schemas, tables = zip(*self.structure.emptied, strict=True)
            triggers = await self.test.fetch(TRIGGERS, schemas, tables)
            await self._run([*disable(triggers), *self.structure.drop, self.structure.truncate])
        return triggers

    async def _fill(self, table: TablePlan, workers: ThreadPoolExecutor, expected: int | None) -> None:
        """Stream the rows of one table."""
        name = shown(table.test)
        self.progress.start(name, expected)
        async with explained(f"filling {name}", table):
            await self._own_path(table)
            try:
                self.done.streamed[table.test] = await stream_table(
                    self.prod, self.test, table, workers, lambda rows, size: self.progress.advance(name, rows, size)
                )
            except ReadingFailed as failed:
                if isinstance(failed.__cause__, asyncpg.DataError) and not table.direct:
                    path = self._search_path(table)
                    failed.row = await asyncio.to_thread(
                        failing_row, self.ready.reader, table.query(), path, failed.rows
                    )
                raise
        if table.binary:
            self.progress.advance(name, self.done.streamed[table.test].rows)
        self.progress.finish(name)

    async def _own_path(self, table: TablePlan) -> None:
        """Let the profile's SQL find what its author finds; all other names are qualified."""
        await self.prod.execute("SELECT pg_catalog.set_config('search_path', $1, true)", self._search_path(table))

    def _search_path(self, table: TablePlan) -> str:
        return self.ready.search_path if table.own_sql else "pg_catalog"

    async def _sums_of_prod(self) -> dict[Relation, check.Sum]:
        """Compute what prod's rows add up to."""
        found = {}
        for table in self.plan.tables:
            async with explained(f"computing the checksum of prod's {shown(table.prod)}", side=Side.PROD):
                await self._own_path(table)
                found[table.test] = await check.run(self.prod, check.prod_query(table))
        return found

    async def _rebuild(self, triggers: Sequence[asyncpg.Record]) -> None:
        """Bring back indexes, keys and triggers, and count the rows that break a key."""
        async with explained("checking what was deferred"):
            # Before an index of the same table can be built, nothing may be left to check.
            await self._run(["SET CONSTRAINTS ALL IMMEDIATE"])
        broken = await self._build(self.structure.rebuild)
        if not broken:
            self.progress.step("analyzing the tables of test")
            async with explained("analyzing the tables of test"):
                names = ", ".join(text_of(Name(*table.test)) for table in self.plan.tables)
                await self._run([f"ANALYZE {names}"] if names else [])
            broken = await self._build(self.structure.keys)
        if broken:
            raise ValidationFailed("; ".join([*broken, "test is as it was"]))
        async with explained("enabling the triggers of test"):
            await self._run(restore(triggers))
        self.done.foreign_keys = sum(isinstance(step.want, Constraint) for step in self.structure.keys)

    async def _build(self, steps: Iterable[Step]) -> list[str]:
        """Run steps, and give a sentence for each of them that rows stand against."""
        broken: list[str] = []
        for step in steps:
            if step.ident.kind in ("index", "constraint"):
                self.progress.step(f"building {step.ident}")
            async with explained(f"building {step.ident}"):
                query = self._counting(step.want)
                if query is None:
                    if not broken:
                        await self._run(step.statements)
                    continue
                try:
                    async with self.test.transaction():
                        await self._run(step.statements)
                except asyncpg.IntegrityConstraintViolationError:
                    broken.append(await self._say(step.want, query))
        return broken

    def _counting(self, fact: Fact | None) -> str | None:
        """Compose what counts the rows that break a key, if it is one."""
        if isinstance(fact, Constraint) and fact.references:
            return orphans(self.catalog, fact)
        return duplicates(fact)

    async def _say(self, fact: Fact | None, query: str) -> str:
        """Say how many rows break a key, and why that may be."""
        count = await self.test.fetchval(query)
        if not isinstance(fact, Constraint) or not fact.references:
            assert fact is not None
            return f"{fact.ident}: {count} keys are there more than once{self._masked(fact)}"
        child, parent = shown((fact.schema, fact.table)), shown(fact.references)
        told = f"{fact.ident}: {count} rows of {child} refer to rows of {parent} that are not there"
        planned = {table.test: table for table in self.plan.tables}
        if (table := planned.get(fact.references)) and table.where:
            return f"{told}, as `where` leaves rows of {parent} out; give {child} a `where` that fits it"
        if (fact.schema, fact.table) not in planned:
            return f"{told}, as {child} keeps rows of test's own"
        return told

    def _masked(self, fact: Fact) -> str:
        names = getattr(fact, "columns", ()) or [key.column for key in getattr(fact, "keys", ())]
        relation = fact.ident.path[:2] if isinstance(fact, Constraint) else (fact.schema, fact.table)  # type: ignore[attr-defined]
        masked = [
            f"{column.name} ({column.mask})"
            for table in self.plan.tables
            if table.test == relation
            for column in table.columns
            if column.mask and column.name in names
        ]
        return f", where {', '.join(masked)} is masked" if masked else ""

    async def _number(self) -> None:
        """Let every sequence go on beyond the highest key."""
        self.progress.step("setting sequences")
        last_values = self.ready.last_values
        async with explained("setting sequences"):
            for counter in counters(self.catalog, set(self.structure.emptied), set(last_values)):
                held = await self.test.fetchval(counter.highest()) if counter.columns else None
                number = counter.further(None if held is None else int(held), last_values.get(counter.name))
                await self.test.execute(counter.restart())
                if number is not None and counter.reaches(number):
                    await self.test.fetchval(counter.go_on_from(number))
                self.done.sequences += 1

    async def _compare(self, on_prod: asyncio.Future[dict[Relation, check.Sum]]) -> None:
        """Compare counts and checksums of both sides."""
        self.progress.step("comparing both sides")
        found = {}
        for table in self.plan.tables:
            async with explained(f"computing the checksum of {shown(table.test)}"):
                found[table.test] = await check.run(self.test, check.test_query(table))
        expected = await on_prod
        self.done.sums = {table: (expected[table], found[table]) for table in found}
        if differing := [check.say(table, *both) for table, both in self.done.sums.items() if both[0] != both[1]]:
            raise ValidationFailed("; ".join([*differing, "test is as it was"]))

    async def _refresh(self) -> None:
        """Refresh the materialized views that read what is new."""
        for view in self.structure.views:
            self.progress.step(f"refreshing {shown(view)}")
            async with explained(f"refreshing {shown(view)}"):
                await self._run([f"REFRESH MATERIALIZED VIEW {text_of(Name(*view))}"])
        self.done.refreshed = self.structure.views

    async def _expect_same_schema(self, otherwise: str) -> None:
        """Compare what test's tables are made of with the catalog that the plan was made from."""
        now = assemble({name: list(map(dict, await self.test.fetch(query))) for name, query in queries().items()})
        have, want = (_parts(catalog, self.structure) for catalog in (now, self.catalog))
        if have != want:
            odd = sorted(ident for ident in have.keys() | want.keys() if have.get(ident) != want.get(ident))
            raise SyncError(f"{otherwise} ({', '.join(map(str, odd[:5]))}{', ...' if len(odd) > 5 else ''})")

    async def _run(self, statements: Iterable[str]) -> None:
        for statement in statements:
            if statement:
                await self.test.execute(statement)


def _parts(catalog: Catalog, structure: Structure) -> dict[Ident, Fact]:
    """Give the facts of all tables that are touched."""
    tables = [Ident("table", relation) for relation in (*structure.emptied, *structure.neighbours)]
    return {ident: catalog.facts[ident] for ident in catalog.closure(tables) if ident in catalog.facts}


async def _whole(work: Coroutine[Any, Any, None]) -> None:
    """Do what must not be cut in two, as Ctrl-C would."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()


@asynccontextmanager
async def explained(
    doing: str, table: TablePlan | None = None, side: Side = Side.TEST, otherwise: str = AS_IT_WAS
) -> AsyncIterator[None]:
    """Turn whatever goes wrong into an error that shows no value; `otherwise` tells what a lost connection means."""
    try:
        yield
    except Exception as exc:
        problem = explain(exc, doing, table, side, otherwise)
    else:
        return
    # What happened may show values in its own text: its traceback ends here.
    raise problem from None
