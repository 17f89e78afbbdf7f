"""Facts about indexes, and about what a table uses one of them for."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...names import Ident
from .base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexKey:
    """One key of an index."""

    expression: str  # a quoted column name, or an expression in parentheses
    column: str | None = None  # the bare name, where the key is a column
    collation: str | None = None  # qualified, where it is not the column's own
    opclass: str | None = None  # qualified, where it is not the type's default; with its options
    descending: bool = False
    nulls_first: bool = False
    statistics: int | None = None  # ALTER INDEX ... ALTER COLUMN ... SET STATISTICS


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Fact):
    """An index that no constraint owns."""

    kind = "index"
    key = ("schema", "name")

    schema: str
    name: str
    table: str
    on_view: bool = field(default=False, compare=False)  # of a materialized view
    method: str = "btree"
    unique: bool = False
    nulls_not_distinct: bool = False
    keys: tuple[IndexKey, ...]
    include: tuple[str, ...] = ()
    predicate: str | None = None  # WHERE
    options: tuple[str, ...] = ()  # by name
    said_options: tuple[str, ...] = field(default=(), compare=False)  # in the order in which somebody said them
    tablespace: str | None = None
    valid: bool = True  # indisvalid; False for a leftover of a failed CREATE INDEX CONCURRENTLY
    parent_index: tuple[str, str] | None = None  # attached to this index of the partitioned table
    partitioned: bool = field(default=False, compare=False)

    @property
    def parent(self) -> Ident:
        return Ident("materialized view" if self.on_view else "table", (self.schema, self.table))

    @property
    def ordered_options(self) -> tuple[str, ...]:
        """Give the storage parameters in the order in which PostgreSQL shows them."""
        places = {option: place for place, option in enumerate(self.said_options)}
        return tuple(sorted(self.options, key=lambda option: (places.get(option, len(places)), option)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaIdentity(Fact):
    """ALTER TABLE ... REPLICA IDENTITY other than the default; apart from the table, as it may need an index first."""

    kind = "replica identity"
    key = ("schema", "table")

    schema: str
    table: str
    mode: str  # relreplident: n nothing, f full, i using the index
    index: str | None = None

    @property
    def parent(self) -> Ident:
        return Ident("table", (self.schema, self.table))

    @property
    def needs(self) -> tuple[Ident, ...]:
        return index_or_key(self.schema, self.table, self.index) if self.index else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustering(Fact):
    """ALTER TABLE ... CLUSTER ON, of a table or a materialized view."""

    kind = "clustering"
    key = ("schema", "table")

    schema: str
    table: str
    index: str
    on_view: bool = field(default=False, compare=False)

    @property
    def parent(self) -> Ident:
        return Ident("materialized view" if self.on_view else "table", (self.schema, self.table))

    @property
    def needs(self) -> tuple[Ident, ...]:
        return index_or_key(self.schema, self.table, self.index)


def index_or_key(schema: str, table: str, name: str) -> tuple[Ident, ...]:
    """Give both identities that an index may have: its own, or that of the constraint which owns it."""
    return Ident("index", (schema, name)), Ident("constraint", (schema, table, name))
