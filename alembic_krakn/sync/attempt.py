"""A connection in; work on it that leaves nothing behind when rows are refused, or are to be read again, out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .problems import ReadingFailed, conflicts, refuses_rows
from .stream import Driver, is_standby


@asynccontextmanager
async def attempt(connection: Driver, *, reading: bool = False) -> AsyncIterator[None]:
    """Undo what was done when rows are refused or prod, a standby server, stopped giving them.

    Whatever else goes wrong ends the load, and with it the transaction.

    Within a transaction it is a savepoint, otherwise a transaction of its own. `reading` tells whose connection it is.
    """
    inside = connection.is_in_transaction()
    begin, end = ("SAVEPOINT krakn_attempt", "RELEASE SAVEPOINT krakn_attempt") if inside else ("BEGIN", "COMMIT")
    standby = reading and is_standby(connection)
    await _say(connection, begin, reading=reading, standby=standby)
    try:
        yield
    except Exception as exc:
        if refuses_rows(exc) or (conflicts(exc) and not connection.is_closed()):
            await connection.execute(f"ROLLBACK TO SAVEPOINT krakn_attempt; {end}" if inside else "ROLLBACK")
        raise
    await _say(connection, end, reading=reading, standby=standby)


async def _say(connection: Driver, statement: str, *, reading: bool, standby: bool) -> None:
    try:
        await connection.execute(statement)
    except Exception as exc:
        if reading:
            raise ReadingFailed(0, standby=standby) from exc
        raise


__all__ = ["attempt"]
