"""Integers in, other integers of the same range out: a keyed permutation, so that unique values stay unique.

A hash of 31 bits would repeat itself after some 50 000 values, which no primary key survives. This is a Feistel
network whose two halves together are as wide as the type; the rounds are tables that SHAKE-256 fills from the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import shake_256

import polars as pl

_ROUNDS = 10  # as many as NIST's FF1 takes


@dataclass(frozen=True, slots=True)
class Permutation:
    """A permutation of the numbers from 0 to 2**bits - 1; negative ones are permuted among themselves."""

    bits: int
    tables: tuple[pl.Series, ...]

    @classmethod
    def from_key(cls, bits: int, subkey: bytes) -> Permutation:
        """Fill the tables of all rounds: each takes one half to as many bits as the other half has."""
        low = bits // 2
        high = bits - low
        return cls(
            bits, tuple(_table(subkey, turn, *((low, high) if turn % 2 else (high, low))) for turn in range(_ROUNDS))
        )

    def apply(self, numbers: pl.Series) -> pl.Series:
        """Permute whole numbers of the range -2**bits to 2**bits - 1; null stays null."""
        negative = numbers < 0
        # ~n takes -1 to 0, -2 to 1 and so on, and back again.
        start = numbers.to_frame("n").select(pl.when(pl.col("n") < 0).then(-1 - pl.col("n")).otherwise("n")).to_series()
        half = 2 ** (self.bits // 2)
        low, high = start % half, start // half
        for turn, table in enumerate(self.tables):
            if turn % 2:
                high = high ^ table.gather(low)
            else:
                low = low ^ table.gather(high)
        done = pl.DataFrame({"n": high * half + low, "negative": negative})
        return done.select(pl.when("negative").then(-1 - pl.col("n")).otherwise("n")).to_series()


def _table(subkey: bytes, turn: int, width: int, bits: int) -> pl.Series:
    """Give a random function from `width` bits to `bits` bits as a table."""
    stream = shake_256(subkey + b"|round|" + bytes([turn])).digest(2 * 2**width)
    mask = 2**bits - 1
    return pl.Series(
        [int.from_bytes(stream[at : at + 2], "little") & mask for at in range(0, len(stream), 2)], dtype=pl.Int64
    )
