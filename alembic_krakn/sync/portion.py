"""A table's primary key and a percentage in; the condition that chooses so many rows, the same every time, out."""

from __future__ import annotations

from decimal import Decimal

from psycopg import sql

from ..catalog import Catalog, Constraint
from ..names import Ident, names
from .values import Relation

_HASHES = 2**63


def primary_key(catalog: Catalog, relation: Relation) -> tuple[str, ...]:
    """Give the columns of a table's primary key."""
    keys = catalog.parts(Ident("table", relation), Constraint)
    return next((key.columns for key in keys if key.type == "p"), ())


def sampled(key: tuple[str, ...], percent: Decimal) -> sql.Composable:
    """Compose the condition that a row is in a sample: whoever is in one of 5% is in one of 10% as well."""
    value = sql.SQL("{}" if len(key) == 1 else "ROW({})").format(names(key))
    return sql.SQL('(pg_catalog.hashtextextended({}::pg_catalog.text COLLATE pg_catalog."C", 0) & {}) < {}').format(
        value, sql.Literal(_HASHES - 1), sql.Literal(int(_HASHES * percent / 100))
    )


__all__ = ["primary_key", "sampled"]
