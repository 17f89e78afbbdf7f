"""A plan, sizes and a manner in; what the sync will cost prod, as far as that is known beforehand, out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .before import Size
from .large_objects import LargeObjects
from .order import Manner
from .values import Relation, SyncPlan, TablePlan, shown


@dataclass(frozen=True)
class Cost:
    """What prod will feel; rows and bytes are estimates, and are read once to be sent and once for the checksums."""

    rows: int
    bytes: int  # on prod's disk
    largest: Relation | None
    largest_bytes: int
    connections: int  # at the same time
    max_rate: float | None  # megabytes a second

    @property
    def seconds(self) -> float | None:
        """Estimate how long it takes at least to send the rows at that rate."""
        return self.bytes / (self.max_rate * 1e6) if self.max_rate else None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "estimated_rows": self.rows,
            "estimated_bytes": self.bytes,
            "largest_table": shown(self.largest) if self.largest else None,
            "largest_bytes": self.largest_bytes,
            "connections": self.connections,
            "locks": "ACCESS SHARE",
            "max_rate": self.max_rate,
            "estimated_seconds": None if self.seconds is None else round(self.seconds, 1),
        }


def cost_of(plan: SyncPlan, sizes: Mapping[Relation, Size], objects: LargeObjects, manner: Manner) -> Cost:
    """Add up what will be read of each table, and of large objects."""
    each = {table.test: _read(table, plan, sizes[table.test]) for table in plan.tables}
    largest = max(each, key=lambda relation: each[relation].bytes, default=None)
    return Cost(
        rows=sum(size.rows for size in each.values()),
        bytes=sum(size.bytes for size in each.values()) + objects.bytes,
        largest=largest,
        largest_bytes=each[largest].bytes if largest else 0,
        connections=1 + (manner.jobs if plan.tables or plan.emptied else 0),
        max_rate=manner.max_rate,
    )


def _read(table: TablePlan, plan: SyncPlan, size: Size) -> Size:
    """Give the chosen rows of a table, or all of them, as prod looks at all to find those of a condition."""
    chosen = [rows for rows in plan.paths.get(table.test, {"whole": None}).values() if rows is not None]
    if len(chosen) != len(plan.paths.get(table.test, {"whole": None})):
        return size
    rows = sum(chosen)
    return Size(rows, min(size.bytes * rows // max(size.rows, 1), size.bytes))


__all__ = ["Cost", "cost_of"]
