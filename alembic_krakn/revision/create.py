"""Build Alembic's create and add operations for tables, columns and indexes, or nothing where one cannot say all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.elements import conv

from ..catalog import Catalog, Column, Constraint, Default, Fact, Identity, Index, IndexKey, Table
from ..diff.rules.identities import BOUNDS
from .constraints import added, sayable, table_constraint
from .render import Statement
from .text import Escaped, Raw, plain
from .types import schema_argument, sqlalchemy_type

# The fields that an operation says, or a statement of its own behind it.
_SAID_OF_TABLES = {"schema", "name", "persistence", "row_security", "force_row_security"}
_SAID_OF_COLUMNS = {
    *("schema", "table", "name", "type", "collation", "not_null", "identity", "generated"),
    *("storage", "statistics", "options"),
}
_SAID_OF_INDEXES = {
    *("schema", "name", "table", "method", "unique", "nulls_not_distinct", "keys", "include", "predicate"),
    *("options", "said_options", "on_view"),
}


def create_table(
    table: Table, members: Sequence[Fact], want: Catalog, *, serial: str | None = None
) -> list[ops.MigrateOperation]:
    """Give create_table() with its columns and constraints, and what adds the constraints that it cannot say.

    `serial` is a column of its primary key that SQLAlchemy shall make a SERIAL.
    """
    columns = sorted((each for each in members if isinstance(each, Column)), key=lambda each: each.position)
    constraints = [each for each in members if isinstance(each, Constraint)]
    defaults = {each.column: each for each in members if isinstance(each, Default)}
    keys = {name for each in constraints if each.type == "p" for name in each.columns}
    # SQLAlchemy makes the integer that is the whole key a SERIAL, unless it refers to another table.
    alone = len(keys) == 1 and not any(serial in each.columns for each in constraints if each.type == "f")
    said = [
        sa_column(each, None, want, counts=None if alone else True)
        if each.name == serial
        else sa_column(each, defaults.get(each.name), want, counts=False if each.name in keys else None)
        for each in columns
    ]
    items: list[SchemaItem] = [column for column in said if column is not None]
    if not (
        _only(table, _SAID_OF_TABLES)
        and plain(table.schema, table.name)
        and len(items) == len(columns) > 0
        and len(columns) + len(constraints) + len(defaults) == len(members)
    ):
        return []
    items.extend(item for item in map(table_constraint, constraints) if item is not None)
    options: dict[str, Any] = {"prefixes": ["UNLOGGED"]} if table.persistence == "u" else {}
    return [
        ops.CreateTableOp(table.name, items, schema=schema_argument(table.schema), **options),
        *(Statement(added(each)) for each in constraints if not sayable(each)),
    ]


def add_column(column: Column, members: Sequence[Fact], want: Catalog) -> ops.AddColumnOp | None:
    """Give add_column() with its default."""
    default = next((each for each in members if isinstance(each, Default)), None)
    found = sa_column(column, default, want) if len(members) == (default is not None) else None
    if found is None or not plain(column.schema, column.table):
        return None
    return ops.AddColumnOp(column.table, found, schema=schema_argument(column.schema))


def sa_column(
    column: Column, default: Default | None, want: Catalog, *, counts: bool | None = None
) -> sa.Column[Any] | None:
    """Give SQLAlchemy's column; `counts` says whether an integer in a new primary key is a SERIAL."""
    type_ = sqlalchemy_type(column.type, column.collation, want)
    if type_ is None or not plain(column.name) or not _only(column, _SAID_OF_COLUMNS) or column.sequence_is_named:
        return None
    arguments: list[SchemaItem] = []
    options: dict[str, Any] = {}
    if column.identity:
        arguments.append(_identity(column.identity, column.type))
    elif column.generated:
        arguments.append(sa.Computed(Escaped(column.generated), persisted=True))
    elif default:
        options["server_default"] = sa.DefaultClause(Escaped(default.expression))
    elif counts is not None and isinstance(type_, sa.Integer):
        options["autoincrement"] = counts
    return sa.Column(column.name, type_, *arguments, nullable=not column.not_null, **options)


def _identity(identity: Identity, type_: str) -> sa.Identity:
    """Give the identity with the options that are not PostgreSQL's own for that type."""
    up, (low, high) = identity.increment > 0, BOUNDS[type_]
    minimum, maximum = (1, high) if up else (low, -1)
    said = {
        "increment": (identity.increment, 1),
        "minvalue": (identity.minimum, minimum),
        "maxvalue": (identity.maximum, maximum),
        "start": (identity.start, identity.minimum if up else identity.maximum),
        "cache": (identity.cache, 1),
        "cycle": (identity.cycle, False),
    }
    options: dict[str, Any] = {name: value for name, (value, usual) in said.items() if value != usual}
    return sa.Identity(always=identity.always, **options)


def create_index(index: Index, *, concurrently: bool = False) -> ops.CreateIndexOp | None:
    """Give create_index(); a key that is more than a column goes in as SQL."""
    said = [index.schema, index.table, index.name, *index.include, index.method]
    options = dict(setting.split("=", 1) for setting in index.ordered_options)
    if not (
        _only(index, _SAID_OF_INDEXES)
        and plain(*said, *options, *options.values(), *(key.column for key in index.keys if key.column))
        and all(key.statistics is None for key in index.keys)
        and not index.partitioned
    ):
        return None
    arguments: dict[str, Any] = {
        "postgresql_using": index.method if index.method != "btree" else None,
        "postgresql_include": list(index.include),
        "postgresql_where": Escaped(index.predicate) if index.predicate else None,
        "postgresql_with": options,
        "postgresql_nulls_not_distinct": index.nulls_not_distinct or None,
        "postgresql_concurrently": concurrently or None,
    }
    return ops.CreateIndexOp(
        conv(index.name),
        index.table,
        [_key(key, repeated=key.column in _columns(index.keys[:place])) for place, key in enumerate(index.keys)],
        schema=schema_argument(index.schema),
        unique=index.unique,
        **{name: value for name, value in arguments.items() if value is not None and value not in ([], {})},
    )


def _columns(keys: Iterable[IndexKey]) -> set[str]:
    return {key.column for key in keys if key.column}


def _key(key: IndexKey, *, repeated: bool) -> Any:
    # Alembic makes a table of the bare names, and a table has no column twice, as an index may.
    if key.column and not repeated and replace(key, expression="", column=None) == IndexKey(expression=""):
        return key.column
    parts = [key.expression]
    if key.collation:
        parts.append(f"COLLATE {key.collation}")
    if key.opclass:
        parts.append(key.opclass)
    if key.descending:
        parts.append("DESC" if key.nulls_first else "DESC NULLS LAST")
    elif key.nulls_first:
        parts.append("NULLS FIRST")
    return Raw(" ".join(parts))


def _only(fact: Fact, said: Iterable[str]) -> bool:
    """Say whether every field that makes a difference, other than those, has its usual value."""
    return all(
        getattr(fact, each.name) == each.default for each in fields(fact) if each.compare and each.name not in said
    )
