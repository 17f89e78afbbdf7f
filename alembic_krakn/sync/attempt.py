"""A connection in; work on it that leaves nothing behind when rows are refused, or are to be read again, out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from ..errors import KraknError
from .problems import ReadingFailed, conflicts, refuses_rows
from .stream import Driver


@asynccontextmanager
async def on_prod(prod: Driver) -> AsyncIterator[None]:
    """Tell what goes wrong on prod from what goes wrong on test, and why a standby server ends a connection."""
    standby = prod.standby
    try:
        yield
    except (KraknError, ReadingFailed):
        raise
    except Exception as exc:
        raise ReadingFailed(0, standby=standby) from exc


@asynccontextmanager
async def attempt(connection: Driver, *, reading: bool = False) -> AsyncIterator[None]:
    """Undo what was done when rows are refused or prod, a standby server, stopped giving them.

    Whatever else goes wrong ends the load, and with it the transaction.

    Within a transaction it is a savepoint, otherwise a transaction of its own. `reading` tells whose connection it is.
    """
    inside = connection.is_in_transaction()
    begin, end = ("SAVEPOINT krakn_attempt", "RELEASE SAVEPOINT krakn_attempt") if inside else ("BEGIN", "COMMIT")
    async with on_prod(connection) if reading else nullcontext():
        await connection.execute(begin)
    try:
        yield
    except Exception as exc:
        if refuses_rows(exc) or (conflicts(exc) and not connection.is_closed()):
            await connection.execute(f"ROLLBACK TO SAVEPOINT krakn_attempt; {end}" if inside else "ROLLBACK")
        raise
    async with on_prod(connection) if reading else nullcontext():
        await connection.execute(end)


__all__ = ["attempt", "on_prod"]
