"""Facts about foreign data: wrappers, servers and user mappings; a foreign table is a table with a server."""

from __future__ import annotations

from dataclasses import dataclass, field

from .base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper(Fact):
    """A foreign-data wrapper."""

    kind = "foreign data wrapper"
    key = ("name",)

    name: str
    handler: str | None = None  # 'public.handler'
    validator: str | None = None
    foreign_options: tuple[str, ...] = ()  # 'name=value', by name
    secrets: tuple[str, ...] = field(default=(), compare=False)  # options whose values never leave the server


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignServer(Fact):
    """A foreign server."""

    kind = "foreign server"
    key = ("name",)

    name: str
    wrapper: str
    type: str | None = None
    version: str | None = None
    foreign_options: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UserMapping(Fact):
    """A user mapping; options that the reading role may not see are None, which is no difference from any others."""

    kind = "user mapping"
    key = ("server", "user")

    server: str
    user: str  # PUBLIC is ''
    foreign_options: tuple[str, ...] | None = None
    secrets: tuple[str, ...] = field(default=(), compare=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UserMapping):
            return NotImplemented
        unknown = self.foreign_options is None or other.foreign_options is None
        return self.ident == other.ident and (unknown or self.foreign_options == other.foreign_options)

    def __hash__(self) -> int:
        return hash(self.ident)
