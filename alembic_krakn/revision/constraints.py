"""Build Alembic's operations for constraints from facts, or nothing where an operation cannot say all of a fact."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from psycopg import sql
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.elements import conv

from ..catalog import Constraint
from ..names import Name, names, text_of, verbatim
from .render import AddPrimaryKey
from .text import Escaped, plain
from .types import schema_argument

_ACTIONS = {"a": None, "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def added(fact: Constraint) -> str:
    """Compose the statement that adds a constraint, where no operation can say it."""
    return text_of(
        sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
            Name(fact.schema, fact.table), Name(fact.name), verbatim(fact.definition)
        )
    )


def add_constraint(fact: Constraint) -> ops.MigrateOperation | None:
    """Give the operation that adds a constraint to a table that is there."""
    schema = schema_argument(fact.schema)
    name, columns = conv(fact.name), list(fact.columns)
    if not sayable(fact):
        return None
    if fact.type == "p":
        return AddPrimaryKey(name, fact.table, columns, schema=schema)
    if fact.type == "u":
        return ops.CreateUniqueConstraintOp(name, fact.table, columns, schema=schema, **_unique_options(fact))
    if fact.type == "c" and fact.expression is not None:
        check = Escaped(fact.expression)
        return ops.CreateCheckConstraintOp(name, fact.table, check, schema=schema, **_validity(fact))
    if fact.type == "f" and fact.references:
        other_schema, other = fact.references
        return ops.CreateForeignKeyOp(
            name,
            fact.table,
            other,
            columns,
            list(fact.referenced_columns),
            **_without_none(source_schema=schema, referent_schema=schema_argument(other_schema)),
            **_reference_options(fact),
            **_validity(fact),
        )
    return None


def table_constraint(fact: Constraint) -> SchemaItem | None:
    """Give the constraint as create_table() takes it."""
    if not (sayable(fact) and fact.validated):
        return None
    name = conv(fact.name)
    if fact.type == "p":
        return sa.PrimaryKeyConstraint(*fact.columns, name=name)
    if fact.type == "u":
        return sa.UniqueConstraint(*fact.columns, name=name, **_unique_options(fact))
    if fact.type == "c" and fact.expression is not None:
        return sa.CheckConstraint(Escaped(fact.expression), name=name)
    if fact.type == "f":
        return sa.ForeignKeyConstraint(list(fact.columns), targets(fact), name=name, **_reference_options(fact))
    return None


def targets(fact: Constraint) -> list[str]:
    """Name the columns that a foreign key refers to, as SQLAlchemy does."""
    schema, table = fact.references or ("", "")
    return [".".join(filter(None, (schema_argument(schema), table, column))) for column in fact.referenced_columns]


def sayable(fact: Constraint) -> bool:
    """Say whether an operation can say all of the constraint: whether its parts make up its definition again."""
    said = [fact.schema, fact.table, fact.name, *fact.columns, *(fact.references or ()), *fact.referenced_columns]
    return (
        fact.whole
        and len({*fact.columns}) == len(fact.columns)  # SQLAlchemy 2.0 takes no column twice
        and not (fact.options or fact.tablespace or fact.parent_index or fact.inherited)
        and (plain(*said) and fact.definition == _definition(fact))
    )


def _definition(fact: Constraint) -> str | None:
    """Write what pg_get_constraintdef() gives for a constraint of which an operation can say everything."""
    columns = text_of(names(fact.columns))
    timing = " DEFERRABLE" * fact.deferrable + " INITIALLY DEFERRED" * fact.deferred
    validity = " NOT VALID" * (not fact.validated)
    if fact.type == "p":
        return f"PRIMARY KEY ({columns})"
    if fact.type == "u":
        return f"UNIQUE{' NULLS NOT DISTINCT' * fact.nulls_not_distinct} ({columns}){timing}"
    if fact.type == "c":
        return f"CHECK ({fact.expression}){validity}"
    if fact.type == "f" and fact.references:
        actions = [
            f" ON {event} {action}"
            for event, code in (("UPDATE", fact.on_update), ("DELETE", fact.on_delete))
            if (action := _ACTIONS[code])
        ]
        target = f"{text_of(Name(*fact.references))}({text_of(names(fact.referenced_columns))})"
        match = " MATCH FULL" * (fact.match == "f")
        return f"FOREIGN KEY ({columns}) REFERENCES {target}{match}{''.join(actions)}{timing}{validity}"
    return None


def _timing(fact: Constraint) -> dict[str, Any]:
    return {"deferrable": True} | ({"initially": "DEFERRED"} if fact.deferred else {}) if fact.deferrable else {}


def _validity(fact: Constraint) -> dict[str, Any]:
    return {} if fact.validated else {"postgresql_not_valid": True}


def _unique_options(fact: Constraint) -> dict[str, Any]:
    return _timing(fact) | ({"postgresql_nulls_not_distinct": True} if fact.nulls_not_distinct else {})


def _reference_options(fact: Constraint) -> dict[str, Any]:
    match = "FULL" if fact.match == "f" else None
    said = _without_none(onupdate=_ACTIONS[fact.on_update], ondelete=_ACTIONS[fact.on_delete], match=match)
    return said | _timing(fact)


def _without_none(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
