"""One part of a table in; its rows out of prod, masked, into test, with what they add up to on prod, out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import asyncpg
from psycopg import sql

from ...connect import Side, behind_builtins
from ...names import text_of
from ...progress import Progress
from .. import check
from ..attempt import attempt, on_prod
from ..locate import failing_row
from ..pace import Pace
from ..prepare import Ready
from ..problems import ReadingFailed, refuses_rows
from ..rejects import Account, Landing
from ..rewritten import refuse_rewritten
from ..stream import Driver, Streamed, stream_table
from ..values import Part, TablePlan, shown
from .crew import Crew, explained


@dataclass(frozen=True)
class Filled:
    """What came of one part of a table."""

    streamed: Streamed
    part: Part | None  # what of prod's rows is in test's table; None where some are not, and prod cannot tell which
    account: Account = field(default_factory=Account)
    missing: int = 0  # rows that are not in test's table


_PATH = "SELECT pg_catalog.set_config('search_path', $1, true)"


class Filling:
    """How the parts of tables are filled.

    `alone`: each part is a transaction of its own, which empties the table first, rather than all of them one.
    """

    def __init__(self, ready: Ready, crew: Crew, progress: Progress, *, alone: bool) -> None:
        self.ready, self.crew, self.progress, self.alone = ready, crew, progress, alone

    async def clear(self, table: TablePlan, parts: Sequence[Part]) -> None:
        """Empty a table that an earlier run may have filled, and `fill` does not empty in its own transaction."""
        filled = Counter(table.at(part) for part in parts)
        shared = [each for each, count in filled.items() if count > 1 or each.partitioned]
        if self.alone and shared:
            async with explained(f"emptying {shown(table.test)}"):
                await self.crew.test.run(map(truncate, shared))

    async def fill(self, prod: Driver, test: Driver, table: TablePlan, part: Part, *, only: bool) -> Filled:
        """Stream the rows of one part, which may be the only one; those that test refuses are kept apart."""
        own = table.at(part)
        async with explained(f"filling {shown(table.test)}", table):
            try:
                async with attempt(prod, reading=True), attempt(test):
                    freeze = only and not own.partitioned
                    if freeze:  # PostgreSQL wants the table to be empty since this very savepoint
                        await test.execute(truncate(own))
                    return Filled(await self.stream(prod, test, table, own, part, freeze=freeze), part)
            except (ReadingFailed, asyncpg.PostgresError) as exc:
                if not refuses_rows(exc) or table not in self.ready.plan.tables:
                    raise  # rows of test's own, which move to another database, are nothing to reject
                refused = exc
            self.progress.start(shown(table.test), self.ready.expected(table), self.ready.expected_size(table))
            return await self._land(prod, test, table, part, refused, only=only)

    async def _land(
        self, prod: Driver, test: Driver, table: TablePlan, part: Part, refused: Exception, *, only: bool
    ) -> Filled:
        """Stream them once more, to where every row fits, and sort them there."""
        own = table.at(part)
        # A row that the partition refuses may still fit into another one of the table.
        landing = Landing(replace(own, test=table.test), self.ready.keep, cast_here=isinstance(refused, ReadingFailed))
        try:
            async with attempt(prod, reading=True), attempt(test):
                if only and not own.partitioned:
                    await test.execute(truncate(own))
                await landing.prepare(test)
                streamed = await self.stream(prod, test, table, landing.plan, part, freeze=False)
                landed = await landing.go_on(test, part)
        except asyncpg.InsufficientPrivilegeError:
            if self.ready.keep.wanted:
                raise
            raise refused from None  # without a temporary table, the first such row is all that can be told
        except ReadingFailed as failed:
            if isinstance(failed.__cause__, asyncpg.DataError) and (not own.direct or part.condition):
                path, query = self.ready.prod.path_for(table), own.query(part)
                failed.row = await asyncio.to_thread(failing_row, self.ready.reader, query, path, failed.rows)
            raise
        return Filled(replace(streamed, rows=landed.rows), landed.part, landed.account, landed.came - landed.rows)

    async def stream(
        self, prod: Driver, test: Driver, table: TablePlan, plan: TablePlan, part: Part, *, freeze: bool
    ) -> Streamed:
        """Stream the rows of one part of a table as a plan, which may be another one, says."""
        name, of_prod = shown(table.test), table in self.ready.plan.tables
        async with self.own_path(prod, table):
            streamed = await stream_table(
                prod,
                test,
                plan,
                part,
                self.crew.workers,
                lambda rows, size: self.progress.advance(name, rows, size),
                freeze=freeze,
                # Rows of test's own, which move to another database, do not come from prod.
                pace=self.crew.pace if of_prod else Pace(),
                large=self.ready.may_be_large(table),
            )
            if of_prod:
                async with on_prod(prod):
                    await refuse_rewritten(prod, table.at(part))
        if plan.binary:
            self.progress.advance(name, streamed.rows)
        return streamed

    async def sum_of(self, prod: Driver, table: TablePlan, part: Part) -> check.Sum:
        """Compute what the rows of one part add up to on prod."""
        doing = explained(f"computing the checksum of {shown(table.test)} on prod", side=Side.PROD)
        async with doing, self.asking(prod, table):
            found = await check.run(prod, check.prod_query(table.at(part), part))
            # A standby server ends a connection that holds a lock that is in its way, and what held it may be gone.
            if prod.standby:
                await refuse_rewritten(prod, table.at(part))
            return found

    @asynccontextmanager
    async def asking(self, prod: Driver, table: TablePlan) -> AsyncIterator[None]:
        """Ask prod something about a table without keeping what the planner looks at locked, every index of it."""
        async with on_prod(prod):
            await prod.execute("SAVEPOINT krakn_sum")
            async with self.own_path(prod, table):
                yield
            await prod.execute("ROLLBACK TO SAVEPOINT krakn_sum; RELEASE SAVEPOINT krakn_sum")

    @asynccontextmanager
    async def own_path(self, prod: Driver, table: TablePlan) -> AsyncIterator[None]:
        """Let prod look names up as it takes for this table; rows of test's own need nothing of that."""
        path, usual = self.ready.prod.path_for(table), behind_builtins(self.ready.search_path)
        if path == usual or table not in self.ready.plan.tables:
            yield
            return
        async with on_prod(prod):
            await prod.execute(_PATH, path)
        yield
        async with on_prod(prod):
            await prod.execute(_PATH, usual)


def truncate(table: TablePlan) -> str:
    """Compose the TRUNCATE of one table."""
    return text_of(sql.SQL("TRUNCATE {}").format(table.in_test))


__all__ = ["Filling"]
