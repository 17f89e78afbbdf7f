"""Tell what is made anew under what stands on it: both catalogs in, types and partitioned tables out."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import BaseType, Catalog, Collation, Column, Composite, Domain, Enum, Fact, Range, Table
from ...names import Ident

KINDS = (BaseType, Enum, Domain, Composite, Range)  # which share their names
_MADE_OF_OTHERS = frozenset({Domain.kind, Composite.kind, Range.kind})


def adds_only(have: Enum, want: Enum) -> bool:
    """Say whether the old labels are all there, in their order, among the new ones."""
    return [label for label in want.labels if label in have.labels] == list(have.labels)


def keyed_anew(have: Catalog, want: Catalog) -> Iterator[tuple[str, str]]:
    """Give the partitioned tables that must be made anew: no ALTER TABLE touches what they are partitioned by."""
    types = types_made_anew(have, want)
    for was in have.of(Table):
        now = want.get(Table, was.schema, was.name)
        if now and was.partition_key and now.partition_key:
            columns = [(was.schema, was.name, name) for name in was.partition_columns]
            if was.partition_key != now.partition_key or any(_leaves(each, types, have, want) for each in columns):
                yield was.schema, was.name


def _leaves(path: tuple[str, str, str], types: set[Ident], have: Catalog, want: Catalog) -> bool:
    """Say whether a column has another type afterwards, or one of the same name that is made anew."""
    was, now = have.get(Column, *path), want.get(Column, *path)
    if not (was and now):
        return False
    return (was.type, was.collation) != (now.type, now.collation) or not types.isdisjoint(have.needs[was.ident])


def types_made_anew(have: Catalog, want: Catalog) -> set[Ident]:
    """Give the types and collations that columns leave for a moment, with the types that are made of those."""
    queue = [
        was.ident
        for kind in (*KINDS, Collation)
        for was in have.of(kind)
        if (now := called_so(was, want)) not in (None, was) and in_no_place(was, now)
    ]
    found: set[Ident] = set()
    while queue:
        ident = queue.pop()
        if ident not in found:
            found.add(ident)
            queue.extend(each for each in have.needed_by.get(ident, ()) if each.kind in _MADE_OF_OTHERS)
    return found


def called_so(was: Fact, want: Catalog) -> Fact | None:
    """Give what a type or a collation becomes: if it goes, the type of another kind that takes its name."""
    if was.ident in want.facts or was.kind == Collation.kind:
        return want.facts.get(was.ident)
    idents = (Ident(kind.kind, was.ident.path) for kind in KINDS)
    return next((want.facts[ident] for ident in idents if ident in want.facts), None)


def in_no_place(have: object, want: object) -> bool:
    """Say whether no ALTER turns one type into the other under a column."""
    match have, want:
        case Enum(), Enum():
            return not adds_only(have, want)
        case Domain(), Domain():
            return (have.type, have.collation) != (want.type, want.collation)
        case Composite(), Composite():
            return have.attributes != want.attributes[: len(have.attributes)]
    return True
