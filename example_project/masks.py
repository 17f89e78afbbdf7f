"""The shop's own masks: a column of text in, a column of the same length out; null is SQL's NULL."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl


def shift_birthdate(values: pl.Series) -> pl.Series:
    """Move every date by up to 60 days, equal dates by as much; what is no plain date becomes null."""
    return _replace(values, _shift)


def scramble_digits(values: pl.Series) -> pl.Series:
    """Put other digits in the place of digits, equal texts to equal ones; everything else stays."""
    return _replace(values, _scramble)


def _shift(text: str) -> str | None:
    try:
        day = date.fromisoformat(text)
        days = _number(text) % 120 - 60
        return (day + timedelta(days=days if days < 0 else days + 1)).isoformat()  # never by none at all
    except (ValueError, OverflowError):  # PostgreSQL knows 'infinity', years before Christ and after 9999
        return None


def _scramble(text: str) -> str:
    stream = _number(text)
    digits = []
    for char in text:
        if char.isdecimal():
            stream, digit = divmod(stream, 10)
            char = str(digit)
        digits.append(char)
    return "".join(digits)


def _number(text: str) -> int:
    """Make a large number of a text, which nobody can guess without the key."""
    key = os.environ["KRAKN_MASK_KEY"].encode()
    return int.from_bytes(hmac.digest(key, text.encode(), "sha256"), "big")


def _replace(values: pl.Series, change: Callable[[str], str | None]) -> pl.Series:
    found = values.drop_nulls().unique().to_list()
    return values.replace_strict(found, [change(text) for text in found], default=None, return_dtype=pl.String)
