"""Facts about code: views, functions and triggers."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...names import Ident
from .base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewColumn:
    """A column of a view's result, which decides whether CREATE OR REPLACE will do."""

    name: str
    type: str
    collation: str | None = None
    default: str | None = None  # ALTER VIEW ... ALTER COLUMN ... SET DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Fact):
    """A view."""

    kind = "view"
    key = ("schema", "name")

    schema: str
    name: str
    definition: str  # pg_get_viewdef(), without the last semicolon
    options: tuple[str, ...] = ()  # 'security_invoker=true', 'check_option=local'
    columns: tuple[ViewColumn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSetting:
    """What ALTER MATERIALIZED VIEW ... ALTER COLUMN says of one column, where it is not the default."""

    name: str
    storage: str | None = None
    own_storage: str = field(default="x", compare=False)  # typstorage
    compression: str | None = None
    statistics: int | None = None
    options: tuple[str, ...] = ()  # 'n_distinct=5'


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterializedView(Fact):
    """A materialized view; whether it holds rows is no difference of schema."""

    kind = "materialized view"
    key = ("schema", "name")

    schema: str
    name: str
    definition: str
    options: tuple[str, ...] = ()
    method: str | None = None
    tablespace: str | None = None
    settings: tuple[ColumnSetting, ...] = ()  # by name
    populated: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Fact):
    """A function, a window function or a procedure."""

    kind = "function"
    key = ("schema", "name", "arguments")

    schema: str
    name: str
    arguments: str  # types of the input arguments, as in DROP FUNCTION: 'integer, text'
    procedure: bool = False
    definition: str  # pg_get_functiondef()
    window: bool = field(default=False, compare=False)
    signature: str = field(default="", compare=False)  # types of all arguments: 'integer, text'
    modes: str = field(default="", compare=False)  # proargmodes of all arguments: 'io' for one in, one out
    names: tuple[str, ...] = field(default=(), compare=False)  # of all arguments, '' for one that has none
    defaults: int = field(default=0, compare=False)  # how many arguments have one
    returns: str | None = field(default=None, compare=False)  # pg_get_function_result()
    language: str = field(default="", compare=False)
    parsed: bool = field(default=False, compare=False)  # BEGIN ATOMIC or RETURN: its dependencies are known


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger(Fact):
    """A trigger of a table or a view."""

    kind = "trigger"
    key = ("schema", "table", "name")

    schema: str
    table: str
    name: str
    definition: str  # pg_get_triggerdef()
    enabled: str = "O"  # tgenabled: O origin, D disabled, R replica, A always
    constraint: bool = field(default=False, compare=False)
    on_view: bool = field(default=False, compare=False)

    @property
    def parent(self) -> Ident:
        return Ident("view" if self.on_view else "table", (self.schema, self.table))


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerState(Fact):
    """ALTER TABLE ... DISABLE TRIGGER and the like, on a partition whose trigger is a copy of the one above."""

    kind = "trigger state"
    key = ("schema", "table", "name")

    schema: str
    table: str
    name: str
    enabled: str  # as the trigger's
    usual: str = field(default="O", compare=False)  # how the one fires that this is a copy of
    above: tuple[tuple[str, str], ...] = field(default=(), compare=False)  # the tables that it is a partition of

    @property
    def parent(self) -> Ident:
        return Ident("table", (self.schema, self.table))

    @property
    def needs(self) -> tuple[Ident, ...]:
        copied = (Ident(kind, (*table, self.name)) for table in self.above for kind in (Trigger.kind, self.kind))
        return Ident("inheritance", (self.schema, self.table)), *copied
