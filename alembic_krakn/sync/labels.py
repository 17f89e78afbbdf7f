"""A column of prod and one of test in; what becomes of the labels, where both are enums, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..catalog import Catalog, Column, Enum
from ..mask.suggest import nearest
from ..names import Ident
from .adapt import spelt
from .profile_words import Scalar
from .types import enum_of


@dataclass(frozen=True)
class Labels:
    """The enums that a column is of on both sides; None where it is of another type."""

    have: Enum | None
    want: Enum | None
    have_type: str
    want_type: str

    @classmethod
    def of(cls, prod: Catalog, test: Catalog, have: Column, want: Column) -> Labels:
        """Look the enums of two columns up."""
        return cls(enum_of(prod, have), enum_of(test, want), have.type, want.type)

    def renamed(self, renames: Mapping[Ident, Mapping[str, str]]) -> Mapping[str, str]:
        """Give test's labels for those of prod that are known to be renamed."""
        return renames.get(self.have.ident, {}) if self.have and self.want else {}

    def unknown(self, changes: Mapping[str, Scalar]) -> Iterator[str]:
        """Say which labels of a `map` its enums do not have."""
        for old, new in changes.items():
            if self.have and old not in self.have.labels:
                yield f"prod's enum {self.have_type} has no label {old!r}{nearest(old, self.have.labels)}"
            if self.want and new is not None and (label := spelt(new)) not in self.want.labels:
                yield f"enum {self.want_type} of test has no label {label!r}{nearest(label, self.want.labels)}"

    def gone(self, changes: Mapping[str, Scalar]) -> tuple[str, ...]:
        """List the labels of prod's enum that test's lacks, and that become no other ones."""
        if not (self.have and self.want):
            return ()
        return tuple(label for label in self.have.labels if label not in self.want.labels and label not in changes)
