"""Facts about what holds other things, and comments on everything."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...names import Ident
from .base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema(Fact):
    """A schema, as pg_namespace describes it."""

    kind = "schema"
    key = ("name",)

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Fact):
    """An installed extension; what belongs to it is no fact."""

    kind = "extension"
    key = ("name",)

    name: str
    schema: str
    version: str
    relocatable: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(Fact):
    """COMMENT ON anything that is a fact, or on a column of a view."""

    kind = "comment"
    key = ("on",)

    on: Ident
    text: str
    holder: Ident = field(compare=False)  # the fact that goes away together with this comment

    @property
    def ident(self) -> Ident:
        return Ident(self.kind, (self.on.kind, *self.on.path))

    @property
    def parent(self) -> Ident:
        return self.holder
