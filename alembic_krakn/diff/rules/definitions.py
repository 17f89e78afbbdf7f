"""Compose columns: a fact in; its definition, and what no definition can say, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from psycopg import sql

from ...catalog import Column, Default
from ...names import Name, verbatim
from .base import options
from .foreign import foreign_options
from .identities import identity_clause
from .nulls import add_not_null, null_clause

STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}


def column_definition(column: Column, default: Default | None) -> sql.Composed:
    """Compose a column as CREATE TABLE and ADD COLUMN have it."""
    parts: list[sql.Composable] = [Name(column.name), verbatim(f" {column.type}")]
    if column.compression:
        parts.append(verbatim(f" COMPRESSION {column.compression}"))
    parts.append(foreign_options(column))
    if column.collation:
        parts.append(verbatim(f" COLLATE {column.collation}"))
    parts.append(generation(column))
    if column.identity:
        parts.append(sql.SQL(" ") + identity_clause(column, column.identity))
    if default:
        parts.append(verbatim(f" DEFAULT {default.expression}"))
    parts.append(null_clause(column))
    return sql.Composed(parts)


def generation(column: Column) -> sql.Composable:
    """Compose how a column's values are computed, if they are."""
    manner = "VIRTUAL" if column.virtual else "STORED"
    return verbatim(f" GENERATED ALWAYS AS ({column.generated}) {manner}" if column.generated else "")


def column_settings(column: Column) -> Iterator[sql.Composable]:
    """Compose what no definition of a column can say."""
    lead = sql.SQL("ALTER TABLE {} ALTER COLUMN {}").format(Name(column.schema, column.table), Name(column.name))
    if not column.not_null_validated:
        yield add_not_null(column)
    if column.storage:
        yield lead + verbatim(f" SET STORAGE {STORAGE[column.storage]}")
    if column.statistics is not None:
        yield lead + verbatim(f" SET STATISTICS {column.statistics}")
    if column.options:
        yield sql.SQL("{} SET ({})").format(lead, options(column.options))


def storage_of(column: Column) -> Iterator[sql.Composable]:
    """Compose the storage and compression that a column of a new type does not have any longer."""
    lead = sql.SQL("ALTER TABLE {} ALTER COLUMN {}").format(Name(column.schema, column.table), Name(column.name))
    if column.storage:
        yield lead + verbatim(f" SET STORAGE {STORAGE[column.storage]}")
    if column.compression:
        yield lead + verbatim(f" SET COMPRESSION {column.compression}")


def inherited_settings(column: Column, parents: Sequence[Column]) -> Iterator[sql.Composable]:
    """Compose what a column of a new partition or heir has otherwise than its parents gave it."""
    lead = sql.SQL("ALTER TABLE {} ALTER COLUMN {}").format(Name(column.schema, column.table), Name(column.name))
    if column.not_null and not any(parent.not_null and parent.not_null_heritable for parent in parents):
        yield add_not_null(column)
    if not any(parent.storage == column.storage for parent in parents):
        yield lead + verbatim(f" SET STORAGE {STORAGE[column.storage or column.own_storage]}")
    if not any(parent.compression == column.compression for parent in parents):
        yield lead + verbatim(f" SET COMPRESSION {column.compression or 'default'}")
    yield from column_settings(replace(column, storage=None, not_null_validated=True))
