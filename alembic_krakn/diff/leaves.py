"""An index or key of a partitioned table in; what PostgreSQL would build for it in partitions that are there, out.

CREATE INDEX CONCURRENTLY refuses a partitioned table; but one that is created later takes over, without a build, what
its partitions have of its like.
https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
"""

from __future__ import annotations

from collections.abc import Iterator

from ..catalog import Catalog, Constraint, Index, Inheritance, Table
from ..names import Ident
from .rules.attached import Attached
from .standins import has_index_to_join


def is_partitioned(fact: Attached, catalog: Catalog) -> bool:
    """Say whether an index or key is a partitioned table's."""
    table = catalog.facts.get(fact.parent)
    return isinstance(table, Table) and table.partition_key is not None


def may_be_parted(fact: Attached) -> bool:
    """Say whether an index or key takes over what partitions have; one that is ON ONLY its table is in none."""
    return fact.valid if isinstance(fact, Index) else has_index_to_join(fact)


def leaves(fact: Attached, have: Catalog, want: Catalog) -> list[Attached]:
    """List what tables of `have` get of an index or key of a partitioned table, and do not have by themselves."""
    found = []
    for part in _below(fact, want):
        place = Ident(Inheritance.kind, (part.schema, part.table))
        is_there = part.parent in have.facts and have.facts.get(place) == want.facts.get(place)
        own = have.facts.get(part.ident)
        lacks = own is None or (isinstance(own, Attached) and own.parent_index is not None)
        if is_there and lacks and not is_partitioned(part, want):
            found.append(part)
    return sorted(found, key=lambda part: part.ident)


def _below(fact: Attached, catalog: Catalog) -> Iterator[Attached]:
    """Give what is attached to it, and to that in turn."""
    attached: list[Attached] = [*catalog.of(Index), *catalog.of(Constraint)]
    for part in attached:
        if part.parent_index == (fact.schema, fact.name):
            yield part
            yield from _below(part, catalog)


__all__ = ["is_partitioned", "leaves", "may_be_parted"]
