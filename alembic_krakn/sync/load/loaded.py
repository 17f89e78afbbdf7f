"""What a load knows before it begins and tells when it ends, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from .. import check
from ..rejects import Account
from ..stream import Driver, Streamed
from ..values import Changes, Relation, TablePlan


@dataclass(frozen=True)
class Carried:
    """What became of large objects."""

    objects: int = 0  # of prod that are in test now
    bytes: int = 0
    came: int = 0  # of these, the ones that test did not have, byte for byte
    came_bytes: int = 0
    removed: int = 0  # of test, as no row names them any more

    def __add__(self, other: Carried) -> Carried:
        """Add up some of them and others."""
        return Carried(
            self.objects + other.objects,
            self.bytes + other.bytes,
            self.came + other.came,
            self.came_bytes + other.came_bytes,
            self.removed + other.removed,
        )


@dataclass
class Loaded:
    """What a load did."""

    streamed: dict[Relation, Streamed] = field(default_factory=dict)
    sums: dict[Relation, tuple[check.Sum, check.Sum]] = field(default_factory=dict)  # on prod and on test
    sequences: int = 0
    foreign_keys: int = 0
    refreshed: tuple[Relation, ...] = ()
    account: Account = field(default_factory=Account)  # of the rows that break a constraint of test
    moved: Counter[Relation] = field(default_factory=Counter)  # of these, the ones that had arrived
    distinct: int = 0  # masked columns whose distinct values were counted
    questions: int = 0  # of the profile
    carried: Carried = field(default_factory=Carried)
    changes: dict[Relation, Changes] = field(default_factory=dict)  # where not all rows are replaced

    @property
    def rows(self) -> int:
        """Count the rows that came and stay."""
        return sum(map(self.rows_of, self.streamed))

    def rows_of(self, table: Relation) -> int:
        """Count those of one table."""
        return self.streamed[table].rows - self.moved[table]


@dataclass(frozen=True)
class Finished:
    """A table that is filled, indexed and found equal."""

    streamed: Streamed
    total: check.Sum


@dataclass(frozen=True)
class Beside:
    """What a load has to know whose tables are in a database of their own, where nobody else is."""

    kept: tuple[TablePlan, ...] = ()  # whose rows come from the crew's `kept`
    finished: Mapping[Relation, Finished] = field(default_factory=dict)  # by an earlier run; they are not touched
    note: Callable[[Driver, Relation, Finished], Awaitable[None]] | None = None  # hears what else is


__all__ = ["Beside", "Carried", "Finished", "Loaded"]
