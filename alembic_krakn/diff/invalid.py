"""Find the indexes that a failed CREATE INDEX CONCURRENTLY left, and keep them from being anybody's wish."""

from __future__ import annotations

from dataclasses import replace

from ..catalog import Catalog, Index
from ..renames import NO_RENAMES, Renames


def invalid_indexes(catalog: Catalog) -> list[Index]:
    """List the indexes that a failed build left, by name.

    An index of a partitioned table is invalid as long as a partition has none: that is somebody's wish.
    """
    return [index for index in catalog.of(Index) if not index.valid and not index.partitioned]


def without_leftovers(have: Catalog, want: Catalog, renames: Renames = NO_RENAMES) -> Catalog:
    """Give `have` as a downgrade from `want` brings it back: without the invalid indexes that `want` does not have.

    They were of no use to anybody, and what their build has failed at may still be there.
    """
    gone = {index.ident for index in invalid_indexes(have) if renames.now(index.ident) not in want.facts}
    return have.keep(lambda fact: fact.ident not in gone) if gone else have


def with_valid_indexes(have: Catalog, want: Catalog) -> Catalog:
    """Give `want` with its invalid indexes as `have` has them, or as they were meant to be."""
    facts = dict(want.facts)
    for index in invalid_indexes(want):
        there = have.get(Index, *index.ident.path)
        facts[index.ident] = replace(index, valid=there is None or there.valid)
    return replace(want, facts=facts) if facts != want.facts else want
