"""Facts about who may do what: policies, privileges and default privileges."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...names import Ident
from .base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Fact):
    """A row security policy."""

    kind = "policy"
    key = ("schema", "table", "name")

    schema: str
    table: str
    name: str
    permissive: bool = True
    command: str = "ALL"
    roles: tuple[str, ...]  # PUBLIC is ''
    using: str | None = None
    check: str | None = None

    @property
    def parent(self) -> Ident:
        return Ident("table", (self.schema, self.table))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Fact):
    """What one grantee may do with one object, where it is not what everybody in its place may do from birth.

    The object's owner is the grantee '<owner>', whatever its name is on either side.
    """

    kind = "privileges"
    key = ("on", "grantee")

    on: Ident
    grantee: str  # PUBLIC is ''
    privileges: tuple[str, ...]  # 'SELECT', with the grant option 'SELECT*'
    usual: tuple[str, ...] = field(compare=False)  # what this grantee has from birth
    type: str = field(compare=False)  # the word of GRANT ... ON: 'TABLE', 'COLUMN', 'FUNCTION'
    role: str = field(compare=False)  # the grantee's name, the owner's too
    holder: Ident | None = field(compare=False)  # the fact that goes away together with these privileges
    handed_on: tuple[str, ...] = field(default=(), compare=False)  # by whom, unless by the owner: 'SELECT some_role'

    @property
    def ident(self) -> Ident:
        return Ident(self.kind, (self.on.kind, *self.on.path, self.grantee))

    @property
    def parent(self) -> Ident | None:
        return self.holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner(Fact):
    """Who owns one object; read on request only, as roles differ between databases."""

    kind = "owner"
    key = ("on",)

    on: Ident
    role: str

    @property
    def ident(self) -> Ident:
        return Ident(self.kind, (self.on.kind, *self.on.path))

    @property
    def parent(self) -> Ident:
        return self.on


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultPrivilege(Fact):
    """ALTER DEFAULT PRIVILEGES: what a grantee may do with whatever a role creates from now on."""

    kind = "default privileges"
    key = ("role", "in_schema", "objects", "grantee")

    role: str
    in_schema: str  # '' for every schema
    objects: str  # 'TABLES', 'FUNCTIONS', ...
    grantee: str  # PUBLIC is ''
    privileges: tuple[str, ...]
    usual: tuple[str, ...] = field(compare=False)

    @property
    def parent(self) -> Ident | None:
        return Ident("schema", (self.in_schema,)) if self.in_schema else None
