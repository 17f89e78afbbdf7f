"""A key that rows break in; the query that counts how many do, and how many keys they share, without a value, out."""

from __future__ import annotations

from psycopg import sql

from ..catalog import Catalog, Constraint, Fact, Index, Table
from ..names import Name, verbatim
from ..names import text_of as text


def duplicates(fact: Fact | None) -> str | None:
    """Compose the count of rows whose unique key others have as well, and of such keys."""
    keys: list[sql.Composable]
    if isinstance(fact, Index) and fact.unique:
        keys = [verbatim(f"({key.expression})") for key in fact.keys]
        predicate = fact.predicate
    elif isinstance(fact, Constraint) and fact.type in ("p", "u") and not fact.period:
        keys = [Name(column) for column in fact.columns]
        predicate = None
    else:
        return None
    conditions: list[sql.Composable] = [
        sql.SQL("{} IS NOT NULL").format(key) for key in keys if not fact.nulls_not_distinct
    ]
    if predicate:
        conditions.append(verbatim(f"({predicate})"))
    return text(
        sql.SQL(
            "SELECT pg_catalog.sum(rows)::pg_catalog.int8 AS rows, pg_catalog.count(*) AS keys FROM"
            " (SELECT pg_catalog.count(*) AS rows FROM {} WHERE {} GROUP BY {} HAVING pg_catalog.count(*) > 1) AS twice"
        ).format(
            Name(fact.schema, fact.table),
            sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("true"),
            sql.SQL(", ").join(keys),
        )
    )


def orphans(test: Catalog, key: Constraint) -> str:
    """Compose the count of rows whose foreign key leads nowhere."""
    assert key.references is not None
    pairs = list(zip(key.columns, key.referenced_columns, strict=True))
    only = [sql.SQL("" if _partitioned(test, end) else "ONLY ") for end in ((key.schema, key.table), key.references)]
    return text(
        sql.SQL(
            "SELECT pg_catalog.count(*) AS rows FROM {}{} AS child"
            " WHERE {} AND NOT EXISTS (SELECT FROM {}{} AS parent WHERE {})"
        ).format(
            only[0],
            Name(key.schema, key.table),
            _is_set(key),
            only[1],
            Name(*key.references),
            sql.SQL(" AND ").join(
                sql.SQL("parent.{} = child.{}").format(Name(parent), Name(child)) for child, parent in pairs
            ),
        )
    )


def _is_set(key: Constraint) -> sql.Composable:
    """Compose when a key refers to something; with MATCH FULL, a key that is NULL in part does, and in vain."""
    word = " OR " if key.match == "f" else " AND "
    parts = (sql.SQL("child.{} IS NOT NULL").format(Name(column)) for column in key.columns)
    return sql.SQL("({})").format(sql.SQL(word).join(parts))


def _partitioned(test: Catalog, relation: tuple[str, str]) -> bool:
    table = test.get(Table, *relation)
    return table is not None and table.partition_key is not None
