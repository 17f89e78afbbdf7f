"""`mask: hash` and a column in, a masker that writes keyed hashes in the shape of the column's type out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import polars as pl

from .keyed import Choice, Keyed
from .keys import MaskKey
from .permute import Permutation
from .types import INTEGER_BITS, ColumnInfo

_LEAST = 16  # hex digits, which are 64 bits: of 10 million values, two are equal once in 370 000 runs
_FULL = 64
_ELSE = "take `nullify`, a `fake` or a `call`"


@dataclass(frozen=True, slots=True)
class Permute:
    """Replace every integer by the one that a keyed permutation of the type's range sends it to."""

    permutation: Permutation = field(repr=False)
    label: ClassVar[str] = "hash"
    keeps_nulls: ClassVar[bool] = True
    injective: ClassVar[bool] = True

    def apply(self, values: pl.Series) -> pl.Series:
        """Mask one block."""
        masked: pl.Series = self.permutation.apply(values.cast(pl.Int64)).cast(pl.String)
        return masked


def build_hash(domain: str, column: ColumnInfo, key: MaskKey) -> Permute | Keyed:
    """Build the masker, or say why the type cannot hold a hash."""
    pg_type, subkey = column.pg_type, key.subkey(f"hash|{domain}")
    if pg_type.name in ("smallint", "integer"):
        return Permute(Permutation.from_key(INTEGER_BITS[pg_type.name], subkey))
    if not pg_type.is_text and pg_type.name not in _SHAPES:
        raise column.refuse(
            f"mask hash does not fit type {column.type}, it makes text, varchar, char, citext, uuid, smallint, integer,"
            f" bigint and bytea; {_ELSE}"
        )
    room = min(pg_type.limit or _FULL, _FULL)
    if room < _LEAST:
        raise column.refuse(f"mask hash needs room for {_LEAST} characters, {column.type} has {room}; {_ELSE}")
    # What citext takes for equal is masked alike.
    apart = pg_type.name != "citext"
    return Keyed("hash", subkey, pg_type, _SHAPES.get(pg_type.name, lambda digests: digests.str.head(room)), apart)


def _uuids(digests: pl.Expr) -> pl.Expr:
    """Give 122 bits of each digest the marks of a random uuid (version 4, variant 1)."""
    text = digests.str
    variant = text.slice(16, 1).replace(list("0123456789abcdef"), list("89ab" * 4))
    parts = [
        text.head(8),
        text.slice(8, 4),
        pl.lit("4") + text.slice(13, 3),
        variant + text.slice(17, 3),
        text.slice(20, 12),
    ]
    return pl.concat_str(parts, separator="-")


def _bigints(digests: pl.Expr) -> pl.Expr:
    """Give 63 bits of each digest as a number: of 10 million, two are equal once in 180 000 runs."""
    words = digests.str.head(16).str.decode("hex").bin.reinterpret(dtype=pl.UInt64, endianness="big")
    return (words // 2).cast(pl.String)


_SHAPES: dict[str, Choice] = {
    "uuid": _uuids,
    "bigint": _bigints,
    "bytea": lambda digests: pl.lit(r"\x") + digests,
}
