"""Numbers of large objects in; the objects of one database in another one, under the same numbers, out.

What the other one has already, byte for byte, does not travel. No more than a block is in memory.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from psycopg import sql

from ...connect import Side
from ...errors import SyncError, ValidationFailed
from ...names import text_of
from ..large_objects import Holder, numbers_in
from ..pace import Pace
from ..problems import AS_IT_WAS
from ..stream import BLOCK, Driver
from .crew import Pool, explained, together
from .loaded import Carried

PIECE = 1 << 20  # bytes
_BATCH = 500  # objects that are compared at a time
_FETCH = "FETCH 10000 FROM krakn_numbers"
_IN_TEST = "copying large objects"
_ON_PROD = "reading large objects"

# An object that is read from its beginning to its end has no size of its own anywhere; 262144 opens it to read only.
_SUMS = """
    WITH opened AS MATERIALIZED (
        SELECT m.oid, lo_open(m.oid, 262144) AS fd FROM pg_largeobject_metadata AS m WHERE m.oid = ANY ($1::oid[])
    ), measured AS MATERIALIZED (SELECT oid, fd, lo_lseek64(fd, 0, 2) AS size FROM opened
    ), closed AS MATERIALIZED (SELECT oid, size, lo_close(fd) AS done FROM measured)
    SELECT oid, size, coalesce(sum(hash_record_extended(ROW(at, lo_get(oid, at, $2)), 0)), 0)::text
    FROM closed LEFT JOIN LATERAL generate_series(0, size - 1, $2::int4) AS at ON true
    GROUP BY oid, size
"""
_THERE = """
    SELECT m.oid, pg_has_role(m.lomowner, 'USAGE') AS ours, pg_get_userbyid(m.lomowner) AS owner
    FROM pg_largeobject_metadata AS m WHERE m.oid = ANY ($1::oid[])
"""
_CREATE = "SELECT lo_create(o) FROM unnest($1::oid[]) AS o"
_EMPTY = """
    WITH opened AS MATERIALIZED (SELECT lo_open(o, 131072) AS fd FROM unnest($1::oid[]) AS o
    ), emptied AS MATERIALIZED (SELECT fd, lo_truncate64(fd, 0) AS done FROM opened)
    SELECT lo_close(fd) FROM emptied
"""
_READ = """
    SELECT lo_get(o, at, $3) FROM unnest($1::oid[], $2::int8[]) WITH ORDINALITY AS p (o, at, nth) ORDER BY nth
"""
_WRITE = "SELECT lo_put(o, at, piece) FROM unnest($1::oid[], $2::int8[], $3::bytea[]) AS p (o, at, piece)"
_OURS = """
    SELECT m.oid FROM unnest($1::oid[]) AS o JOIN pg_largeobject_metadata AS m ON m.oid = o
    WHERE pg_has_role(m.lomowner, 'USAGE') AND m.oid NOT IN (SELECT n FROM ({}) AS held (n) WHERE n IS NOT NULL)
"""
_REMOVE = "SELECT lo_unlink(o) FROM unnest($1::oid[]) AS o"
_NAMED = "SELECT count(*) FROM unnest($1::oid[]) AS o WHERE o IN (SELECT n FROM ({}) AS held (n))"

Numbers: TypeAlias = "array[int]"
Sums: TypeAlias = Mapping[int, tuple[int, str]]  # by number: the size, and what the pieces add up to


@dataclass(frozen=True)
class Carriage:
    """How large objects go from one database to another."""

    source: Pool
    target: Pool
    side: Side  # of the source
    pace: Pace
    tell: Callable[[int, int], None]  # hears how many objects and bytes are done
    kept: Sequence[Holder] = ()  # columns of the target whose objects must stay as they are
    lacking: bool = False  # only those that the target does not have

    async def carry(self, numbers: Numbers) -> Carried:
        """Bring those of the source that have these numbers, and prove that they have arrived."""
        batches = (numbers[at : at + _BATCH] for at in range(0, len(numbers), _BATCH))

        async def some() -> Carried:
            done = Carried()
            for batch in batches:
                done += await self._batch(batch)
            return done

        return reduce(Carried.__add__, await together(some() for _ in range(self.source.size)), Carried())

    async def _batch(self, numbers: Numbers) -> Carried:
        async with self.source.one() as source, self.target.one() as target:
            async with explained(_ON_PROD, side=self.side):
                wanted = await _sums(source, numbers)
            there = await self._there(target, wanted)
            missing = [number for number in wanted if number not in there]
            changed = [number for number in there if not self.lacking and there[number] != wanted[number]]
            await self._refuse_kept(target, changed)
            async with explained(_IN_TEST):
                await target.fetch(_CREATE, missing)
                await target.fetch(_EMPTY, changed)
            coming = {number: wanted[number] for number in (*missing, *changed)}
            for pieces in _blocks(coming):
                await self._move(source, target, pieces)
            await _prove(target, coming)
        self.tell(len(wanted), 0)
        sizes = [size for size, _ in wanted.values()]
        return Carried(len(wanted), sum(sizes), len(coming), sum(size for size, _ in coming.values()))

    async def _there(self, target: Driver, wanted: Sums) -> Sums:
        """Tell what the target has under these numbers."""
        async with explained(_IN_TEST):
            rows = await target.fetch(_THERE, list(wanted))
            others = sorted({row["owner"] for row in rows if not row["ours"]})
            if self.lacking:
                return {row["oid"]: (0, "") for row in rows}
            if not others:
                return await _sums(target, [row["oid"] for row in rows])
        count = sum(not row["ours"] for row in rows)
        raise SyncError(
            f"test: {count} large objects have numbers of ones that come from prod, and belong to"
            f" {', '.join(map(repr, others))}; let test's role own them, or remove them; {AS_IT_WAS}"
        )

    async def _refuse_kept(self, target: Driver, numbers: Sequence[int]) -> None:
        """Refuse to change an object that rows name which a sync leaves alone."""
        if not (self.kept and numbers):
            return
        async with explained(_IN_TEST):
            query = text_of(sql.SQL(_NAMED).format(numbers_in(self.kept)))
            count = await target.fetchval(query, numbers)
        if count:
            raise SyncError(
                f"test: rows that are kept ({', '.join(map(str, self.kept))}) name {count} large objects, and other"
                f" ones come from prod under the same numbers; empty those tables, or let the profile say"
                f" large_objects: none; {AS_IT_WAS}"
            )

    async def _move(self, source: Driver, target: Driver, pieces: Sequence[tuple[int, int]]) -> None:
        """Move some pieces, each a number and a place."""
        numbers, places = [number for number, _ in pieces], [at for _, at in pieces]
        async with explained(_ON_PROD, side=self.side):
            data = [row[0] for row in await source.fetch(_READ, numbers, places, PIECE)]
        size = sum(map(len, data))
        await self.pace.keep(size)
        async with explained(_IN_TEST):
            await target.fetch(_WRITE, numbers, places, data)
        self.tell(0, size)


async def numbers_of(connection: Driver, query: str, *arguments: object) -> Numbers:
    """Give the numbers that a query finds, four bytes each."""
    found: Numbers = array("I")
    async with nullcontext() if connection.is_in_transaction() else connection.transaction():
        # asyncpg's own cursors, up to 0.31, take no transaction for one that it has not begun itself.
        await connection.execute(f"DECLARE krakn_numbers NO SCROLL CURSOR FOR {query}", *arguments)
        while rows := await connection.fetch(_FETCH):
            found.extend(row[0] for row in rows)
        await connection.execute("CLOSE krakn_numbers")
    return found


async def remove(test: Driver, numbers: Numbers, holders: Iterable[Holder]) -> int:
    """Remove the objects of test's role that no column names any more, and count them."""
    query = text_of(sql.SQL(_OURS).format(numbers_in(holders)))
    gone = await numbers_of(test, query, numbers)
    for at in range(0, len(gone), _BATCH):
        await test.fetch(_REMOVE, gone[at : at + _BATCH])
    return len(gone)


async def _sums(connection: Driver, numbers: Sequence[int]) -> Sums:
    return {row[0]: (row[1], row[2]) for row in await connection.fetch(_SUMS, numbers, PIECE)}


async def _prove(target: Driver, coming: Sums) -> None:
    """Make sure that all bytes have arrived."""
    async with explained("computing the checksums of large objects"):
        found = await _sums(target, list(coming))
    odd = sum(found.get(number) != total for number, total in coming.items())
    if odd:
        raise ValidationFailed(f"{odd} large objects are not in test what they are in prod; {AS_IT_WAS}")


def _blocks(coming: Sums) -> Iterator[list[tuple[int, int]]]:
    """Group pieces into blocks."""
    block: list[tuple[int, int]] = []
    room = BLOCK
    for number, (size, _) in coming.items():
        for at in range(0, size, PIECE):
            length = min(PIECE, size - at)
            if length > room:
                yield block
                block, room = [], BLOCK
            block.append((number, at))
            room -= length
    if block:
        yield block
