"""A connection to test in; the sync that would take the database from under another one's feet refused, out.

Syncs in place may go on beside each other, as far as their locks on tables let them; a swap, or the way back from one,
renames the database and ends whoever is connected to it. They meet at an advisory lock, which is the database's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SyncError

if TYPE_CHECKING:
    from ..connect import WritableConnection
    from .stream import Driver

_LOCK = "SELECT pg_catalog.{}(pg_catalog.hashtextextended('krakn sync', 0)) AS ours"
_BESIDE, _ALONE = _LOCK.format("pg_try_advisory_xact_lock_shared"), _LOCK.format("pg_try_advisory_lock")


async def beside_others(test: Driver, shown: str) -> None:
    """Go on in this transaction unless test is about to be exchanged for another database."""
    if not await test.fetchval(_BESIDE):
        raise SyncError(
            f"another krakn is about to exchange {shown} for a new database; run it again when that is done"
        )


def alone(test: WritableConnection) -> None:
    """Let nobody fill test in place as long as this connection is open."""
    (row,) = test.fetch(_ALONE)
    if not row["ours"]:
        raise SyncError(f"test: another krakn is filling {test.address.shown}; wait for its end; nothing was changed")


__all__ = ["alone", "beside_others"]
