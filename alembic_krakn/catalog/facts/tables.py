"""Facts about tables: the table itself, its columns and their defaults, its keys and checks."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...names import Ident
from .base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Fact):
    """A table, partitioned or foreign too, without its columns and constraints, which are facts of their own."""

    kind = "table"
    key = ("schema", "name")

    schema: str
    name: str
    persistence: str = "p"  # relpersistence: 'p' permanent, 'u' unlogged
    partition_key: str | None = None  # pg_get_partkeydef(): 'RANGE (at)'; None for a table with rows of its own
    partition_columns: tuple[str, ...] = field(default=(), compare=False)  # what the key is made of, by name
    # Where the table stands among others is a fact of its own, below; these tell readers the same.
    partition_of: tuple[str, str] | None = field(
        default=None, compare=False
    )  # schema and name of the partitioned table
    bound: str | None = field(default=None, compare=False)  # 'FOR VALUES FROM (...) TO (...)' or 'DEFAULT'
    inherits: tuple[tuple[str, str], ...] = field(default=(), compare=False)  # parents, in order
    of_type: str | None = field(default=None, compare=False)  # CREATE TABLE ... OF type
    options: tuple[str, ...] = ()  # storage parameters, 'fillfactor=70'; those of the TOAST table as 'toast.x=y'
    method: str | None = None  # table access method, None for heap
    tablespace: str | None = None  # None for the database's default
    row_security: bool = False
    force_row_security: bool = False
    server: str | None = None  # of a foreign table, which has no rows of its own
    foreign_options: tuple[str, ...] = ()  # 'name=value', by name
    secrets: tuple[str, ...] = field(default=(), compare=False)  # options whose values never leave the server


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance(Fact):
    """What a table is a partition of, or inherits; apart from the table, as all must agree before it is attached."""

    kind = "inheritance"
    key = ("schema", "table")

    schema: str
    table: str
    partition_of: tuple[str, str] | None = None
    bound: str | None = None
    inherits: tuple[tuple[str, str], ...] = ()

    @property
    def parent(self) -> Ident:
        return Ident("table", (self.schema, self.table))

    @property
    def parents(self) -> tuple[tuple[str, str], ...]:
        """Give the tables that this one is under, as schema and name."""
        return (self.partition_of,) if self.partition_of else self.inherits

    @property
    def needs(self) -> tuple[Ident, ...]:
        return tuple(Ident("table", parent) for parent in self.parents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing(Fact):
    """The composite type that a table is OF; apart from the table, as its columns and the type must agree before."""

    kind = "table type"
    key = ("schema", "table")

    schema: str
    table: str
    type: str

    @property
    def parent(self) -> Ident:
        return Ident("table", (self.schema, self.table))


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """GENERATED ... AS IDENTITY, with the options of its sequence."""

    always: bool
    sequence_schema: str = field(compare=False)
    sequence_name: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Fact):
    """One column of a table, as pg_attribute describes it; its default is a fact of its own."""

    kind = "column"
    key = ("schema", "table", "name")

    schema: str
    table: str
    name: str
    position: int = field(default=0, compare=False)  # 1 for the first; attnum may have gaps, this has none
    type: str  # format_type(): 'numeric(10,2)', 'public.mood', 'text[]'
    collation: str | None = None  # qualified, where it is not the type's own
    not_null: bool = False
    # From PostgreSQL 18 on, NOT NULL is a constraint.
    not_null_name: str | None = None  # its name, where PostgreSQL would have chosen another one
    not_null_heritable: bool = True  # False for NO INHERIT
    not_null_validated: bool = True
    not_null_constraint: str | None = field(default=None, compare=False)  # its name, whoever chose that
    not_null_local: bool = field(default=False, compare=False)  # the table's own, whether a parent has it too or not
    identity: Identity | None = None
    generated: str | None = None  # the expression of a generated column
    virtual: bool = False  # PostgreSQL 18: computed when read
    # Comes from a parent, and has no definition of its own; no ALTER TABLE turns the one into the other.
    inherited: bool = field(default=False, compare=False)
    storage: str | None = None  # attstorage, where it is not the type's own
    own_storage: str = field(default="x", compare=False)  # typstorage: the type's own
    compression: str | None = None  # 'pglz' or 'lz4', None for the default
    statistics: int | None = None  # ALTER COLUMN ... SET STATISTICS
    options: tuple[str, ...] = ()  # 'n_distinct=5'
    foreign_options: tuple[str, ...] = ()  # of a foreign table's column, as the table's
    secrets: tuple[str, ...] = field(default=(), compare=False)
    of_foreign: bool = field(default=False, compare=False)  # of a foreign table
    # What the type is made of, for readers that must know more than its name.
    base_type: str = field(default="", compare=False)  # 'numeric' for numeric(10,2); a domain's underlying type
    type_kind: str = field(default="b", compare=False)  # typtype of the type: b, c, d, e, m, r
    category: str = field(default="U", compare=False)  # typcategory: 'S' string, 'N' numeric, 'D' date, 'A' array...
    builtin: bool = field(default=True, compare=False)  # lives in pg_catalog (so does its element, for an array)

    @property
    def parent(self) -> Ident:
        return Ident("table", (self.schema, self.table))

    @property
    def sequence_is_named(self) -> bool:
        """Say whether the sequence of its identity has a name that PostgreSQL would not give it."""
        return self.identity is not None and self.identity.sequence_name != f"{self.table}_{self.name}_seq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Fact):
    """The default of a column."""

    kind = "default"
    key = ("schema", "table", "column")

    schema: str
    table: str
    column: str
    expression: str  # pg_get_expr()
    volatile: bool = field(default=False, compare=False)  # another value for each row that exists

    @property
    def parent(self) -> Ident:
        return Ident("column", (self.schema, self.table, self.column))


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint(Fact):
    """A constraint of a table: `definition` says all of it, the other fields say parts of it again."""

    kind = "constraint"
    key = ("schema", "table", "name")

    schema: str
    table: str
    name: str
    type: str  # contype: 'p' primary, 'u' unique, 'f' foreign, 'c' check, 'x' exclude, 't' constraint trigger
    definition: str  # pg_get_constraintdef(): 'FOREIGN KEY (a) REFERENCES public.t(id) ON DELETE CASCADE'
    options: tuple[str, ...] = ()  # storage parameters of its index
    tablespace: str | None = None  # of its index
    inherited: bool = False  # merged from a parent, which creates and drops it
    columns: tuple[str, ...] = field(default=(), compare=False)
    expression: str | None = field(default=None, compare=False)  # of a check
    of_foreign: bool = field(default=False, compare=False)  # of a foreign table
    references: tuple[str, str] | None = field(default=None, compare=False)  # schema and table
    referenced_columns: tuple[str, ...] = field(default=(), compare=False)
    on_update: str = field(default="a", compare=False)  # confupdtype: a no action, c cascade, n null, ...
    on_delete: str = field(default="a", compare=False)
    match: str = field(default="s", compare=False)  # confmatchtype: s simple, f full
    deferrable: bool = field(default=False, compare=False)
    deferred: bool = field(default=False, compare=False)  # INITIALLY DEFERRED
    validated: bool = field(default=True, compare=False)
    enforced: bool = field(default=True, compare=False)
    include: tuple[str, ...] = field(default=(), compare=False)
    nulls_not_distinct: bool = field(default=False, compare=False)
    period: bool = field(default=False, compare=False)  # WITHOUT OVERLAPS, PERIOD
    # What is compared, and how: of a foreign key the referenced column with the referring one, of an exclusion
    # constraint each element of two rows. 'pg_catalog.=', composed as OPERATOR() takes it.
    operators: tuple[str, ...] = field(default=(), compare=False)
    elements: tuple[str, ...] = field(default=(), compare=False)  # of an exclusion constraint: columns, expressions
    predicate: str | None = field(default=None, compare=False)  # WHERE of an exclusion constraint
    parent_index: tuple[str, str] | None = None  # the partitioned table's index that this one is attached to
    whole: bool = True  # False for a key of a partitioned table that was made ON ONLY that, and not all partitions have

    @property
    def parent(self) -> Ident:
        return Ident("table", (self.schema, self.table))
