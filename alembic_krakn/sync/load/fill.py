"""One part of a table in; its rows out of prod, masked, into test, with what they add up to on prod, out."""

from __future__ import annotations

import asyncio

import asyncpg

from ...connect import Side
from ...progress import Progress
from .. import check
from ..locate import failing_row
from ..prepare import Ready
from ..problems import ReadingFailed
from ..stream import Driver, Streamed, stream_table
from ..values import Part, TablePlan, shown
from .crew import Crew, explained


class Filling:
    """How the parts of tables are filled."""

    def __init__(self, ready: Ready, crew: Crew, progress: Progress, *, freeze: bool) -> None:
        self.ready, self.crew, self.progress, self.freeze = ready, crew, progress, freeze

    async def fill(self, prod: Driver, test: Driver, table: TablePlan, part: Part) -> Streamed:
        """Stream the rows of one part."""
        name = shown(table.test)
        async with explained(f"filling {name}", table):
            await self._own_path(prod, table)
            try:
                streamed = await stream_table(
                    prod,
                    test,
                    table,
                    part,
                    self.crew.workers,
                    lambda rows, size: self.progress.advance(name, rows, size),
                    freeze=self.freeze and not table.partitioned,
                )
            except ReadingFailed as failed:
                if isinstance(failed.__cause__, asyncpg.DataError) and (not table.direct or part.condition):
                    path, query = self._search_path(table), table.query(part)
                    failed.row = await asyncio.to_thread(failing_row, self.ready.reader, query, path, failed.rows)
                raise
        if table.binary:
            self.progress.advance(name, streamed.rows)
        return streamed

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


__all__ = ["Filling"]
