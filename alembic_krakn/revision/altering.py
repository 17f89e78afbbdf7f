"""Turn statements whose form is known into Alembic's operations: a step and one of its statements in, or none out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from alembic.operations import ops
from sqlalchemy import DefaultClause
from sqlalchemy.sql.elements import conv

from ..catalog import Catalog, Column, Comment, Constraint, Index
from ..diff import Step
from .render import AlterType, RenameTable
from .text import Escaped, plain
from .types import schema_argument, sqlalchemy_type

Found = re.Match[str]


_ID = r'(?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")'


_TABLE = rf"(?P<schema>{_ID})\.(?P<table>{_ID})"


_COLUMN = rf"ALTER TABLE {_TABLE} ALTER COLUMN (?P<column>{_ID})"


_CONSTRAINTS = {"p": "primary", "u": "unique", "f": "foreignkey", "c": "check"}


def altered(step: Step, statement: str, want: Catalog) -> ops.MigrateOperation | None:
    """Give the operation for a statement whose form is known, with plain names in it."""
    for pattern, make in _FORMS.items():
        if found := pattern.fullmatch(statement):
            parts = {key: _unquoted(value) for key, value in found.groupdict().items() if key in _NAMES}
            return make(step, found, parts, want) if plain(*parts.values()) else None
    return None


_NAMES = {"schema", "table", "column", "name"}


Parts = dict[str, str]


def _rename_table(_step: Step, _found: Found, parts: Parts, _want: Catalog) -> ops.MigrateOperation:
    return RenameTable(parts["table"], parts["name"], schema=schema_argument(parts["schema"]))


def _rename_column(_step: Step, _found: Found, parts: Parts, _want: Catalog) -> ops.MigrateOperation:
    return ops.AlterColumnOp(
        parts["table"], parts["column"], modify_name=parts["name"], schema=schema_argument(parts["schema"])
    )


def _drop_table(_step: Step, _found: Found, parts: Parts, _want: Catalog) -> ops.MigrateOperation:
    return ops.DropTableOp(parts["table"], schema=schema_argument(parts["schema"]))


def _drop_column(_step: Step, _found: Found, parts: Parts, _want: Catalog) -> ops.MigrateOperation:
    return ops.DropColumnOp(parts["table"], parts["name"], schema=schema_argument(parts["schema"]))


def _drop_constraint(step: Step, _found: Found, parts: Parts, _want: Catalog) -> ops.MigrateOperation:
    kind = _CONSTRAINTS.get(step.have.type) if isinstance(step.have, Constraint) else None
    return ops.DropConstraintOp(
        conv(parts["name"]), parts["table"], type_=kind, schema=schema_argument(parts["schema"])
    )


def _drop_index(step: Step, _found: Found, parts: Parts, _want: Catalog) -> ops.MigrateOperation | None:
    if not isinstance(step.have, Index) or not plain(step.have.table):
        return None
    options: dict[str, Any] = {"postgresql_concurrently": True, "if_exists": True} if step.concurrently else {}
    return ops.DropIndexOp(conv(parts["table"]), step.have.table, schema=schema_argument(parts["schema"]), **options)


def _nullable(_step: Step, found: Found, parts: Parts, _want: Catalog) -> ops.MigrateOperation:
    return ops.AlterColumnOp(
        parts["table"],
        parts["column"],
        schema=schema_argument(parts["schema"]),
        modify_nullable=found["verb"] == "DROP",
    )


def _default(_step: Step, found: Found, parts: Parts, _want: Catalog) -> ops.MigrateOperation:
    expression = found["expression"]
    return ops.AlterColumnOp(
        parts["table"],
        parts["column"],
        schema=schema_argument(parts["schema"]),
        modify_server_default=DefaultClause(Escaped(expression)) if expression else None,
    )


def _type(step: Step, found: Found, parts: Parts, want: Catalog) -> ops.MigrateOperation | None:
    have, fact = step.have, step.want
    if not isinstance(have, Column) or not isinstance(fact, Column) or fact.name != parts["column"]:
        return None
    said = fact.type + (f" COLLATE {fact.collation}" if fact.collation else "")
    type_ = sqlalchemy_type(fact.type, fact.collation, want)
    rest = found["type"].removeprefix(said)
    using = rest.removeprefix(" USING ")
    # Alembic hands USING to the driver as it is, and psycopg takes a percent sign for a parameter.
    if type_ is None or said + rest != found["type"] or (rest and using == rest) or "%" in using:
        return None
    options: dict[str, Any] = {"postgresql_using": using} if using else {}
    return AlterType(
        parts["table"],
        parts["column"],
        schema=schema_argument(parts["schema"]),
        existing_type=sqlalchemy_type(have.type, have.collation, want),
        modify_type=type_,
        **options,
    )


def _comment(step: Step, found: Found, parts: Parts, _want: Catalog) -> ops.MigrateOperation | None:
    text, before = (each.text if isinstance(each, Comment) else None for each in (step.want, step.have))
    schema = schema_argument(parts["schema"])
    if step.ident.kind != "comment" or (found["text"] == "NULL") != (text is None):
        return None
    if "column" in parts:
        return ops.AlterColumnOp(
            parts["table"], parts["column"], schema=schema, modify_comment=text, existing_comment=before
        )
    if text is None:
        return ops.DropTableCommentOp(parts["table"], schema=schema, existing_comment=before)
    return ops.CreateTableCommentOp(parts["table"], text, schema=schema, existing_comment=before)


_FORMS: dict[re.Pattern[str], Callable[[Step, Found, Parts, Catalog], ops.MigrateOperation | None]] = {
    re.compile(form, re.DOTALL): make
    for form, make in {
        rf"ALTER TABLE {_TABLE} RENAME TO (?P<name>{_ID})": _rename_table,
        rf"ALTER TABLE {_TABLE} RENAME COLUMN (?P<column>{_ID}) TO (?P<name>{_ID})": _rename_column,
        rf"DROP TABLE {_TABLE}": _drop_table,
        rf"DROP INDEX (?:CONCURRENTLY IF EXISTS )?{_TABLE}": _drop_index,
        rf"ALTER TABLE {_TABLE} DROP COLUMN (?P<name>{_ID})": _drop_column,
        rf"ALTER TABLE {_TABLE} DROP CONSTRAINT (?P<name>{_ID})": _drop_constraint,
        rf"{_COLUMN} (?P<verb>SET|DROP) NOT NULL": _nullable,
        rf"{_COLUMN} (?:SET DEFAULT (?P<expression>.+)|DROP DEFAULT)": _default,
        rf"{_COLUMN} TYPE (?P<type>.+)": _type,
        rf"COMMENT ON TABLE {_TABLE} IS (?P<text>.+)": _comment,
        rf"COMMENT ON COLUMN {_TABLE}\.(?P<column>{_ID}) IS (?P<text>.+)": _comment,
    }.items()
}


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
