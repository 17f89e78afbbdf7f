"""Which constraint rows broke, and how many did, in; what is told of it, without any value, out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..values import Relation, shown


@dataclass(frozen=True, order=True)
class Offence:
    """What rows of one table break."""

    table: Relation
    constraint: str  # its name; for NOT NULL and types the column with that
    reason: str  # goes on after "as", and holds no value
    parent: Relation | None = field(default=None, compare=False)  # whose row is not there


@dataclass
class Account:
    """How many rows broke what."""

    rejected: Counter[Offence] = field(default_factory=Counter)
    nulled: Counter[Offence] = field(default_factory=Counter)  # foreign keys that were set to NULL instead
    besides: Counter[Offence] = field(default_factory=Counter)  # rows that are rejected for something else already

    def add(self, other: Account) -> None:
        """Take over what another part of a load counted."""
        self.rejected.update(other.rejected)
        self.nulled.update(other.nulled)
        self.besides.update(other.besides)

    def __bool__(self) -> bool:
        """Tell whether any row broke anything."""
        return bool(self.rejected.total() or self.nulled.total())

    def of(self, table: Relation) -> int:
        """Count the rows of a table that are rejected."""
        return sum(rows for offence, rows in self.rejected.items() if offence.table == table)

    @property
    def broken(self) -> list[Offence]:
        """List what was broken, by table and constraint."""
        return sorted({*+self.rejected, *+self.nulled, *+self.besides})

    def following(self) -> set[Offence]:
        """Find the foreign keys that may be broken only because other rows are rejected."""
        found: set[Offence] = set()
        lacking = {each.table for each in self.broken if each.parent is None or not self.of(each.parent)}
        while more := {each for each in self.broken if each.parent in lacking} - found:
            found |= more
            lacking |= {each.table for each in more if self.rejected[each]}
        return found

    def told(self, offences: Iterable[Offence], why: Callable[[Offence], str]) -> Iterator[str]:
        """Say it line by line; `why` may add what made the rows break it."""
        broken = self.rejected + self.nulled
        for offence in offences:
            rows, besides = broken[offence], self.besides[offence]
            counted = f"{_rows(rows)}, and {besides} that broke another one first" if rows and besides else _rows(rows)
            if not rows:
                counted = f"{_rows(besides)} that broke another one first"
            yield f"{shown(offence.table)}, {offence.constraint}: {counted}, as {offence.reason}{why(offence)}"

    def to_json(self) -> list[dict[str, Any]]:
        """Give it as plain data."""
        return [
            {
                "table": shown(offence.table),
                "constraint": offence.constraint,
                "reason": offence.reason,
                "rejected": self.rejected[offence],
                "set_null": self.nulled[offence],
            }
            for offence in sorted({*+self.rejected, *+self.nulled})
        ]


def _rows(number: int) -> str:
    return f"{number} row{'s' * (number != 1)}"


__all__ = ["Account", "Offence"]
