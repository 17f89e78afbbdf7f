"""The report of a sync and both databases in; what came, what masked people look like and what was checked, out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from .stage import Stage

# The personal columns of customers: as test calls them, and as prod does.
PERSONAL = {
    "email": "email",
    "full_name": "name",
    "phone": "phone",
    "birthdate": "birthdate",
    "tax_id": "tax_id",
    "notes": "notes",
}


def lines(stage: Stage, report: Path) -> Iterator[str]:
    """Sum up a sync."""
    told = json.loads(report.read_text(encoding="utf-8"))
    with stage.connect(stage.prod) as prod, stage.connect(stage.test) as test:
        yield from _synced(told, prod, test)
        yield ""
        yield from _masked(prod, test)
    checks = told["checks"]
    yield ""
    yield "Validated before the commit, on both sides:"
    yield (
        f"  row counts of {checks['row_counts']} tables, checksums of the unmasked columns of {checks['checksums']},"
        f" {checks['foreign_keys']} foreign keys, {checks['sequences']} sequences"
    )


def _synced(told: Mapping[str, Any], prod: psycopg.Connection, test: psycopg.Connection) -> Iterator[str]:
    masked = sum(len(table["masked_columns"]) for table in told["tables"])
    yield (
        f"Synced: {told['rows']:,} rows of {len(told['tables'])} tables in {told['seconds']:.1f} s,"
        f" {masked} columns masked"
    )
    for table in told["tables"]:
        name, old_name = (table[key].removeprefix("public.") for key in ("table", "from"))
        there, arrived = _count(prod, old_name), _count(test, name)
        remarks = []
        if old_name != name:
            remarks.append(f"{old_name} in prod")
        if arrived != there:
            remarks.append(f"of {there:,}, those that the profile's `where` asks for")
        if table["masked_columns"]:
            remarks.append(f"masked: {', '.join(table['masked_columns'])}")
        yield f"  {name:<18}{arrived:>8,}  {'; '.join(remarks)}".rstrip()


def _masked(prod: psycopg.Connection, test: psycopg.Connection) -> Iterator[str]:
    before = _customers(prod, list(PERSONAL.values()))
    after = _customers(test, list(PERSONAL))
    shown = next(key for key, row in before.items() if key > 1000 and None not in row)  # an everyday one
    yield f"Masked: customer {shown} before and after, and how many of all customers have by chance what they had"
    for i, column in enumerate(PERSONAL):
        values = {key: row[i] for key, row in before.items() if row[i] is not None}
        kept = sum(after[key][i] == value for key, value in values.items())
        yield f"  {column:<10}{_short(before[shown][i]):<34} {_short(after[shown][i]):<34} {kept:>4} of {len(values):,}"


def _count(conn: psycopg.Connection, table: str) -> int:
    row = conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


def _customers(conn: psycopg.Connection, columns: list[str]) -> dict[int, tuple[Any, ...]]:
    """Read the personal columns of all customers as text, by id."""
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns)
    rows = conn.execute(sql.SQL("SELECT id, {} FROM customers ORDER BY id").format(texts)).fetchall()
    return {row[0]: row[1:] for row in rows}


def _short(value: str | None) -> str:
    """Show a value in one line of a table."""
    if value is None:
        return "NULL"
    return value if len(value) <= 33 else value[:30] + "..."
