"""Keep what only `have` has: two catalogs go in, `want` with all of that, and a list of it, come out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ..catalog import (
    Catalog,
    Column,
    Composite,
    Constraint,
    Default,
    Enum,
    Fact,
    Grant,
    Index,
    Inheritance,
    Publication,
    Typing,
)
from ..errors import PlanError
from ..names import Ident
from .choice import Claim, claims
from .heirs import OF_TYPE
from .keys import leave_not_null, part_null_names
from .patterns import written

T = TypeVar("T")


@dataclass(frozen=True)
class Kept:
    """`want` with what `have` alone has; what was kept of that, and what not as `want` has another in its place."""

    want: Catalog
    kept: tuple[Ident, ...] = ()  # wholes, without their parts; a value of an enum is a 'label'
    replaced: tuple[tuple[Ident, Ident], ...] = ()  # what goes all the same, and for the sake of what


def keep(have: Catalog, want: Catalog) -> Kept:
    """Add to `want` what only `have` has; `have` must have the names that renames lead to.

    What both have and is not the same follows `want`: a type, a NOT NULL, a body. Of what is made of members (labels of
    an enum, checks of a domain, attributes of a composite type, tables of a publication, privileges of one role), the
    members that only `have` has are kept.
    """
    lost = _replaced(have, want)
    alone = {ident for ident in have.facts if ident not in want.facts}
    _cascade(lost, alone, have)
    kept = alone - lost.keys()
    facts = {**want.facts, **{ident: have.facts[ident] for ident in kept}}
    needs = {**want.needs, **{ident: have.needs.get(ident, frozenset()) for ident in kept}}
    members: list[Ident] = []
    for ident in have.facts.keys() & want.facts.keys():
        merged, names = _merged(have.facts[ident], want.facts[ident])
        if names:
            facts[ident] = merged
            needs[ident] = needs.get(ident, frozenset()) | have.needs.get(ident, frozenset())
            members += names
    leave_not_null(facts, have, want)
    part_null_names(facts, have)
    lead_heirs(facts, needs, kept)
    found = replace(want, facts=facts, needs={ident: each & facts.keys() for ident, each in needs.items()})
    wholes = [ident for ident in kept if have.facts[ident].parent not in kept]
    return Kept(found, tuple(sorted([*wholes, *members])), tuple(sorted(_worth_saying(lost, have))))


def _replaced(have: Catalog, want: Catalog) -> dict[Ident, Ident]:
    """Map what only `have` has, and cannot stay beside what `want` has, to that other thing."""
    taken: dict[Claim, Ident] = {claim: ident for ident, fact in want.facts.items() for claim in claims(fact)}
    lost: dict[Ident, Ident] = {}
    for ident, fact in have.facts.items():
        if ident in want.facts:
            continue
        if isinstance(fact, Inheritance | Typing) and fact.parent in want.facts:
            lost[ident] = fact.parent  # where a table stands among others is no thing by itself
        if isinstance(fact, Default) and _type_differs(fact.parent, have, want):
            lost[ident] = fact.parent  # it is written for another type
        for other in filter(None, map(taken.get, claims(fact))):
            if not _is_change(fact, want.facts[other]):
                raise PlanError(
                    f"{ident} is in prod alone and cannot be kept, as test has {other} under the same name; rename one"
                    f" of them, or leave both as prod has them with --exclude {written(ident)!r} and {written(other)!r}"
                )
            lost[ident] = other
    return lost


def _type_differs(column: Ident, have: Catalog, want: Catalog) -> bool:
    was, now = have.facts.get(column), want.facts.get(column)
    return isinstance(was, Column) and isinstance(now, Column) and was.type != now.type


def _is_change(have: Fact, want: Fact) -> bool:
    """Say whether one thing takes the place of another as a change of the same table would."""
    keys = isinstance(have, Constraint | Index) and isinstance(want, Constraint | Index)
    return (keys and have.parent == want.parent) or isinstance(have, Default | Column)


def _cascade(lost: dict[Ident, Ident], alone: set[Ident], have: Catalog) -> None:
    """Add what needs something that cannot be kept."""
    queue = sorted(lost)
    while queue:
        need = queue.pop()
        for ident in sorted(have.needed_by.get(need, ())):
            if ident in alone and ident not in lost:
                lost[ident] = lost[need]
                queue.append(ident)


def _worth_saying(lost: dict[Ident, Ident], have: Catalog) -> Iterator[tuple[Ident, Ident]]:
    for ident, because in lost.items():
        fact = have.facts[ident]
        if fact.parent not in lost and not isinstance(fact, Default | Inheritance | Typing):
            yield ident, because


def lead_heirs(facts: dict[Ident, Fact], needs: dict[Ident, frozenset[Ident]], kept: set[Ident]) -> None:
    """Give kept partitions and heirs the columns that their parents have in `want`, as PostgreSQL will."""
    found = [fact for ident in sorted(kept) if isinstance(fact := facts[ident], Inheritance)]
    heirs = {(each.schema, each.table): each for each in found}
    columns: dict[tuple[str, str], list[Column]] = defaultdict(list)
    for fact in facts.values() if heirs else ():
        if isinstance(fact, Column):
            columns[fact.schema, fact.table].append(fact)
    while heirs:  # parents before their own heirs
        path = next(path for path, heir in heirs.items() if not any(parent in heirs for parent in heir.parents))
        for column in [each for parent in heirs.pop(path).parents for each in columns[parent]]:
            mine = facts.get(Ident("column", (*path, column.name)))
            if isinstance(mine, Column) and not mine.inherited:  # its own as well, but of the parent's type
                facts[mine.ident] = replace(mine, **{name: getattr(column, name) for name in (*OF_TYPE, "generated")})
                needs[mine.ident] = (needs.get(column.ident, frozenset()) - {column.parent}) | {mine.parent}
                continue
            counted = mine.identity if isinstance(mine, Column) else None  # which nobody has from above
            own = replace(column, schema=path[0], table=path[1], inherited=True, identity=counted)
            facts[own.ident] = own
            needs[own.ident] = (needs.get(column.ident, frozenset()) - {column.parent}) | {own.parent}
            default = facts.get(Ident("default", column.ident.path))
            if mine is None:
                columns[path].append(own)
            if mine is None and isinstance(default, Default):
                copy = replace(default, schema=path[0], table=path[1])
                facts[copy.ident] = copy
                needs[copy.ident] = (needs.get(default.ident, frozenset()) - {default.parent}) | {copy.parent}


def _merged(have: Fact, want: Fact) -> tuple[Fact, list[Ident]]:
    """Give `want` with the members that only `have` has, and the names of those."""
    path = have.ident.path
    match have, want:
        case Enum(), Enum():
            labels, alone = _joined(have.labels, want.labels, str)
            return replace(want, labels=labels), [Ident("label", (*path, label)) for label in alone]
        case Composite(), Composite():
            attributes, more = _joined(have.attributes, want.attributes, lambda each: each.name)
            return replace(want, attributes=attributes), [Ident("attribute", (*path, each.name)) for each in more]
        case Publication(), Publication() if not want.all_tables:
            tables, extra = _joined(have.tables, want.tables, lambda each: (each.schema, each.table))
            schemas, further = _joined(have.schemas, want.schemas, str)
            tables = tuple(sorted(tables, key=lambda each: (each.schema, each.table)))
            names = [*((each.schema, each.table) for each in extra), *((schema,) for schema in further)]
            merged = replace(want, tables=tables, schemas=tuple(sorted(schemas)))
            return merged, [Ident("published", (*path, *name)) for name in names]
        case Grant(), Grant():
            held = {each.rstrip("*"): each for each in sorted((*have.privileges, *want.privileges))}  # 'SELECT*' wins
            privileges = tuple(sorted(held.values()))
            return replace(want, privileges=privileges), [have.ident] if set(privileges) - set(want.privileges) else []
    return want, []


def _joined(have: Sequence[T], want: Sequence[T], key: Callable[[T], object]) -> tuple[tuple[T, ...], list[T]]:
    """Put the members that only `have` has behind those that they follow there; gives all, and what was put in."""
    joined, alone = list(want), []
    names = [key(each) for each in want]
    place = 0
    for each in have:
        if key(each) in names:
            place = names.index(key(each)) + 1
            continue
        alone.append(each)
        joined.insert(place, each)
        names.insert(place, key(each))
        place += 1
    return tuple(joined), alone


__all__ = ["Kept", "keep", "lead_heirs"]
