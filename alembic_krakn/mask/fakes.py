"""`mask: {fake: provider}` and a column in, a masker that picks from a pool of fakes that fit the column out."""

from __future__ import annotations

import polars as pl

from . import pools
from .digest import SUFFIX_LENGTH, pick, suffix
from .keyed import Choice, Keyed
from .keys import MaskKey
from .render import Misfit, render
from .spec import FakeMask
from .types import ColumnInfo

# Reserved by RFC 2606: nobody can own these, so a test system that sends mail reaches no one.
_SAFE_DOMAINS = ("@example.org", "@example.com", "@example.net")
_DOMAIN_LENGTH = len(_SAFE_DOMAINS[0])


def build_fake(spec: FakeMask, column: ColumnInfo, key: MaskKey) -> Keyed:
    """Build the masker, or say why the column cannot take such fakes."""
    pg_type = column.pg_type
    texts = _texts_of(spec, column)
    if column.unique and not pg_type.is_text:
        raise column.refuse(
            f"mask fake: {spec.fake} would repeat values, and a unique key or index has the column;"
            f" on type {column.type} take `hash`"
        )
    mail = pg_type.is_text and all("@" in text for text in texts)
    room, least = pg_type.limit, _DOMAIN_LENGTH if mail else 0
    fits = room is None or room >= least + SUFFIX_LENGTH
    unique = column.unique or (column.like_unique and pg_type.is_text and fits)
    if unique:
        _need_room(least + SUFFIX_LENGTH, spec, column)
    if mail:
        _need_room(least + 1, spec, column)
        choose = _mails([text.partition("@")[0] for text in texts], room, unique)
    elif unique:
        choose = _unique(texts, "-", room)
    else:
        choose = _one_of([text[:room] for text in texts] if pg_type.is_text else texts)
    return Keyed(f"fake: {spec.fake}", key.subkey(f"fake|{spec.group}"), pg_type, choose)


def _texts_of(spec: FakeMask, column: ColumnInfo) -> list[str]:
    """Write the pool of a provider as text of the column's type."""
    try:
        values = pools.pool(spec.fake, spec.locale.replace("-", "_"))
    except pools.UnknownProvider as exc:
        raise column.refuse(str(exc)) from None
    except Exception as exc:  # a provider that needs arguments raises whatever it likes
        raise column.refuse(
            f"Faker's provider {spec.fake!r} gives nothing without arguments ({type(exc).__name__}); take another one"
        ) from exc
    try:
        return [render(value, column.pg_type) for value in values]
    except Misfit:
        raise column.refuse(
            f"type {column.type} cannot take the values of Faker's provider {spec.fake!r}; take a provider that fits,"
            " or another mask"
        ) from None


def _need_room(needed: int, spec: FakeMask, column: ColumnInfo) -> None:
    """Refuse a text column that is too short for what makes a fake safe, or unique."""
    room = column.pg_type.limit
    if room is not None and room < needed:
        unique = " to be unique" if column.unique else ""
        raise column.refuse(
            f"mask fake: {spec.fake} needs {needed} characters{unique}, {column.type} has {room}; take another mask"
        )


def _one_of(texts: list[str]) -> Choice:
    pool = pl.Series(texts)
    return lambda digests: pick(pool, digests)


def _unique(texts: list[str], joint: str, room: int | None) -> Choice:
    """Make a fake unique with a suffix: 'anna.smith-k7wq2m4xz3ab'; where there is no room, the suffix is all."""
    left = None if room is None else room - SUFFIX_LENGTH - 1
    if left is None:
        pool = pl.Series([text + joint for text in texts])
    else:
        pool = pl.Series([text[:left] + joint if left > 0 else "" for text in texts])
    return lambda digests: pick(pool, digests) + suffix(digests)


def _mails(people: list[str], room: int | None, unique: bool) -> Choice:
    """Make addresses that nobody owns, whatever domain the provider gave: 'anna.k7wq2m4xz3ab@example.org'."""
    left = None if room is None else room - _DOMAIN_LENGTH
    if unique:
        names = _unique(people, ".", left)
        return lambda digests: names(digests) + pl.lit(_SAFE_DOMAINS[0])
    return _one_of([person[:left] + _SAFE_DOMAINS[at % 3] for at, person in enumerate(people)])
