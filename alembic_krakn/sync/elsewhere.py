"""Keep a sync away from foreign tables: what a catalog says of rows that lie on other servers in, an answer out."""

from __future__ import annotations

from ..catalog import Catalog, Table
from ..errors import SyncError
from .roots import roots_of
from .values import SyncPlan, shown


def without_foreign(catalog: Catalog) -> Catalog:
    """Leave out foreign tables; their rows are not this database's to read or to replace."""
    return catalog.keep(lambda fact: not (isinstance(fact, Table) and fact.server is not None))


def refuse_foreign_partitions(test: Catalog, plan: SyncPlan) -> None:
    """Refuse to fill a partitioned table of test some of whose rows would go to another server."""
    roots = roots_of(test)
    emptied = {table.test for table in plan.tables} | set(plan.emptied)
    for table in test.of(Table):
        root = roots[table.schema, table.name]
        if table.server is not None and table.partition_of and root in emptied:
            raise SyncError(
                f"test: {shown(root)} has the foreign table {shown((table.schema, table.name))} as a partition, so rows"
                f" would be deleted and written on the server {table.server!r}; detach that partition, or let the"
                f" profile `skip` {shown(root)}; nothing was changed"
            )
