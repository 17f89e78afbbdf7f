"""Facts about what extends PostgreSQL itself: base types, operator classes, languages, access methods and the like."""

from __future__ import annotations

from dataclasses import dataclass

from ...names import Ident
from .base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseType(Fact):
    """A base type; it needs its input function, which needs the type, so both come and go together."""

    kind = "base type"
    key = ("schema", "name")

    schema: str
    name: str
    parameters: tuple[tuple[str, str], ...]  # ('INPUT', 'public.f'), as CREATE TYPE has them


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellType(Fact):
    """The name of a type that nobody has defined yet."""

    kind = "shell type"
    key = ("schema", "name")

    schema: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorMember:
    """An operator or a support function of an operator class or family."""

    sort: str  # 'OPERATOR' or 'FUNCTION'
    number: int
    types: str  # 'integer, bigint': what it is for
    calls: str  # 'public.<(integer,bigint)', with FOR ORDER BY where it has that


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorFamily(Fact):
    """An operator family, with the members that belong to none of its classes."""

    kind = "operator family"
    key = ("schema", "name", "method")

    schema: str
    name: str
    method: str
    members: tuple[OperatorMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorClass(Fact):
    """An operator class."""

    kind = "operator class"
    key = ("schema", "name", "method")

    schema: str
    name: str
    method: str
    type: str
    default: bool = False
    family: tuple[str, str]  # schema and name; the method is the same
    storage: str | None = None  # a type other than `type`
    members: tuple[OperatorMember, ...] = ()

    @property
    def needs(self) -> tuple[Ident, ...]:
        return (Ident(OperatorFamily.kind, (*self.family, self.method)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language(Fact):
    """A procedural language."""

    kind = "language"
    key = ("name",)

    name: str
    trusted: bool = False
    handler: str
    inline: str | None = None
    validator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessMethod(Fact):
    """An access method of tables or of indexes."""

    kind = "access method"
    key = ("name",)

    name: str
    type: str  # 'INDEX' or 'TABLE'
    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform(Fact):
    """How a language sees the values of a type."""

    kind = "transform"
    key = ("type", "language")

    type: str
    language: str
    from_sql: str | None = None  # 'public.f(internal)'
    to_sql: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion(Fact):
    """A conversion between two encodings."""

    kind = "conversion"
    key = ("schema", "name")

    schema: str
    name: str
    source: str
    target: str
    function: str
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParser(Fact):
    """A text search parser."""

    kind = "text search parser"
    key = ("schema", "name")

    schema: str
    name: str
    parameters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTemplate(Fact):
    """A text search template."""

    kind = "text search template"
    key = ("schema", "name")

    schema: str
    name: str
    parameters: str
