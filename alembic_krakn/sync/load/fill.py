"""One part of a table in; its rows out of prod, masked, into test, with what they add up to on prod, out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
from psycopg import sql

from ...connect import Side
from ...names import Name, text_of
from ...progress import Progress
from .. import check
from ..locate import failing_row
from ..prepare import Ready
from ..problems import ReadingFailed
from ..stream import Driver, Streamed, stream_table
from ..values import Part, TablePlan, shown
from .crew import Crew, explained


class Filling:
    """How the parts of tables are filled.

    `alone`: each part is a transaction of its own, which empties the table first, rather than all of them one.
    """

    def __init__(self, ready: Ready, crew: Crew, progress: Progress, *, alone: bool) -> None:
        self.ready, self.crew, self.progress, self.alone = ready, crew, progress, alone
        self.thawed = False  # a savepoint was rolled back, after which PostgreSQL freezes no rows of this transaction

    async def clear(self, table: TablePlan, parts: Sequence[Part]) -> None:
        """Empty a table that several transactions are going to fill."""
        if self.alone and len(parts) > 1:
            async with explained(f"emptying {shown(table.test)}"):
                await self.crew.test.run([truncate(table)])

    async def fill(self, prod: Driver, test: Driver, table: TablePlan, part: Part, *, only: bool) -> Streamed:
        """Stream the rows of one part, which may be the only one."""
        name = shown(table.test)
        async with explained(f"filling {name}", table):
            if self.alone and only:
                async with test.transaction():
                    await test.execute(truncate(table))
                    streamed = await self._stream(prod, test, table, part, freeze=True)
            else:
                streamed = await self._stream(prod, test, table, part, freeze=not (self.alone or self.thawed))
        if table.binary:
            self.progress.advance(name, streamed.rows)
        return streamed

    async def _stream(self, prod: Driver, test: Driver, table: TablePlan, part: Part, *, freeze: bool) -> Streamed:
        name = shown(table.test)
        await self._own_path(prod, table)
        try:
            return await stream_table(
                prod,
                test,
                table,
                part,
                self.crew.workers,
                lambda rows, size: self.progress.advance(name, rows, size),
                freeze=freeze and not table.partitioned,
            )
        except ReadingFailed as failed:
            if isinstance(failed.__cause__, asyncpg.DataError) and (not table.direct or part.condition):
                path, query = self._search_path(table), table.query(part)
                failed.row = await asyncio.to_thread(failing_row, self.ready.reader, query, path, failed.rows)
            raise

    async def sum_of(self, prod: Driver, table: TablePlan, part: Part) -> check.Sum:
        """Compute what the rows of one part add up to on prod."""
        async with explained(f"computing the checksum of {shown(table.test)} on prod", side=Side.PROD):
            await self._own_path(prod, table)
            return await check.run(prod, check.prod_query(table, part))

    async def _own_path(self, prod: Driver, table: TablePlan) -> None:
        """Let the profile's SQL find what its author finds; all other names are qualified."""
        await prod.execute("SELECT pg_catalog.set_config('search_path', $1, true)", self._search_path(table))

    def _search_path(self, table: TablePlan) -> str:
        return self.ready.search_path if table.own_sql else "pg_catalog"


def truncate(table: TablePlan) -> str:
    """Compose the TRUNCATE of one table; ONLY, as children of a table are tables of their own."""
    only = sql.SQL("" if table.partitioned else "ONLY ")
    return text_of(sql.SQL("TRUNCATE {}{}").format(only, Name(*table.test)))


__all__ = ["Filling"]
