"""A mask out of the profile, a column and the key in; a masker that masks whole blocks of this column out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import polars as pl

from .fakes import build_fake
from .hashes import build_hash
from .hooks import Hook
from .keys import MaskKey, key_needed
from .spec import CallMask, FakeMask, HashMask, MaskSpec
from .types import ColumnInfo


class Masker(Protocol):
    """Mask the text values of one column; null stands for SQL's NULL, '' for the empty text."""

    @property
    def label(self) -> str:
        """Say what it does as the profile does: 'fake: email'."""

    @property
    def keeps_nulls(self) -> bool:
        """Tell whether NULL stays NULL, and nothing else becomes it."""

    @property
    def injective(self) -> bool:
        """Tell whether different values stay different, to all that is worth reckoning with."""

    def apply(self, values: pl.Series) -> pl.Series:
        """Give as many masked values as there are values."""


@dataclass(frozen=True, slots=True)
class Nullify:
    """Replace everything by NULL."""

    label: ClassVar[str] = "nullify"
    keeps_nulls: ClassVar[bool] = False
    injective: ClassVar[bool] = False

    def apply(self, values: pl.Series) -> pl.Series:
        """Give nulls."""
        return pl.repeat(None, len(values), dtype=pl.String, eager=True)


def build(spec: MaskSpec, column: ColumnInfo, key: MaskKey | None) -> Masker:
    """Build the masker of one column, or say why the column cannot take it."""
    if spec == "nullify":
        if not column.nullable:
            raise column.refuse("mask nullify does not fit, the column is NOT NULL; take `hash` or a `fake`")
        return Nullify()
    if isinstance(spec, CallMask):
        return Hook.load(spec.call, column)
    if key is None:
        raise key_needed(f"the mask of {column}")
    if isinstance(spec, FakeMask):
        return build_fake(spec, column, key)
    # Two masks of one kind without a domain share the kind's name, so that a value is masked alike in every table.
    return build_hash(spec.domain if isinstance(spec, HashMask) else "hash", column, key)
