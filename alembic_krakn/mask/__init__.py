"""Masks: text values of one column in, text values that say nothing about a person out; no sockets, no SQL."""

from __future__ import annotations

from .block import mask_block
from .keys import MaskKey
from .line import Line
from .maskers import Masker, build
from .spec import CallMask, FakeMask, HashMask, MaskSpec
from .types import ColumnInfo

__all__ = [
    "CallMask",
    "ColumnInfo",
    "FakeMask",
    "HashMask",
    "Line",
    "MaskKey",
    "MaskSpec",
    "Masker",
    "build",
    "mask_block",
]
