"""Two addresses and a profile in; a plan that both databases allow, under a snapshot of prod that stays open, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ..catalog import Catalog, read_catalog
from ..connect import Address, ReadOnlyConnection, open_prod, open_test, refuse_same
from ..mask import MaskKey
from ..progress import Progress
from ..renames import Renames
from .before import Size, last_values, refuse_foreign, refuse_unreadable, sizes
from .elsewhere import refuse_foreign_partitions, without_foreign
from .plan import plan_sync
from .profile import Profile
from .structure import Structure, structure_of
from .values import Relation, SyncPlan


@dataclass(frozen=True)
class Ready:
    """All that a load or a dry run needs."""

    plan: SyncPlan
    test: Catalog
    structure: Structure  # what happens to test's schema around the load
    reader: ReadOnlyConnection  # of prod, inside its snapshot
    search_path: str  # the role's own on prod
    sizes: Mapping[Relation, Size]  # of prod's tables, by test's names
    last_values: Mapping[Relation, int]  # of prod's sequences


@contextmanager
def prepared(
    prod: Address,
    test: Address,
    profile: Profile,
    renames: Renames | None,
    key: MaskKey | None,
    version_tables: frozenset[Relation],
    progress: Progress,
) -> Iterator[Ready]:
    """Read both catalogs, plan, and make sure that both roles may do what the plan asks; nothing is written."""
    with open_prod(prod) as reader:
        search_path = str(reader.fetch("SHOW search_path")[0]["search_path"])
        with reader.snapshot():
            with open_test(test) as writer:
                refuse_same(reader, writer)
                progress.step("reading the catalog of prod")
                have = without_foreign(read_catalog(reader.fetch))
                with writer.snapshot():
                    progress.step("reading the catalog of test")
                    found = read_catalog(writer.fetch)
                    want = without_foreign(found)
                    plan = plan_sync(have, want, profile, renames, key, version_tables)
                    refuse_foreign_partitions(found, plan)
                    refuse_unreadable(reader, plan)
                    structure = structure_of(want, plan)
                    refuse_foreign(writer, structure)
            yield Ready(plan, want, structure, reader, search_path, sizes(reader, plan), last_values(reader))
