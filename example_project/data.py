"""A seed in, the rows of prod out: some 50,000 of them, the same ones each time, loaded with COPY."""

from __future__ import annotations

import psycopg
from psycopg import sql

from .shop import Batch, Shop

SEED = 20240115


def generate(seed: int = SEED) -> list[Batch]:
    """Make the rows of all tables, parents first."""
    shop = Shop(seed)
    return [
        Batch("categories", ("id", "parent_id", "slug", "name"), list(shop.categories())),
        Batch(
            "products",
            ("id", "sku", "category_id", "title", "description", "Größe", "price", "weight", "rating", "tags",
             "attributes", "thumbnail"),
            list(shop.products()),
        ),
        Batch("teams", ("id", "name", "lead_id"), list(shop.teams())),
        Batch("employees", ("id", "team_id", "name", "email", "hired_on"), list(shop.employees())),
        Batch(
            "customers",
            ("id", "email", "name", "phone", "fax", "birthdate", "tax_id", "notes", "newsletter", "created_at"),
            list(shop.customers()),
        ),
        Batch(
            "addresses",
            ("id", "customer_id", "kind", "line1", "line2", "postal_code", "city", "country"),
            list(shop.addresses()),
        ),
        *shop.sales(),
        *shop.helpdesk(),
        Batch(
            "audit_log",
            ("id", "at", "actor", "client", "action", "row_key", "changed", "before", "after"),
            list(shop.audit_log()),
        ),
    ]  # fmt: skip


def load(conn: psycopg.Connection, seed: int = SEED) -> dict[str, int]:
    """Copy all rows into the tables of prod's revision, and tell how many each of them got."""
    counts = {}
    with conn.transaction(), conn.cursor() as cursor:
        for batch in generate(seed):
            table, columns = sql.Identifier(batch.table), sql.SQL(", ").join(map(sql.Identifier, batch.columns))
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)) as copy:
                for row in batch.rows:
                    copy.write_row(row)
            if batch.columns[0] == "id":
                cursor.execute(
                    sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {}").format(
                        sql.Literal(batch.table), table
                    )
                )
            cursor.execute(sql.SQL("ANALYZE {}").format(table))
            counts[batch.table] = len(batch.rows)
    return counts
