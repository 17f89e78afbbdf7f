"""Facts about the rarer kinds, which are mostly told as the parameters of the statement that creates them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...names import Ident
from .base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Fact):
    """An aggregate function."""

    kind = "aggregate"
    key = ("schema", "name", "arguments")

    schema: str
    name: str
    arguments: str  # as in DROP AGGREGATE: 'integer', '*', 'VARIADIC "any" ORDER BY VARIADIC "any"'
    signature: str  # as in CREATE AGGREGATE, with the names of arguments
    parameters: str
    sort: str = field(default="n", compare=False)  # aggkind: n normal, o ordered-set, h hypothetical-set
    returns: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteRule(Fact):
    """A rewrite rule of a table or a view."""

    kind = "rule"
    key = ("schema", "table", "name")

    schema: str
    table: str
    name: str
    definition: str  # pg_get_ruledef()
    enabled: str = "O"  # as a trigger's
    on_view: bool = field(default=False, compare=False)

    @property
    def parent(self) -> Ident:
        return Ident("view" if self.on_view else "table", (self.schema, self.table))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics(Fact):
    """Extended statistics of a table."""

    kind = "statistics"
    key = ("schema", "name")

    schema: str
    name: str
    definition: str  # pg_get_statisticsobjdef()
    target: int | None = None
    table_schema: str = field(compare=False)
    table: str = field(compare=False)
    on_view: bool = field(default=False, compare=False)  # of a materialized view

    @property
    def parent(self) -> Ident:
        return Ident("materialized view" if self.on_view else "table", (self.table_schema, self.table))


@dataclass(frozen=True, slots=True, kw_only=True)
class Collation(Fact):
    """A collation."""

    kind = "collation"
    key = ("schema", "name")

    schema: str
    name: str
    parameters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One table of a publication."""

    schema: str
    table: str
    columns: tuple[str, ...] | None = None
    predicate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication(Fact):
    """A publication of logical replication."""

    kind = "publication"
    key = ("name",)

    name: str
    all_tables: bool = False
    operations: str  # 'insert, update, delete, truncate'
    via_root: bool = False
    generated_columns: bool = False
    tables: tuple[Published, ...] = ()
    schemas: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[Ident, ...]:
        return (
            *(Ident("table", (each.schema, each.table)) for each in self.tables),
            *(Ident("schema", (schema,)) for schema in self.schemas),
            *(
                Ident("column", (each.schema, each.table, column))
                for each in self.tables
                for column in each.columns or ()
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrigger(Fact):
    """An event trigger."""

    kind = "event trigger"
    key = ("name",)

    name: str
    definition: str  # 'ON ddl_command_start EXECUTE FUNCTION public.f()'
    enabled: str = "O"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast(Fact):
    """A cast."""

    kind = "cast"
    key = ("source", "target")

    source: str
    target: str
    definition: str  # 'WITH FUNCTION public.f(integer) AS IMPLICIT'


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator(Fact):
    """An operator."""

    kind = "operator"
    key = ("schema", "name", "arguments")

    schema: str
    name: str
    arguments: str  # as in DROP OPERATOR: 'integer, integer'
    parameters: str  # without the two below
    restrict: str | None = None  # what estimates how many rows it selects
    join: str | None = None
    shells: tuple[str, ...] = field(default=(), compare=False)  # what it only names, as in DROP OPERATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDictionary(Fact):
    """A text search dictionary."""

    kind = "text search dictionary"
    key = ("schema", "name")

    schema: str
    name: str
    template: str
    options: str | None = None  # "language = 'english', stopwords = 'english'"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfiguration(Fact):
    """A text search configuration."""

    kind = "text search configuration"
    key = ("schema", "name")

    schema: str
    name: str
    parser: str
    mappings: tuple[tuple[str, str], ...] = ()  # token type and its dictionaries
