"""Operations that Alembic does not have, or does not write in full, each with the Python that it becomes in a file."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op
from alembic.operations import ops
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from .environment import RenderItem
from .text import source

WIDTH = 100


class Remark(ops.MigrateOperation):
    """What a reviewer must know about the operation below, as a comment."""

    def __init__(self, message: str) -> None:
        self.message = message

    def reverse(self) -> Remark:
        """Give the same remark: what it says of one way it does not unsay of the other."""
        return self

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Say what it is, for hooks that ask for `as_diffs()`."""
        return ("remark", self.message)


class Statement(ops.ExecuteSQLOp):
    """One SQL statement that no operation of Alembic says."""

    def __init__(self, sql: str) -> None:
        super().__init__(sql)
        self.sql = sql


class Alone(ops.OpContainer):
    """Operations that are committed one by one, and with them all that was done before."""


class AlterType(ops.AlterColumnOp):
    """An ALTER COLUMN ... TYPE with the USING that Alembic's renderer leaves out."""


class AddPrimaryKey(ops.CreatePrimaryKeyOp):
    """A CREATE PRIMARY KEY, which Alembic's renderer does not know."""


class RenameTable(ops.RenameTableOp):
    """A RENAME of a table, which Alembic's renderer does not know."""


@renderers.dispatch_for(Remark)
def _remark(_context: AutogenContext, op: Remark) -> list[str]:
    return textwrap.wrap(
        op.message, WIDTH, initial_indent="# ", subsequent_indent="#   ", break_long_words=False, break_on_hyphens=False
    )


@renderers.dispatch_for(Statement)
def _statement(context: AutogenContext, op: Statement) -> list[str]:
    return [f"{_op(context)}execute({source(op.sql)})"]


@renderers.dispatch_for(Alone)
def _alone(context: AutogenContext, op: Alone) -> list[str]:
    prefix = _op(context)
    calls = [line for each in op.ops for line in render_op(context, each)] or ["pass"]
    # An empty line ends the block for the printer.
    return [f"with {prefix}get_context().autocommit_block():", *calls, ""]


@renderers.dispatch_for(AlterType)
def _alter_type(context: AutogenContext, op: AlterType) -> str:
    said = renderers.dispatch(ops.AlterColumnOp)(context, op)
    if using := op.kw.get("postgresql_using"):
        said = f"{said.removesuffix(')')},\n{' ' * 11}postgresql_using={using!r})"
    return str(said)


@renderers.dispatch_for(AddPrimaryKey)
def _primary_key(context: AutogenContext, op: AddPrimaryKey) -> str:
    prefix = _op(context)
    schema = f", schema={op.schema!r}" if op.schema else ""
    arguments = f"{prefix}f({str(op.constraint_name)!r}), {op.table_name!r}, {list(op.columns)!r}{schema}"
    return f"{prefix}create_primary_key({arguments})"


@renderers.dispatch_for(RenameTable)
def _rename_table(context: AutogenContext, op: RenameTable) -> str:
    schema = f", schema={op.schema!r}" if op.schema else ""
    return f"{_op(context)}rename_table({op.table_name!r}, {op.new_table_name!r}{schema})"


def _op(context: AutogenContext) -> str:
    return context.opts["alembic_module_prefix"] or ""


def render_item(team: RenderItem | None) -> RenderItem:
    """Write the types that Alembic's renderer gets wrong, after the team's own hook was asked."""

    def render(kind: str, item: Any, context: AutogenContext) -> Any:
        said = team(kind, item, context) if team else False
        if said is not False or kind != "type":
            return said
        return _type(item, context, render)

    return render


def _type(item: TypeEngine[Any], context: AutogenContext, render: RenderItem) -> Any:
    """Write an ENUM, whose create_type=False older SQLAlchemy forgets, and an ARRAY, whose item can be one."""
    if isinstance(item, postgresql.ENUM):
        arguments: Sequence[str] = [*map(repr, item.enums), f"name={str(item.name)!r}"]
        schema = [f"schema={str(item.schema)!r}"] if item.schema else []
        text = f"postgresql.ENUM({', '.join([*arguments, *schema, 'create_type=False'])})"
    elif isinstance(item, postgresql.ARRAY) and (inner := render("type", item.item_type, context)) is not False:
        text = f"postgresql.ARRAY({inner})"
    else:
        return False
    context.imports.add("from sqlalchemy.dialects import postgresql")
    return text
