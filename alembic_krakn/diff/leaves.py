"""An index or key of a partitioned table in; what PostgreSQL would build for it in partitions that are there, out.

CREATE INDEX CONCURRENTLY refuses a partitioned table; but one that is created later takes over, without a build, what
its partitions have of its like.
https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..catalog import Catalog, Column, Constraint, Index, Inheritance, Table
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
    """List what tables of `have` get of an index or key of a partitioned table, and do not have by themselves.

    None where the one is an index and the other a key: PostgreSQL then takes over only what is a key already.
    """
    found = []
    for part in _below(fact, want):
        place = Ident(Inheritance.kind, (part.schema, part.table))
        is_there = part.parent in have.facts and have.facts.get(place) == want.facts.get(place)
        own = have.facts.get(part.ident)
        lacks = own is None or (isinstance(own, Attached) and own.parent_index is not None)
        if is_there and lacks and not is_partitioned(part, want):
            found.append(part)
    if any(part.kind != fact.kind for part in found):
        return []
    return sorted(found, key=lambda part: part.ident)


def not_null_by_themselves(built: Iterable[Ident], have: Catalog, want: Catalog) -> set[Ident]:
    """Give the partitions' columns that PostgreSQL 18 makes NOT NULL, parent or not, for primary keys of their own.

    `built` are the indexes and keys that are built apart. The columns become so no sooner than those are there; what
    matters is the way back, on which DROP NOT NULL of the partitioned table leaves them as they are.
    """
    if have.version < 180000:
        return set()
    keys = (fact for ident in built if isinstance(fact := want.facts[ident], Constraint))
    parts = (part for key in keys if key.type == "p" for part in leaves(key, have, want))
    return {
        Ident(Column.kind, (part.schema, part.table, name))
        for part in parts
        if isinstance(part, Constraint)
        for name in part.columns
    }


def _below(fact: Attached, catalog: Catalog) -> Iterator[Attached]:
    """Give what is attached to it, and to that in turn."""
    attached: list[Attached] = [*catalog.of(Index), *catalog.of(Constraint)]
    for part in attached:
        if part.parent_index == (fact.schema, fact.name):
            yield part
            yield from _below(part, catalog)


__all__ = ["is_partitioned", "leaves", "may_be_parted", "not_null_by_themselves"]
