"""Leave things out of both sides: what nobody wants to see, what that owns, and what could not be made without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..catalog import Catalog, Column, Fact, Ownership
from ..names import Ident


class Left(NamedTuple):
    """Both sides without what is left out; `along` is what is left out only because it needs something that is."""

    have: Catalog
    want: Catalog
    along: tuple[Ident, ...]


def leave_out(have: Catalog, want: Catalog, wanted: Callable[[Fact], bool]) -> Left:
    """Leave out what is not wanted, what its columns own, and what needs a thing of `want` that is not made then."""
    refused = {ident for side in (have, want) for ident, fact in side.facts.items() if not wanted(fact)}
    if not refused:
        return Left(have, want, ())
    refused = _whole(refused, have, want)
    owned = {fact.parent for side in (have, want) for fact in side.of(Ownership) if _column(fact) in refused}
    refused |= _whole(owned, have, want)
    queue = [ident for ident in refused if ident in want.facts and ident not in have.facts]
    along: set[Ident] = set()
    while queue:
        for dependent in want.needed_by.get(queue.pop(), ()):
            for ident in _whole({dependent}, have, want) - refused - along:
                along.add(ident)
                queue.append(ident)
    out = refused | along
    parts = {part for ident in along for part in want.children.get(ident, ())}
    have, want = (side.keep(lambda fact: fact.ident not in out) for side in (have, want))
    return Left(have, want, tuple(sorted(along - parts)))


def _whole(idents: set[Ident], have: Catalog, want: Catalog) -> set[Ident]:
    return have.closure(idents) | want.closure(idents)


def _column(fact: Ownership) -> Ident:
    return Ident(Column.kind, (fact.table_schema, fact.table, fact.column))
