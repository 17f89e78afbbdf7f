"""A value as it is read on prod and a column's rule in; the value with `map` and `fill` put on it, as text, out."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from ..names import verbatim
from .profile_words import Scalar


def text_literal(value: Scalar) -> sql.Composable:
    """Write what the profile says as the text of a value."""
    if value is None:
        return sql.SQL("NULL::text")
    return sql.SQL("{}::text").format(sql.Literal(spelt(value)))


def spelt(value: Scalar) -> str:
    """Spell what the profile says as PostgreSQL reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def mapped(select: sql.Composable, value: sql.Composable, changes: Mapping[str, Scalar]) -> sql.Composable:
    """Let some of prod's values, by their text, become others of test; the rest is as `select` makes it."""
    cases = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(old), text_literal(new)) for old, new in changes.items()
    )
    return verbatim("CASE ({})::text {} ELSE ({})::text END").format(value, cases, select)


def filled(select: sql.Composable, fill: sql.Composable) -> sql.Composable:
    """Put another value in place of NULL."""
    return verbatim("coalesce(({})::text, {})").format(select, fill)
