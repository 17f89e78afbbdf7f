"""Facts about types and sequences."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...names import Ident
from .base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum(Fact):
    """An enumerated type."""

    kind = "enum"
    key = ("schema", "name")

    schema: str
    name: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain(Fact):
    """A domain; its CHECK constraints are facts of their own."""

    kind = "domain"
    key = ("schema", "name")

    schema: str
    name: str
    type: str
    collation: str | None = None
    default: str | None = None
    not_null: bool = False
    not_null_name: str | None = None  # its constraint's name, from PostgreSQL 17 on, where somebody has chosen it
    not_null_constraint: str | None = field(default=None, compare=False)  # its name, whoever chose that


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainConstraint(Fact):
    """A CHECK constraint of a domain."""

    kind = "domain constraint"
    key = ("schema", "domain", "name")

    schema: str
    domain: str
    name: str
    definition: str  # pg_get_constraintdef(): 'CHECK ((VALUE > 0)) NOT VALID'
    validated: bool = field(default=True, compare=False)

    @property
    def parent(self) -> Ident:
        return Ident("domain", (self.schema, self.domain))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence(Fact):
    """A sequence that is not an identity column's; who owns it is a fact of its own."""

    kind = "sequence"
    key = ("schema", "name")

    schema: str
    name: str
    persistence: str = "p"
    type: str  # 'bigint'
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership(Fact):
    """ALTER SEQUENCE ... OWNED BY; apart from the sequence, as the column's default needs the sequence first."""

    kind = "sequence ownership"
    key = ("schema", "sequence")

    schema: str
    sequence: str
    table_schema: str
    table: str
    column: str

    @property
    def parent(self) -> Ident:
        return Ident("sequence", (self.schema, self.sequence))

    @property
    def needs(self) -> tuple[Ident, ...]:
        return (Ident("column", (self.table_schema, self.table, self.column)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of a composite type."""

    name: str
    type: str
    collation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite(Fact):
    """A composite type."""

    kind = "composite type"
    key = ("schema", "name")

    schema: str
    name: str
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Fact):
    """A range type, with its multirange type."""

    kind = "range type"
    key = ("schema", "name")

    schema: str
    name: str
    parameters: str  # 'SUBTYPE = double precision, SUBTYPE_DIFF = float8mi'
