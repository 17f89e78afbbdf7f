"""Test in; what syncs wrote into its history, the latest first, out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql

from ..catalog.own import HISTORY
from ..connect import WritableConnection
from ..errors import SyncError
from ..names import Name, names
from .history import COLUMNS, FOUND


@dataclass(frozen=True)
class PastSync:
    """One sync, as its row in `krakn_history` tells; one that failed left no row, and test as it was."""

    began: datetime
    took: timedelta
    role: str
    prod: str  # host:port/database
    test: str  # the database's name at that time
    prod_revision: tuple[str, ...] | None
    test_revision: tuple[str, ...] | None
    profile: str  # a hash
    key_fingerprint: str | None
    tables: int
    rows: int
    bytes: int
    masked_columns: int
    mode: str
    krakn_version: str

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {**asdict(self), "began": self.began.isoformat(timespec="seconds"), "took": self.took.total_seconds()}


def past_syncs(test: WritableConnection, count: int) -> list[PastSync]:
    """Read the latest `count` rows of the history, which is only read."""
    found: list[PastSync] = []
    with test.snapshot():
        for table in test.fetch(FOUND, (HISTORY,)):
            name = Name(table["schema"], HISTORY)
            if not COLUMNS.keys() <= set(table["columns"]):
                continue  # somebody else's
            if not table["tells"]:
                raise SyncError(f"test: the role may not read {name.as_string()}; GRANT SELECT on it")
            latest = sql.SQL("SELECT {} FROM {} ORDER BY began DESC LIMIT {}").format(names(COLUMNS), name, count)
            found += map(_past, test.fetch(latest))
    return sorted(found, key=lambda one: one.began, reverse=True)[:count]


def _past(row: Mapping[str, Any]) -> PastSync:
    lists = {key: tuple(row[key]) if row[key] else None for key in ("prod_revision", "test_revision")}
    return PastSync(**{**row, **lists})


__all__ = ["PastSync", "past_syncs"]
