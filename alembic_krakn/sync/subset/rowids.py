"""Rows of one of prod's tables as sorted 64-bit numbers; sets of them, and the SQL that finds them again, out.

A row's number is made of the partition that holds it (0 where there is none), its page and its place there. It is good
for as long as the snapshot of prod, whose reader holds ACCESS SHARE on the table, so that nothing rewrites it; it is
there without a primary key, small, and shows no value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl
from psycopg import sql
from psycopg.abc import AdaptContext

from ...names import comma, verbatim

_PAGE_BITS, _PLACE_BITS = 32, 16


@dataclass(frozen=True)
class Leaf:
    """A partition of prod with rows of its own."""

    oid: int
    bound: str | None  # what PostgreSQL knows of all of its rows, so that it need not look into other partitions


@dataclass(frozen=True)
class RowIds:
    """A set of rows."""

    numbers: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Int64))  # sorted, each once

    @classmethod
    def of(cls, numbers: Sequence[int] | pl.Series) -> RowIds:
        """Make a set out of numbers in any order."""
        ordered = pl.Series(numbers, dtype=pl.Int64).sort()
        # unique() would make a hash table, which takes several times the memory of the numbers.
        return cls(ordered.filter((ordered != ordered.shift(1)).fill_null(True)))

    def __len__(self) -> int:
        return len(self.numbers)

    def __or__(self, other: RowIds) -> RowIds:
        if not len(self) or not len(other):
            return self if len(self) else other
        return RowIds.of(pl.concat([self.numbers, other.numbers]))

    def __sub__(self, other: RowIds) -> RowIds:
        return RowIds(self.numbers.filter(~other.holds(self.numbers)))

    def holds(self, numbers: pl.Series) -> pl.Series:
        """Tell of each number whether it is in the set."""
        if not len(self):
            return pl.repeat(False, len(numbers), eager=True)
        # By binary search: a few questions to a large set need no hash table of the large one.
        places = self.numbers.search_sorted(numbers)
        found: pl.Series = self.numbers.gather(places.clip(0, len(self) - 1)) == numbers
        return found

    def batches(self, size: int) -> Iterator[RowIds]:
        """Cut the set into pieces that a statement can hold."""
        for start in range(0, len(self), size):
            yield RowIds(self.numbers.slice(start, size))


class AtRows(sql.Composable):
    """The condition that a row is one of a set; its text is made when somebody asks for it, and kept by nobody."""

    def __init__(self, rows: RowIds, leaves: Sequence[Leaf]) -> None:
        super().__init__((rows, leaves))
        self.rows, self.leaves = rows, leaves

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.rows)} rows>"

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        if not self.leaves:
            return self._places(self.rows.numbers).as_bytes(context)
        partitions = (self.rows.numbers // 2 ** (_PAGE_BITS + _PLACE_BITS)).rename("leaf")
        frame = pl.DataFrame([partitions, self.rows.numbers.rename("row")])
        told = [
            self._within(self.leaves[int(group["leaf"][0])], group["row"])
            for group in frame.partition_by("leaf", maintain_order=True)
        ]
        return sql.SQL("({})").format(sql.SQL(" OR ").join(told)).as_bytes(context)

    def _within(self, leaf: Leaf, numbers: pl.Series) -> sql.Composable:
        bound = sql.SQL(" AND ({})").format(verbatim(leaf.bound)) if leaf.bound else sql.SQL("")
        places = self._places(numbers % 2 ** (_PAGE_BITS + _PLACE_BITS))
        return sql.SQL("(tableoid = {}::pg_catalog.oid{} AND {})").format(sql.Literal(leaf.oid), bound, places)

    @staticmethod
    def _places(numbers: pl.Series) -> sql.Composable:
        pages, places = numbers // 2**_PLACE_BITS, numbers % 2**_PLACE_BITS
        told = [f"({page},{place})" for page, place in zip(pages, places, strict=True)]
        array = ",".join(f'"{place}"' for place in told)
        # The bounds let PostgreSQL read only the pages from the first to the last, where many rows of them are wanted.
        return verbatim(f"ctid BETWEEN '{told[0]}' AND '{told[-1]}' AND ctid = ANY ('{{{array}}}'::pg_catalog.tid[])")


def row_number(leaves: Sequence[Leaf], alias: str) -> sql.Composable:
    """Compose the number of a row of `alias`, of which `tableoid` and `ctid` are columns; NULL in a new partition."""
    place = sql.SQL("({0}.ctid::pg_catalog.text::pg_catalog.point)").format(sql.Identifier(alias))
    number = sql.SQL("({0}[0]::pg_catalog.int8 << {1} | {0}[1]::pg_catalog.int8)").format(place, _PLACE_BITS)
    if not leaves:
        return number
    oids = sql.SQL("ARRAY[{}]::pg_catalog.oid[]").format(comma(sql.Literal(leaf.oid) for leaf in leaves))
    position = sql.SQL("(pg_catalog.array_position({}, {}.tableoid) - 1)::pg_catalog.int8").format(
        oids, sql.Identifier(alias)
    )
    return sql.SQL("({} << {} | {})").format(position, _PAGE_BITS + _PLACE_BITS, number)


__all__ = ["AtRows", "Leaf", "RowIds", "row_number"]
