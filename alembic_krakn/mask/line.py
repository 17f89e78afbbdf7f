r"""One line of COPY text in pieces in; the same line with some columns masked, piece by piece, out.

A column without a mask passes as it comes. One with a mask is held until it is whole, and where the mask needs nothing
but a digest, a long value is not even held. So the memory that a row takes does not grow with its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO

import polars as pl

from .block import ESCAPED, NULL, RAW, told, wrong_width
from .digest import Digest
from .keyed import Keyed
from .maskers import Masker

_LONG = 1 << 20  # bytes of a value, from which on it is digested as it comes
_ESCAPES = {escaped.encode(): raw.encode() for escaped, raw in zip(ESCAPED, RAW, strict=True)}
_ESCAPE = re.compile(b"|".join(map(re.escape, _ESCAPES)))
_CODES = str.maketrans(dict(zip(RAW, ESCAPED, strict=True)))


class Line:
    """A line that is too long to be held."""

    def __init__(self, width: int, maskers: Mapping[int, Masker]) -> None:
        self._width, self._maskers = width, maskers
        self._at = 0  # the column that comes
        self._value = self._begun()

    def feed(self, piece: bytes) -> bytes:
        """Take the next piece, of which the last one ends with a newline, and give what is ready."""
        return b"".join(self._ready(piece))

    def _ready(self, piece: bytes) -> Iterator[bytes]:
        *ends, rest = piece.removesuffix(b"\n").split(b"\t")
        for end in ends:
            yield from self._part(end)
            yield from self._end()
            yield b"\t"
        yield from self._part(rest)
        if piece.endswith(b"\n"):
            yield from self._end()
            yield b"\n"
            if self._at != self._width:
                raise wrong_width(self._width)

    def _part(self, part: bytes) -> Iterator[bytes]:
        if self._value:
            if part:
                self._value.add(part)
        else:
            yield part

    def _end(self) -> Iterator[bytes]:
        if self._value:
            yield self._value.masked()
        self._at += 1
        self._value = self._begun()

    def _begun(self) -> _Value | None:
        masker = self._maskers.get(self._at)
        return _Value(masker, self._at) if masker else None


class _Value:
    """A field of a masked column, which comes in parts."""

    def __init__(self, masker: Masker, at: int) -> None:
        self._masker, self._at = masker, at
        self._half = b""  # of an escape
        self._held = BytesIO()
        self._digest: Digest | None = None
        self._null = False

    def add(self, part: bytes) -> None:
        """Take the next part, and its escapes for what they mean."""
        part = self._half + part
        self._null = part == NULL and not self._held.tell()
        whole = len(part) - (len(part) - len(part.rstrip(b"\\"))) % 2
        self._half = part[whole:]
        part = _ESCAPE.sub(lambda escape: _ESCAPES[escape[0]], part[:whole])
        if self._digest:
            self._digest.update(part)
            return
        self._held.write(part)
        if self._held.tell() > _LONG and isinstance(self._masker, Keyed) and (digest := self._masker.begin()):
            digest.update(self._held.getbuffer())
            self._digest, self._held = digest, BytesIO()

    def masked(self) -> bytes:
        """Give the masked field; all of it has come."""
        with told(self._masker, self._at):
            if self._digest and isinstance(self._masker, Keyed):
                return _field(self._masker.end(self._digest))
            values = pl.Series([None if self._null else self._held.getvalue()], dtype=pl.Binary)
            self._held = BytesIO()
            return _field(self._masker.apply(values.cast(pl.String)).item())


def _field(value: str | None) -> bytes:
    return NULL if value is None else value.translate(_CODES).encode()


__all__ = ["Line"]
