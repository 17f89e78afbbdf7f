"""Text values in, keyed digests out: the only place where a value meets the key."""

from __future__ import annotations

import hmac
from typing import TypeAlias

import polars as pl
from polars_hash import CryptographicHashingNameSpace

_DIGITS = 15  # of a digest that `pick` reads: 60 bits, which fit a signed 64-bit integer
_CHARACTERS = "abcdefghijklmnopqrstuvwxyz234567"
_TRIPLES = pl.Series([a + b + c for a in _CHARACTERS for b in _CHARACTERS for c in _CHARACTERS])  # 15 bits each
SUFFIX_LENGTH = 12  # 60 bits: of 10 million values, two are equal once in 23 000 runs


Digest: TypeAlias = hmac.HMAC


def begin(subkey: bytes) -> Digest:
    """Begin the digest of one value that comes in pieces, the same that `digest` gives."""
    return hmac.new(subkey.hex().encode(), digestmod="sha256")


def digest(value: pl.Expr, subkey: bytes) -> pl.Expr:
    """Give HMAC-SHA256 of each value as 64 hex digits; null stays null."""
    keyed: pl.Expr = value.pipe(CryptographicHashingNameSpace).hmac_sha256(key=subkey.hex())
    return keyed


def pick(pool: pl.Series, digests: pl.Expr) -> pl.Expr:
    """Pick an entry of a pool for each digest; the bias is below the pool's size / 2**60."""
    return pl.lit(pool).gather(_number(digests.str.head(_DIGITS)) % len(pool))


def suffix(digests: pl.Expr) -> pl.Expr:
    """Give 60 bits of each digest, none of them used by `pick`, as 12 characters of base32 in lower case."""
    # Five hex digits are 20 bits, of which a triple takes 15.
    return pl.concat_str(
        pl.lit(_TRIPLES).gather(_number(digests.str.slice(at, 5)) % len(_TRIPLES))
        for at in range(_DIGITS, _DIGITS + 20, 5)
    )


def _number(digits: pl.Expr) -> pl.Expr:
    return digits.str.to_integer(base=16)
