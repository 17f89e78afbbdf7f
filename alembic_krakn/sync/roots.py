"""Which table is a part of which: a catalog in, the tables at the top out."""

from __future__ import annotations

from ..catalog import Catalog, Table
from .values import Relation


def roots_of(catalog: Catalog) -> dict[Relation, Relation]:
    """Map each table to the partitioned table at the top that it is a part of, or to itself."""
    above = {(table.schema, table.name): table.partition_of for table in catalog.of(Table)}
    found = {}
    for relation in above:
        root = relation
        while (parent := above.get(root)) is not None:
            root = parent
        found[relation] = root
    return found


def is_partitioned(catalog: Catalog, relation: Relation) -> bool:
    """Tell whether a table's rows are those of its partitions."""
    table = catalog.get(Table, *relation)
    return table is not None and table.partition_key is not None


def roots(catalog: Catalog) -> list[Relation]:
    """List the tables that are no partitions."""
    return [(table.schema, table.name) for table in catalog.of(Table) if table.partition_of is None]
