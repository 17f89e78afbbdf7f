"""Choose what shall change: two catalogs and a choice go in, `want` with `have`'s version of all the rest comes out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ..catalog import Catalog, Column, Constraint, Fact, Index, Inheritance, Ownership
from ..errors import PlanError
from ..names import Ident
from ..renames import Renames
from .keys import leave_not_null, part_null_names
from .patterns import Pattern, written
from .unfit import refuse_unfit

Claim = tuple[str, ...]

# What has a name in pg_class, and what has one in pg_type; a schema has each name once in both.
_IN_PG_CLASS = frozenset({"table", "view", "materialized view", "index", "sequence", "composite type"})
_IN_PG_TYPE = frozenset({*("table", "view", "materialized view"), *("composite type", "enum", "domain", "range type")})
_BOTH = "choose both, as with --only {}, or neither, as with --exclude {}"
_NAMED = 3  # things that a message names, when there are more


def choose(
    have: Catalog, want: Catalog, only: Sequence[Pattern], exclude: Sequence[Pattern], renames: Renames
) -> Catalog:
    """Give `want` with `have`'s version of what `only` does not name, or `exclude` does.

    A thing is chosen with its parts, with the sequences that its columns own, and with what its partitions and heirs
    have from it; a rename is chosen by either name.
    """
    if not (only or exclude):
        return want
    follow = _followers(have, want, renames)
    idents = have.facts.keys() | want.facts.keys()
    chosen = _closure(_named(only, idents), follow) if only else set(idents)
    chosen -= _closure(_named(exclude, idents), follow)
    found = mixed(have, want, chosen)
    refuse_unmet(found, chosen, {**have.facts, **want.facts}, _BOTH)
    refuse_unfit(found, chosen, have, want)
    return found


def mixed(have: Catalog, want: Catalog, chosen: Collection[Ident]) -> Catalog:
    """Take the chosen things from `want` and all others from `have`; what is part of a thing that goes, goes with it.

    What the things need may be missing; `refuse_unmet` says so.
    """
    facts: dict[Ident, Fact] = {}
    needs: dict[Ident, frozenset[Ident]] = {}
    for catalog, is_chosen in ((have, False), (want, True)):
        for ident, fact in catalog.facts.items():
            if (ident in chosen) is is_chosen:
                facts[ident] = fact
                needs[ident] = catalog.needs.get(ident, frozenset())
    while orphans := [
        ident
        for ident, fact in facts.items()
        if ident not in chosen and fact.parent is not None and fact.parent not in facts
    ]:
        for ident in orphans:
            del facts[ident], needs[ident]
    leave_not_null(facts, have, want)
    part_null_names(facts, have)
    return replace(want, facts=facts, needs=needs)


def claims(fact: Fact) -> Iterator[Claim]:
    """Give what only one thing of a database can have: a name among the relations, a table's primary key."""
    path = fact.ident.path
    if fact.kind in _IN_PG_CLASS:
        yield ("relation", *path)
    if fact.kind in _IN_PG_TYPE:
        yield ("type", *path)
    if fact.kind in ("function", "aggregate"):
        yield ("routine", *path)
    if isinstance(fact, Constraint):
        if fact.type in ("p", "u", "x"):
            yield ("relation", fact.schema, fact.name)
        if fact.type == "p":
            yield ("primary key", fact.schema, fact.table)
    if isinstance(fact, Column) and fact.identity:
        yield ("relation", fact.identity.sequence_schema, fact.identity.sequence_name)
    if fact.kind == "default" or (isinstance(fact, Column) and (fact.identity or fact.generated)):
        yield ("default", *path)


def _named(patterns: Iterable[Pattern], idents: Iterable[Ident]) -> set[Ident]:
    every = list(patterns)
    return {ident for ident in idents if any(pattern.matches(ident) for pattern in every)}


def _followers(have: Catalog, want: Catalog, renames: Renames) -> dict[Ident, set[Ident]]:
    """Map each thing to what is chosen together with it."""
    found: dict[Ident, set[Ident]] = defaultdict(set)
    for catalog in (have, want):
        indexes = {(fact.schema, fact.name): fact.ident for fact in catalog.of(Constraint) if fact.type in "pux"}
        indexes |= {(fact.schema, fact.name): fact.ident for fact in catalog.of(Index)}
        for ident, fact in catalog.facts.items():
            if fact.parent is not None:
                found[fact.parent].add(ident)
            if isinstance(fact, Ownership):
                found[Ident("column", (fact.table_schema, fact.table, fact.column))].add(fact.parent)
            if isinstance(fact, Column | Constraint) and fact.inherited:
                under = catalog.get(Inheritance, fact.schema, fact.table)
                for parent in under.parents if under else ():
                    found[Ident(fact.kind, (*parent, fact.name))].add(ident)
            if isinstance(fact, Index | Constraint) and fact.parent_index in indexes:
                found[indexes[fact.parent_index]].add(ident)
    for was in have.facts.keys() if renames else ():
        if (now := renames.now(was)) != was:
            found[was].add(now)
            found[now].add(was)
    return found


def _closure(idents: Iterable[Ident], follow: dict[Ident, set[Ident]]) -> set[Ident]:
    found: set[Ident] = set()
    queue = list(idents)
    while queue:
        ident = queue.pop()
        if ident not in found:
            found.add(ident)
            queue.extend(follow.get(ident, ()))
    return found


def refuse_unmet(catalog: Catalog, chosen: Collection[Ident], facts: Mapping[Ident, Fact], advice: str) -> None:
    """Raise an error where something needs a thing of the other side, or has its place; `facts` are those of both."""
    missing = {ident: needs - catalog.facts.keys() for ident, needs in catalog.needs.items()}
    unmet = sorted((ident, _whole(min(needs), catalog, facts)) for ident, needs in missing.items() if needs)
    if unmet:
        told = [_told(ident, need, ident in chosen) for ident, need in unmet[:_NAMED]]
        more = f", and {len(unmet) - _NAMED} more" if len(unmet) > _NAMED else ""
        ident, need = unmet[0]
        lacking, extra = (need, ident) if ident in chosen else (ident, need)
        raise PlanError(f"{'; '.join(told)}{more}; {advice.format(repr(written(lacking)), repr(written(extra)))}")
    _refuse_clashes(catalog)


def _told(ident: Ident, need: Ident, chosen: bool) -> str:
    if chosen:
        return f"{ident} needs {need}, which is not chosen"
    return f"{ident} is not chosen and stays, but needs {need}, which goes"


def _whole(ident: Ident, catalog: Catalog, facts: Mapping[Ident, Fact]) -> Ident:
    """Give the largest missing thing that a missing thing is a part of."""
    while ident in facts and (parent := facts[ident].parent) is not None and parent not in catalog.facts:
        ident = parent
    return ident


def _refuse_clashes(catalog: Catalog) -> None:
    """Raise an error where a thing of one side has the place of a thing of the other."""
    taken: dict[Claim, Ident] = {}
    for ident in sorted(catalog.facts):
        for claim in claims(catalog.facts[ident]):
            other = taken.setdefault(claim, ident)
            if other != ident:
                raise PlanError(
                    f"{other} and {ident} cannot be there at once: they have one {claim[0]}"
                    f"{' name' if claim[0] in ('relation', 'type', 'routine') else ''}; choose both or neither, with"
                    f" --only or --exclude {written(other)!r} and {written(ident)!r}"
                )


__all__ = ["choose", "claims", "mixed", "refuse_unmet"]
