"""Say what must run before what among indexes, keys and those that refer to them: actions and both catalogs in, pairs
of actions out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from ..catalog import Catalog, Column, Constraint, Fact, Index, Inheritance, ReplicaIdentity
from ..names import Ident
from .changes import Verb
from .ranks import Action
from .rules import Sides
from .rules.attached import alike
from .rules.referring import in_turn

Pair = tuple[Action, Action]  # the first one before the second


def around_indexes(wanted: set[Action], sides: Sides) -> Iterator[Pair]:
    """Give all pairs that indexes and keys are in."""
    for key in sides.have.of(Constraint):
        if key.references and Action(Verb.DROP, key.ident) not in wanted:
            for first, then in filter(None, in_turn(key, sides)):
                yield Action(Verb.ALTER, first), Action(Verb.ALTER, then)
    for action in wanted:
        if action.ident.kind == ReplicaIdentity.kind:
            yield from _around_identity(action, sides)
        elif action.ident.kind in (Index.kind, Constraint.kind):
            yield from _around_attaching(action, wanted, sides)
            if action.verb is Verb.CREATE:
                yield from _behind_old_keys(action, sides)
                yield from _around_attached(action, sides)


def _around_identity(action: Action, sides: Sides) -> Iterator[Pair]:
    """Let a replica identity leave an index before a column of that may be null."""
    if action.verb is not Verb.CREATE:
        for index in sides.have.needs.get(action.ident, ()):
            for column in sides.have.needs.get(index, ()):
                if column.kind == Column.kind:
                    yield action, Action(Verb.ALTER, column)


def _around_attaching(action: Action, wanted: set[Action], sides: Sides) -> Iterator[Pair]:
    """Pair what detaches a partition, or attaches it, with the indexes and keys that it keeps, or gets."""
    catalog = sides.have if action.verb is Verb.DROP else sides.want
    fact = catalog.facts[action.ident]
    if action.verb is Verb.DROP and fact.parent and Action(Verb.DROP, fact.parent) in wanted:
        return  # it goes with its table, or before that
    if isinstance(fact, Index) and fact.parent_index:
        for verb in {action.verb, Verb.DROP if action.verb is Verb.DROP else Verb.CREATE}:
            yield Action(verb, Ident(Inheritance.kind, (fact.schema, fact.table))), action
    elif isinstance(fact, Constraint) and action.verb is Verb.ALTER:  # a parent's check takes the partition's along
        above = catalog.get(Inheritance, fact.schema, fact.table)
        for parent in above.parents if isinstance(above, Inheritance) else ():
            yield Action(Verb.DROP, Ident(Constraint.kind, (*parent, fact.name))), action


def _behind_old_keys(action: Action, sides: Sides) -> Iterator[Pair]:
    """Let keys that go be gone before a foreign key comes, which would take one of them."""
    fact = sides.want.facts[action.ident]
    if isinstance(fact, Constraint) and fact.references:
        for key in keys_for(fact, sides.have):
            yield Action(Verb.DROP, key), action


def _around_attached(action: Action, sides: Sides) -> Iterator[Pair]:
    """Let what was attached to an index that goes come back behind that, and what stays alone not be attached instead
    of another one.
    """
    have, want = sides.have.facts.get(action.ident), sides.want.facts[action.ident]
    if isinstance(have, Index | Constraint) and have.parent_index:
        for above in sides.have.needs.get(action.ident, ()):
            yield Action(Verb.DROP, above), action
    if isinstance(want, Index | Constraint) and not want.parent_index:
        for other in alike(want, sides.want):
            yield Action(Verb.CREATE, other.ident), action
            for above in sides.want.needs.get(other.ident, ()):
                if above.kind in (Index.kind, Constraint.kind):
                    yield Action(Verb.CREATE, above), action


def keys_for(fact: Constraint, catalog: Catalog) -> Iterator[Ident]:
    """Give the keys and unique indexes because of which a foreign key may refer to its columns."""
    table, columns = Ident("table", fact.references or ()), {*fact.referenced_columns}
    for key in catalog.parts(table, Constraint):
        if key.type in ("p", "u") and {*key.columns} == columns:
            yield key.ident
    for index in catalog.parts(table, Index):
        if index.unique and {key.column for key in index.keys} == columns:
            yield index.ident


def not_null_for(fact: Fact, catalog: Catalog) -> tuple[str, ...]:
    """Give the columns that must be NOT NULL for this fact of a table."""
    if isinstance(fact, Constraint) and fact.type == "p":
        return fact.columns
    # In one plan, nothing says whether it or its columns change first, so they do not change at one level.
    if isinstance(fact, ReplicaIdentity) and fact.index:
        index = catalog.get(Index, fact.schema, fact.index)
        return tuple(key.column for key in index.keys if key.column) if index else ()
    return ()


def leave_not_null(facts: dict[Ident, Fact], have: Catalog, want: Catalog) -> None:
    """Let columns be NOT NULL where a primary key or a replica identity among the facts, of either side, wants it."""
    mixed = replace(want, facts=facts)
    names = ("not_null", "not_null_name", "not_null_heritable", "not_null_validated", "not_null_constraint")
    for ident, fact in list(facts.items()):
        for name in not_null_for(fact, mixed):
            column = Ident(Column.kind, (*ident.path[:2], name))
            now = facts.get(column)
            if isinstance(now, Column) and not now.not_null:
                sides = (side.facts.get(column) for side in (want, have))
                known = next((each for each in sides if isinstance(each, Column) and each.not_null), None)
                if known:
                    facts[column] = replace(now, **{name: getattr(known, name) for name in names})


def part_null_names(facts: dict[Ident, Fact], have: Catalog) -> None:
    """Let PostgreSQL name a NOT NULL of which a column beside it, from the other side, has the name."""
    taken: dict[tuple[str, str, str], list[Column]] = defaultdict(list)
    for fact in facts.values() if have.version >= 180000 else ():
        if isinstance(fact, Column) and fact.not_null_constraint:
            taken[fact.schema, fact.table, fact.not_null_constraint].append(fact)
    for columns in taken.values():
        for column in columns if len(columns) > 1 else ():
            if column != have.facts.get(column.ident):
                facts[column.ident] = replace(column, not_null_name=None, not_null_constraint=None)
