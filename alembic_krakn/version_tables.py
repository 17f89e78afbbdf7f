"""Tables that no schema is about: a catalog and what Alembic calls its own in; which they are, or all the rest, out."""

from __future__ import annotations

from collections.abc import Collection

from .catalog import Catalog, Table
from .renames import Relation


def schema_and_name(said: str) -> tuple[str | None, str]:
    """Take 'ops.versions' apart; without a schema it may be in any."""
    schema, _, name = said.rpartition(".")
    return schema or None, name


def version_tables(catalog: Catalog, schema: str | None, name: str) -> frozenset[Relation]:
    """Find the tables in which Alembic keeps the revision: of that name, with its one column."""
    return frozenset(
        (table.schema, table.name)
        for table in catalog.of(Table)
        if table.name == name
        and table.schema == (schema or table.schema)
        and [column.name for column in catalog.columns(table.schema, table.name)] == ["version_num"]
    )


def without_tables(catalog: Catalog, tables: Collection[Relation]) -> Catalog:
    """Leave tables out, with all that is part of them."""
    return catalog.keep(lambda fact: not isinstance(fact, Table) or fact.ident.path not in tables)
