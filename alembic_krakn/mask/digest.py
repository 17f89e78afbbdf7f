"""Text values in, keyed digests out: the only place where a value meets the key."""

from __future__ import annotations

import polars as pl
import polars_hash

# The digest is handed on as hex digits; every reader takes digits of its own, so that what one column shows
# (an index into a pool, say) is no part of what another one shows.
INDEX_DIGITS = 15  # 60 bits, which fit a signed 64-bit integer
_SUFFIX_AT = 16
_CHARACTERS = "abcdefghijklmnopqrstuvwxyz234567"
_TRIPLES = pl.Series([a + b + c for a in _CHARACTERS for b in _CHARACTERS for c in _CHARACTERS])  # 15 bits each
SUFFIX_LENGTH = 12  # 60 bits: of 10 million values, two are equal once in 23 000 runs


def digest(values: pl.Series, subkey: bytes) -> pl.Series:
    """Give HMAC-SHA256 of each value as 64 hex digits; null stays null."""
    keyed = polars_hash.col("v").chash.hmac_sha256(key=subkey.hex())
    return values.alias("v").to_frame().select(keyed).to_series()


def index(digests: pl.Series, size: int) -> pl.Series:
    """Give a number below `size` for each digest; the bias is below size / 2**60."""
    return digests.str.head(INDEX_DIGITS).str.to_integer(base=16) % size


def suffix(digests: pl.Series) -> pl.Series:
    """Give 60 bits of each digest, none of them used by `index`, as 12 characters of base32 in lower case."""
    bits = digests.str.slice(_SUFFIX_AT, INDEX_DIGITS).str.to_integer(base=16)
    parts = [_TRIPLES.gather((bits // 2 ** (15 * part)) % 2**15).alias(str(part)) for part in range(4)]
    return pl.DataFrame(parts).select(pl.concat_str(pl.all())).to_series()
