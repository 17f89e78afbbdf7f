"""Turn statements whose form is known into Alembic's operations: a step and one of its statements in, or none out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from alembic.operations import ops
from sqlalchemy import DefaultClause
from sqlalchemy.sql.elements import conv

from ..catalog import Catalog, Column, Comment, Constraint, Index
from ..diff import Step
from ..names import unquoted
from .render import AlterType, RenameTable
from .text import Escaped, plain
from .types import schema_argument, sqlalchemy_type

_ID = r'(?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")'
_TABLE = rf"(?P<schema>{_ID})\.(?P<table>{_ID})"
_COLUMN = rf"ALTER TABLE {_TABLE} ALTER COLUMN (?P<column>{_ID})"
_NAMES = ("schema", "table", "column", "name")
_CONSTRAINTS = {"p": "primary", "u": "unique", "f": "foreignkey", "c": "check"}


@dataclass(frozen=True)
class _Said:
    """A statement taken apart, with its names as Alembic's operations take them."""

    step: Step
    want: Catalog
    schema: str | None
    table: str
    column: str  # empty where the form has none, as the others below
    name: str
    rest: str


def altered(step: Step, statement: str, want: Catalog) -> ops.MigrateOperation | None:
    """Give the operation for a statement whose form is known, with plain names in it."""
    for pattern, make in _FORMS.items():
        if found := pattern.fullmatch(statement):
            parts = found.groupdict(default="")
            schema, table, column, name = (unquoted(parts.get(each, "")) for each in _NAMES)
            if not plain(*filter(None, (schema, table, column, name))):
                return None
            return make(_Said(step, want, schema_argument(schema), table, column, name, parts.get("rest", "")))
    return None


def _rename_table(said: _Said) -> ops.MigrateOperation:
    return RenameTable(said.table, said.name, schema=said.schema)


def _rename_column(said: _Said) -> ops.MigrateOperation:
    return ops.AlterColumnOp(said.table, said.column, schema=said.schema, modify_name=said.name)


def _drop_table(said: _Said) -> ops.MigrateOperation:
    return ops.DropTableOp(said.table, schema=said.schema)


def _drop_column(said: _Said) -> ops.MigrateOperation:
    return ops.DropColumnOp(said.table, said.column, schema=said.schema)


def _drop_constraint(said: _Said) -> ops.MigrateOperation:
    have = said.step.have
    kind = _CONSTRAINTS.get(have.type) if isinstance(have, Constraint) else None
    return ops.DropConstraintOp(conv(said.name), said.table, type_=kind, schema=said.schema)


def _drop_index(said: _Said) -> ops.MigrateOperation | None:
    have = said.step.have
    if not isinstance(have, Index) or not plain(have.table):
        return None
    options: dict[str, Any] = {"postgresql_concurrently": True, "if_exists": True} if said.step.concurrently else {}
    return ops.DropIndexOp(conv(said.name), have.table, schema=said.schema, **options)


def _nullable(said: _Said) -> ops.MigrateOperation:
    return ops.AlterColumnOp(said.table, said.column, schema=said.schema, modify_nullable=said.rest == "DROP")


def _default(said: _Said) -> ops.MigrateOperation:
    default = DefaultClause(Escaped(said.rest)) if said.rest else None
    return ops.AlterColumnOp(said.table, said.column, schema=said.schema, modify_server_default=default)


def _type(said: _Said) -> ops.MigrateOperation | None:
    have, fact = said.step.have, said.step.want
    if not isinstance(have, Column) or not isinstance(fact, Column) or fact.name != said.column:
        return None
    type_ = sqlalchemy_type(fact.type, fact.collation, said.want)
    written = fact.type + (f" COLLATE {fact.collation}" if fact.collation else "")
    behind = said.rest.removeprefix(written)
    using = behind.removeprefix(" USING ")
    # Alembic hands USING to the driver as it is, and psycopg takes a percent sign for a parameter.
    if type_ is None or written + behind != said.rest or (behind and using == behind) or "%" in using:
        return None
    options: dict[str, Any] = {"postgresql_using": using} if using else {}
    return AlterType(
        said.table,
        said.column,
        schema=said.schema,
        existing_type=sqlalchemy_type(have.type, have.collation, said.want),
        modify_type=type_,
        **options,
    )


def _comment(said: _Said) -> ops.MigrateOperation | None:
    text, before = (each.text if isinstance(each, Comment) else None for each in (said.step.want, said.step.have))
    if said.step.ident.kind != "comment" or (said.rest == "NULL") != (text is None):
        return None
    if said.column:
        return ops.AlterColumnOp(
            said.table, said.column, schema=said.schema, modify_comment=text, existing_comment=before
        )
    if text is None:
        return ops.DropTableCommentOp(said.table, schema=said.schema, existing_comment=before)
    return ops.CreateTableCommentOp(said.table, text, schema=said.schema, existing_comment=before)


_FORMS: dict[re.Pattern[str], Callable[[_Said], ops.MigrateOperation | None]] = {
    re.compile(form, re.DOTALL): make
    for form, make in {
        rf"ALTER TABLE {_TABLE} RENAME TO (?P<name>{_ID})": _rename_table,
        rf"ALTER TABLE {_TABLE} RENAME COLUMN (?P<column>{_ID}) TO (?P<name>{_ID})": _rename_column,
        rf"DROP TABLE {_TABLE}": _drop_table,
        rf"DROP INDEX (?:CONCURRENTLY IF EXISTS )?(?P<schema>{_ID})\.(?P<name>{_ID})": _drop_index,
        rf"ALTER TABLE {_TABLE} DROP COLUMN (?P<column>{_ID})": _drop_column,
        rf"ALTER TABLE {_TABLE} DROP CONSTRAINT (?P<name>{_ID})": _drop_constraint,
        rf"{_COLUMN} (?P<rest>SET|DROP) NOT NULL": _nullable,
        rf"{_COLUMN} (?:SET DEFAULT (?P<rest>.+)|DROP DEFAULT)": _default,
        rf"{_COLUMN} TYPE (?P<rest>.+)": _type,
        rf"COMMENT ON TABLE {_TABLE} IS (?P<rest>.+)": _comment,
        rf"COMMENT ON COLUMN {_TABLE}\.(?P<column>{_ID}) IS (?P<rest>.+)": _comment,
    }.items()
}
