"""Both databases after a sync in; what came, and what masked people look like, out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from .stage import Stage

# What the revisions between prod and test have renamed: test's name, and prod's.
TABLES = {"support_messages": "ticket_messages"}
PERSONAL = {
    "email": "email",
    "full_name": "name",
    "phone": "phone",
    "birthdate": "birthdate",
    "tax_id": "tax_id",
    "notes": "notes",
}


def lines(stage: Stage) -> Iterator[str]:
    """Sum up a sync."""
    with stage.connect(stage.prod) as prod, stage.connect(stage.test) as test:
        yield from _synced(prod, test)
        yield ""
        yield from _masked(prod, test)


def _synced(prod: psycopg.Connection, test: psycopg.Connection) -> Iterator[str]:
    names = test.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
    ).fetchall()
    counts = {name: (_count(prod, TABLES.get(name) or name), _count(test, name)) for (name,) in names}
    total = sum(arrived for _, arrived in counts.values())
    yield f"Synced: {total:,} rows in {len(counts)} tables"
    for name, (there, arrived) in counts.items():
        remarks = []
        if name in TABLES:
            remarks.append(f"{TABLES[name]} in prod")
        if arrived != there:
            remarks.append(f"of {there:,}, those that the profile's `where` asks for")
        yield f"  {name:<18}{arrived:>8,}  {'; '.join(remarks)}".rstrip()


def _masked(prod: psycopg.Connection, test: psycopg.Connection) -> Iterator[str]:
    before = _customers(prod, list(PERSONAL.values()))
    after = _customers(test, list(PERSONAL))
    shown = next(key for key, row in before.items() if key > 1000 and None not in row)  # an everyday one
    yield f"Masked: customer {shown} before and after, and how many of all customers kept the value that they had"
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
