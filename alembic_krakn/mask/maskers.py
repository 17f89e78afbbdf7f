"""A mask out of the profile, a column and the key in; a masker that masks whole blocks of this column out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import polars as pl

from . import pools
from .digest import SUFFIX_LENGTH, digest, index, suffix
from .hooks import Hook
from .keys import MaskKey, key_needed
from .permute import Permutation
from .render import Misfit, render
from .spec import CallMask, FakeMask, HashMask, MaskSpec
from .types import INTEGER_BITS, ColumnInfo, PgType

_LEAST_HASH = 16  # hex digits, which are 64 bits
_HASHED_TYPES = "text, varchar, char, citext, uuid, smallint, integer, bigint and bytea"
# Reserved by RFC 2606: nobody can own these, so a test system that sends mail reaches no one.
_SAFE_DOMAINS = ("example.org", "example.com", "example.net")
_DOMAIN_LENGTH = len("@example.org")


# Digests in, masked values out.
Choice: TypeAlias = Callable[[pl.Series], pl.Series]


class Masker(Protocol):
    """Mask the text values of one column; null stands for SQL's NULL, '' for the empty text."""

    @property
    def label(self) -> str:
        """Say what it does as the profile does: 'fake: email'."""

    def apply(self, values: pl.Series) -> pl.Series:
        """Give as many masked values as there are values."""


def build(spec: MaskSpec, column: ColumnInfo, key: MaskKey | None) -> Masker:
    """Build the masker of one column, or say why the column cannot take it."""
    if spec == "nullify":
        if not column.nullable:
            raise column.refuse("mask nullify does not fit, the column is NOT NULL; take `hash` or `fake`")
        return Nullify()
    if isinstance(spec, CallMask):
        return Hook.load(spec.call, column)
    if key is None:
        raise key_needed(f"{column}: its mask")
    if isinstance(spec, FakeMask):
        return _fake(spec, column, key)
    return _hash(spec.domain if isinstance(spec, HashMask) else "hash", column, key)


@dataclass(frozen=True, slots=True)
class Nullify:
    """Replace everything by NULL."""

    label = "nullify"

    def apply(self, values: pl.Series) -> pl.Series:
        """Give nulls."""
        return pl.repeat(None, len(values), dtype=pl.String, eager=True)


@dataclass(frozen=True, slots=True)
class Keyed:
    """Replace every value but NULL and '' by one that its digest chooses."""

    label: str
    subkey: bytes = field(repr=False)
    canonical: Choice  # makes values equal that the type says are equal
    choose: Choice  # digests in, masked values out

    def apply(self, values: pl.Series) -> pl.Series:
        """Mask one block."""
        masked = self.choose(digest(self.canonical(values), self.subkey))
        return keep_empty(values, masked)


@dataclass(frozen=True, slots=True)
class Permute:
    """Replace every integer by the one that a keyed permutation of the type's range sends it to."""

    label: str
    permutation: Permutation = field(repr=False)

    def apply(self, values: pl.Series) -> pl.Series:
        """Mask one block."""
        masked: pl.Series = self.permutation.apply(values.cast(pl.Int64)).cast(pl.String)
        return masked


def keep_empty(values: pl.Series, masked: pl.Series) -> pl.Series:
    """Keep '' as it is; digests keep null by themselves."""
    frame = pl.DataFrame({"value": values, "masked": masked})
    return frame.select(pl.when(pl.col("value") == "").then(pl.lit("")).otherwise("masked").alias("masked")).to_series()


def _hash(domain: str, column: ColumnInfo, key: MaskKey) -> Masker:
    """Build a keyed hash in the shape that the column's type takes."""
    pg_type, subkey = column.pg_type, key.subkey(f"hash|{domain}")
    if pg_type.name in ("smallint", "integer"):
        return Permute("hash", Permutation.from_key(INTEGER_BITS[pg_type.name], subkey))
    if pg_type.is_text:
        length = pg_type.limit or 64
        if length < _LEAST_HASH:
            raise column.refuse(
                f"mask hash needs room for {_LEAST_HASH} characters, {column.type} has {length};"
                " take `nullify`, a `fake` or a `call`"
            )
        shape = _hex(length)
    elif pg_type.name in _SHAPES:
        shape = _SHAPES[pg_type.name]
    else:
        raise column.refuse(
            f"mask hash does not fit type {column.type}, it makes {_HASHED_TYPES}; take `nullify`, a `fake` or a `call`"
        )
    return Keyed("hash", subkey, _canonical(pg_type), shape)


def _fake(spec: FakeMask, column: ColumnInfo, key: MaskKey) -> Masker:
    """Build a choice out of a pool; on a unique column, a choice with a suffix of its own."""
    pg_type = column.pg_type
    try:
        values = pools.pool(spec.fake, spec.locale.replace("-", "_"))
    except pools.UnknownProvider as exc:
        raise column.refuse(f"{exc}, as its mask asks for") from None
    except Exception as exc:  # a provider that needs arguments raises whatever it likes
        raise column.refuse(
            f"Faker's provider {spec.fake!r} does not work without arguments ({type(exc).__name__})"
        ) from exc
    try:
        texts = [render(value, pg_type) for value in values]
    except Misfit:
        raise column.refuse(f"type {column.type} cannot take the values of Faker's provider {spec.fake!r}") from None
    if column.unique and not pg_type.is_text:
        raise column.refuse(
            f"mask fake: {spec.fake} would repeat values, and the column is unique; on type {column.type} take `hash`"
        )
    room = pg_type.limit
    mail = pg_type.is_text and all("@" in text for text in texts)
    needed = column.unique * SUFFIX_LENGTH + mail * (_DOMAIN_LENGTH + (not column.unique))
    if room is not None and room < needed:
        raise column.refuse(
            f"mask fake: {spec.fake} needs room for {needed} characters"
            f"{' to be unique' if column.unique else ''}, {column.type} has {room}; take another mask"
        )
    choose = (
        _mails(texts, room, column.unique) if mail else _texts(texts, room if pg_type.is_text else None, column.unique)
    )
    subkey = key.subkey(f"fake|{spec.domain or spec.fake}")
    return Keyed(f"fake: {spec.fake}", subkey, _canonical(pg_type), choose)


def _texts(texts: list[str], room: int | None, unique: bool) -> Choice:
    """Choose a text that fits; a suffix makes it unique: 'anna.smith-k7wq2m4xz3ab'."""
    if not unique:
        pool = pl.Series([text[:room] for text in texts])
        return lambda digests: pool.gather(index(digests, len(pool)))
    heads = _heads(texts, "-", room and room - SUFFIX_LENGTH)
    return lambda digests: heads.gather(index(digests, len(heads))) + suffix(digests)


def _mails(texts: list[str], room: int | None, unique: bool) -> Choice:
    """Choose an address nobody owns, whatever domain the provider gave it: 'anna.k7wq2m4xz3ab@example.org'."""
    people, left = [text.partition("@")[0] for text in texts], room and room - _DOMAIN_LENGTH
    if not unique:
        pool = pl.Series([f"{person[:left]}@{_SAFE_DOMAINS[at % 3]}" for at, person in enumerate(people)])
        return lambda digests: pool.gather(index(digests, len(pool)))
    heads = _heads(people, ".", left and left - SUFFIX_LENGTH)
    domain = pl.Series(["@" + _SAFE_DOMAINS[0]])
    return lambda digests: heads.gather(index(digests, len(heads))) + suffix(digests) + domain


def _heads(texts: list[str], joint: str, room: int | None) -> pl.Series:
    """Cut texts to the room that a suffix leaves, and join them to it; in less than two places nothing is said."""
    if room is None:
        return pl.Series([text + joint for text in texts])
    return pl.Series([text[: room - 1] + joint if room > 1 else "" for text in texts])


def _hex(length: int) -> Choice:
    return lambda digests: digests.str.head(length) if length < 64 else digests


def _uuids(digests: pl.Series) -> pl.Series:
    """Give 122 bits of each digest the marks of a random uuid (version 4, variant 1)."""
    text = pl.col("d").str
    variant = text.slice(16, 1).replace(list("0123456789abcdef"), list("89ab" * 4))
    parts = [
        text.head(8),
        text.slice(8, 4),
        pl.lit("4") + text.slice(13, 3),
        variant + text.slice(17, 3),
        text.slice(20, 12),
    ]
    return digests.alias("d").to_frame().select(pl.concat_str(parts, separator="-")).to_series()


def _bigints(digests: pl.Series) -> pl.Series:
    """Give 63 bits of each digest as a number: of 10 million, two are equal once in 180 000 runs."""
    words = digests.str.head(16).str.decode("hex").bin.reinterpret(dtype=pl.UInt64, endianness="big")
    numbers: pl.Series = (words // 2).cast(pl.String)
    return numbers


_SHAPES: dict[str, Choice] = {
    "uuid": _uuids,
    "bigint": _bigints,
    "bytea": lambda digests: pl.Series([r"\x"]) + digests,
}


def _canonical(pg_type: PgType) -> Choice:
    """Give what makes values equal as text that are equal to PostgreSQL."""
    if pg_type.name == "citext":
        return lambda values: values.str.to_lowercase()
    if pg_type.name == "character":
        return lambda values: values.str.strip_chars_end(" ")
    return lambda values: values
