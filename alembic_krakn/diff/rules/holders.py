"""Tell which columns hold rows of which tables and views: a catalog in, a mapping out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ...catalog import Catalog, Column
from ...names import Ident

RELATIONS = frozenset({"table", "view", "materialized view", "composite type"})
_MADE_OF = frozenset({"domain", "composite type", "range type"})


def holders(catalog: Catalog) -> Mapping[Ident, frozenset[Ident]]:
    """Map tables, views and composite types to the columns that hold rows of them, within other types too."""
    found: dict[Ident, set[Ident]] = defaultdict(set)
    queue = list(_uses(catalog))
    for ident, relation in queue:
        if ident.kind == "column":
            found[relation].add(ident)
        else:
            users = catalog.needed_by.get(ident, ())
            queue.extend((user, relation) for user in users if user.kind in _MADE_OF or user.kind == "column")
    return {relation: frozenset(columns) for relation, columns in found.items()}


def _uses(catalog: Catalog) -> Iterator[tuple[Ident, Ident]]:
    """Pair what is made of a relation with that."""
    for ident, fact in catalog.facts.items():
        # nearly all columns are of a type that is made of nothing
        if ident.kind in _MADE_OF or (isinstance(fact, Column) and not fact.builtin):
            for need in catalog.needs.get(ident, ()):
                if need.kind in RELATIONS and need != fact.parent:
                    yield ident, need
