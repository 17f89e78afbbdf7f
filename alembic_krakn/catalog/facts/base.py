"""What every fact is: an identity, what it is a part of, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import ClassVar

from ...names import Ident


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One addressable thing; `key` names the fields that make up its path."""

    kind: ClassVar[str]
    key: ClassVar[tuple[str, ...]]

    @property
    def ident(self) -> Ident:
        """Give the identity of this fact."""
        return Ident(self.kind, tuple(map(getattr, repeat(self), self.key)))

    @property
    def parent(self) -> Ident | None:
        """Give the thing that this fact is a part of, and goes with."""
        return None

    @property
    def needs(self) -> tuple[Ident, ...]:
        """Give what this fact depends on and pg_depend does not tell; what does not exist does not count."""
        return ()
