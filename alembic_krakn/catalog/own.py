"""The tables that krakn keeps in test for itself; no difference between schemas, and never filled from prod."""

from __future__ import annotations

from .facts import Table
from .model import Catalog

HISTORY = "krakn_history"  # a row for every sync
REJECTS = "krakn_rejects"  # rows of prod that broke a constraint of test
_OWN = frozenset({HISTORY, REJECTS})


def own_tables(catalog: Catalog) -> frozenset[tuple[str, str]]:
    """Find krakn's own tables, in whichever schema they are."""
    return frozenset((table.schema, table.name) for table in catalog.of(Table) if table.name in _OWN)


__all__ = ["HISTORY", "REJECTS", "own_tables"]
