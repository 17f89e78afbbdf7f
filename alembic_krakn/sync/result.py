"""What a plan intended and a load did in; the report of a sync, as plain data, out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from .load import Carried, Loaded
from .rejects import Account
from .stream import Waits
from .values import Changes, Paths, Relation, SyncPlan, TablePlan, shown


@dataclass(frozen=True)
class TableResult:
    """What happened to one table."""

    came_from: str  # prod's table, or the query of the profile
    test: Relation
    rows: int
    bytes: int  # as they travelled
    seconds: float
    checksum: str | None  # of the columns that arrive as they are; the same on both sides
    checked: tuple[str, ...]  # those columns
    masks: Mapping[str, str]  # columns and what masks them
    rejected: int  # rows that broke a constraint of test
    columns: Mapping[str, tuple[str, ...]]  # answers and the columns that have them
    retired: tuple[str, ...]
    binary: bool
    paths: Mapping[str, int]  # rows by how they came to be chosen
    changes: Changes | None  # where not all rows are replaced

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "table": shown(self.test),
            "from": self.came_from,
            "rows": self.rows,
            "rows_by_path": dict(self.paths),
            "changes": _said(self.changes) if self.changes else None,
            "rejected_rows": self.rejected,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows / self.seconds) if self.seconds else None,
            "format": "binary" if self.binary else "text",
            "checksum": self.checksum,
            "checked_columns": list(self.checked),
            "masked_columns": dict(self.masks),
            "columns": {answer: list(names) for answer, names in self.columns.items()},
            "retired_columns": list(self.retired),
        }


@dataclass(frozen=True)
class SyncResult:
    """What a sync did."""

    started: datetime
    seconds: float
    tables: tuple[TableResult, ...]
    plan: SyncPlan
    sequences: int
    foreign_keys: int
    refreshed: tuple[Relation, ...]
    account: Account  # of the rows that broke a constraint of test
    rejects: Relation  # where they are
    null_counts: int  # masked columns with as many NULLs on both sides
    distinct_counts: int  # masked columns with as many distinct values
    queries: int  # of the profile
    carried: Carried  # large objects
    waits: Waits  # of all streams

    @property
    def rows(self) -> int:
        """Count the rows of all tables."""
        return sum(table.rows for table in self.tables)

    def to_json(self) -> dict[str, Any]:
        """Give the report as plain data; `version` grows when a key changes its meaning or goes."""
        plan = self.plan
        return {
            "version": 1,
            "started": self.started.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "rows": self.rows,
            "bytes": sum(table.bytes for table in self.tables),
            "key_fingerprint": plan.key_fingerprint,
            "tables": [table.to_json() for table in self.tables],
            "checks": {
                "row_counts": len(self.tables),
                "checksums": sum(table.checksum is not None for table in self.tables),
                "foreign_keys": self.foreign_keys,
                "sequences": self.sequences,
                "null_counts": self.null_counts,
                "distinct_counts": self.distinct_counts,
                "queries": self.queries,
            },
            "large_objects": asdict(self.carried),
            "waited": {
                "prod": round(self.waits.prod, 3),
                "masks": round(self.waits.masks, 3),
                "test": round(self.waits.test, 3),
            },
            "refreshed": [shown(view) for view in self.refreshed],
            "rejects": {
                "table": shown(self.rejects) if self.account.rejected else None,
                "found": self.account.to_json(),
            },
            **plan.left_alone(),
            "remarks": list(plan.remarks),
        }


def _said(changes: Changes) -> dict[str, int]:
    """Say what became of the rows, and of the ranges of keys, as numbers."""
    return {name: value for name, value in asdict(changes).items() if isinstance(value, int)}


def result_of(plan: SyncPlan, rejects: Relation, loaded: Loaded, started: datetime, seconds: float) -> SyncResult:
    """Put together what was planned and what was done."""
    return SyncResult(
        started=started,
        seconds=seconds,
        tables=tuple(_table(table, loaded, plan.paths.get(table.test)) for table in plan.tables),
        plan=plan,
        sequences=loaded.sequences,
        foreign_keys=loaded.foreign_keys,
        refreshed=loaded.refreshed,
        account=loaded.account,
        rejects=rejects,
        null_counts=0 if loaded.changes else sum(len(table.counted) for table in plan.tables),
        distinct_counts=loaded.distinct,
        queries=loaded.questions,
        carried=loaded.carried,
        waits=sum((one.waits for one in loaded.streamed.values()), Waits()),
    )


def _table(table: TablePlan, loaded: Loaded, paths: Paths | None) -> TableResult:
    streamed, (_, sums) = loaded.streamed[table.test], loaded.sums[table.test]
    changes = loaded.changes.get(table.test)
    paths = {"where" if table.where else "whole": None} if paths is None else paths
    return TableResult(
        came_from=table.from_query or shown(table.prod),
        test=table.test,
        rows=loaded.rows_of(table.test),
        rejected=loaded.account.of(table.test),
        bytes=streamed.size,
        seconds=streamed.seconds,
        checksum=sums.checksum,
        checked=changes.compared if changes else tuple(column.name for column in table.checked),
        masks={column.name: column.mask for column in table.columns if column.mask},
        columns=answers(table),
        retired=table.retired,
        binary=table.binary,
        changes=changes,
        paths={path: streamed.rows if rows is None else rows for path, rows in sorted(paths.items(), key=_most)},
    )


def _most(path: tuple[str, int | None]) -> tuple[int, str]:
    return -(path[1] or 0), path[0]


def answers(table: TablePlan) -> dict[str, tuple[str, ...]]:
    """Map each answer that a table's columns have to these columns."""
    kinds = Counter(column.answer for column in table.columns)
    return {kind: tuple(c.name for c in table.columns if c.answer == kind) for kind in kinds}
