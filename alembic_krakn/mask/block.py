r"""A block of COPY text in, the same block with some columns masked out.

PostgreSQL writes a row as one line, its fields apart by tabs; NULL is `\N`, and backspace, tab, newline, vertical tab,
form feed, carriage return and the backslash itself are written as `\b`, `\t`, `\n`, `\v`, `\f`, `\r` and `\\`. So a raw
tab or newline always ends a field. Columns without a mask are carried over as they came, escapes and all.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import polars as pl

from ..errors import SyncError
from .maskers import Masker

_BOM = b"\xef\xbb\xbf"
RAW = ["\\", "\b", "\t", "\n", "\v", "\f", "\r"]
ESCAPED = [r"\\", r"\b", r"\t", r"\n", r"\v", r"\f", r"\r"]
_NEEDS_ESCAPE = r"[\\\x08-\x0d]"  # the same as a pattern, which finds them faster
NULL = rb"\N"
_NULL = NULL.decode()


def mask_block(data: bytes, width: int, maskers: Mapping[int, Masker]) -> bytes:
    """Mask columns, numbered from 0, of whole lines of COPY text with `width` columns."""
    frame = split(data, width)
    masked = []
    for at, masker in maskers.items():
        column = frame.to_series(at)
        with told(masker, at):
            masked.append(encode(masker.apply(decode(column))).alias(column.name))
    return join(frame.with_columns(masked))


@contextmanager
def told(masker: Masker, at: int) -> Iterator[None]:
    """Tell that a mask failed on a column, and no value of it."""
    try:
        yield
    except pl.exceptions.PolarsError as exc:  # its text may show values
        raise SyncError(f"{masker.label} of column {at + 1} failed with {type(exc).__name__}") from None


def split(data: bytes, width: int) -> pl.DataFrame:
    """Split a block into columns of text as COPY wrote them, in which null is an empty field."""
    if not data:
        return pl.DataFrame(schema={str(at): pl.String for at in range(width)})
    if data.startswith(_BOM):  # text may begin so, and polars drops the first one
        data = _BOM + data
    try:
        frame = pl.read_csv(
            data,
            separator="\t",
            eol_char="\n",
            quote_char=None,
            has_header=False,
            schema={str(at): pl.String for at in range(width)},
        )
    except pl.exceptions.PolarsError as exc:  # its text may show values
        if "utf-8" in str(exc):
            raise SyncError(
                "a block of rows is not UTF-8, which masks need; the database's encoding lets any byte in (SQL_ASCII),"
                " so leave this table without masks, or skip it, or repair its text"
            ) from None
        raise wrong_width(width) from None
    if data.count(b"\t") != (width - 1) * frame.height:  # polars may fill up a short line
        raise wrong_width(width)
    return frame


def wrong_width(width: int) -> SyncError:
    """Say that lines are not what the plan says."""
    return SyncError(f"a block of rows does not have {width} columns in each line, as the plan says")


def join(frame: pl.DataFrame) -> bytes:
    """Write columns of COPY text as a block."""
    block = io.BytesIO()
    frame.write_csv(block, separator="\t", line_terminator="\n", quote_style="never", include_header=False)
    return block.getvalue()


def decode(column: pl.Series) -> pl.Series:
    """Turn fields into values: null is SQL's NULL, '' the empty text."""
    values = column.fill_null("")
    if _has_backslash(values):
        values = values.set(values == _NULL, None)
        if _has_backslash(values):
            values = values.str.replace_many(ESCAPED, RAW)
    return values


def encode(values: pl.Series) -> pl.Series:
    """Turn values into fields."""
    if values.str.contains(_NEEDS_ESCAPE).any():
        values = values.str.replace_many(RAW, ESCAPED)
    return values.fill_null(_NULL)


def _has_backslash(values: pl.Series) -> bool:
    return values.str.contains("\\", literal=True).any()
