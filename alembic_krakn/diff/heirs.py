"""Tell what partitions and heirs will have once PostgreSQL has made their parents' changes in them as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..catalog import Catalog, Column, Constraint, Default, Fact, Inheritance
from ..names import Ident
from .rules import RULES, Sides
from .rules.nulls import hands_not_null, is_left

OF_TYPE = ("type", "collation", "base_type", "type_kind", "category", "builtin")
# What ALTER COLUMN of a parent sets in every table below it; SET COMPRESSION and SET (...) stay in the parent.
GOES_DOWN = ("not_null", "generated", "storage", "statistics")


def handed_down(have: Catalog, want: Catalog) -> Catalog:
    """Give `have` as it is when the changes of every parent have gone down to its partitions and heirs.

    What still differs from `want` then needs a statement of its own, behind the parent's.
    """
    if not (have.of(Inheritance) or want.of(Inheritance)):
        return have
    facts, sides = dict(have.facts), Sides(have, want)
    for under in _downwards(have, want):
        for parent in under.parents:
            for column in have.parts(Ident("table", parent), Column):
                _column(column, under, facts, sides)
                _default(column, under, facts, have, want)
    facts.update((column.ident, column) for column in _named(facts, have, want))
    left = {key.ident: (key, origin) for key, origin in _left_behind(have, want) if key.ident not in facts}
    facts.update((ident, key) for ident, (key, _) in left.items())
    fresh = {ident for ident, fact in facts.items() if ident.kind == Default.kind and fact != have.facts.get(ident)}
    needs = {ident: need for ident, need in have.needs.items() if ident in facts and ident not in fresh}
    for ident, (_, origin) in left.items():
        needs[ident] = frozenset(
            need for need in have.needs.get(origin.ident, ()) if need.path[:2] == origin.references
        )
    return replace(have, facts=facts, needs=needs) if facts != have.facts else have


def _named(facts: Mapping[Ident, Fact], have: Catalog, want: Catalog) -> Iterator[Column]:
    """Give the columns whose NOT NULL becomes a parent's as well, or their own alone, with its name if that changes.

    PostgreSQL keeps the name then, and renames none that is a parent's.
    """
    for under in (*have.of(Inheritance), *want.of(Inheritance)) if have.version >= 180000 else ():
        before, after = (side.get(Inheritance, under.schema, under.table) for side in (have, want))
        for column in have.parts(under.parent, Column):
            now, then = facts[column.ident], want.facts.get(column.ident)
            if not (isinstance(now, Column) and isinstance(then, Column) and column.not_null):
                continue
            said = (_says_not_null(place, then.name, side) for place, side in ((before, have), (after, want)))
            if now.not_null and then.not_null and len({*said}) > 1:
                alike = column.not_null_constraint == then.not_null_constraint
                yield replace(now, not_null_name=then.not_null_name if alike else column.not_null_constraint)


def _says_not_null(place: Inheritance | None, column: str, catalog: Catalog) -> bool:
    """Say whether a parent of a table says NOT NULL of a column, for the table as well."""
    parents = (catalog.get(Column, *parent, column) for parent in (place.parents if place else ()))
    return any(parent is not None and hands_not_null(parent) for parent in parents)


def _left_behind(have: Catalog, want: Catalog) -> Iterator[tuple[Constraint, Constraint]]:
    """Give the foreign keys that a partition keeps as its own when it is detached, and what they are copies of."""
    for under in have.of(Inheritance):
        after = want.get(Inheritance, under.schema, under.table)
        if under.partition_of is None or (after and after.partition_of == under.partition_of):
            continue
        if Ident("table", (under.schema, under.table)) in want.facts:
            for key in _keys_above(under, have):
                stays = want.facts.get(key.ident) == key and not _made_anew(key.parent, have, want)
                if stays or stays_behind(key, under.parent.path, want):
                    yield replace(key, schema=under.schema, table=under.table), key


def stays_behind(key: Constraint, table: tuple[str, ...], want: Catalog) -> bool:
    """Say whether a partition that is detached shall keep its copy of a foreign key whose table goes."""
    copy = replace(key, schema=table[0], table=table[1])
    return key.parent not in want.facts and want.facts.get(copy.ident) == copy


def is_rid_of(key: Constraint, table: tuple[str, ...], want: Catalog) -> bool:
    """Say whether a partition that is detached, and stays, shall not keep its copy of a foreign key that goes."""
    return Ident("table", table) in want.facts and not stays_behind(key, table, want)


def _made_anew(table: Ident, have: Catalog, want: Catalog) -> bool:
    sides = Sides(have, want)
    return (
        table.path in sides.keyed_anew or RULES[table.kind].alter(have.facts[table], want.facts[table], sides) is None
    )


def _keys_above(under: Inheritance, have: Catalog) -> Iterator[Constraint]:
    for parent in under.parents:
        keys = have.parts(Ident("table", parent), Constraint)
        yield from (key for key in keys if key.type == "f")
        above = have.get(Inheritance, *parent)
        if above is not None:
            yield from _keys_above(above, have)


def _downwards(have: Catalog, want: Catalog) -> Iterator[Inheritance]:
    """Give what is under the same parents on both sides, the parents' own place before that."""
    anew = Sides(have, want).keyed_anew  # what is under these is detached, and attached again
    waiting = {
        fact.parent: fact
        for fact in have.of(Inheritance)
        if want.facts.get(fact.ident) == fact and anew.isdisjoint((fact.parent.path, *fact.parents))
    }
    while waiting:
        for ident, fact in sorted(waiting.items()):
            if not any(Ident("table", parent) in waiting for parent in fact.parents):
                yield waiting.pop(ident)


def _column(column: Column, under: Inheritance, facts: dict[Ident, Fact], sides: Sides) -> None:
    """Put what a parent's column becomes into the column of a table under it."""
    own, then = facts.get(Ident("column", (under.schema, under.table, column.name))), sides.want.facts.get(column.ident)
    now = facts[column.ident]  # what the parent's own parents make of it; `column` is what it is today
    if not (isinstance(own, Column) and isinstance(now, Column) and isinstance(then, Column)):
        return

    def differ(name: str) -> bool:
        if name == "not_null":
            return any(hands_not_null(each) != hands_not_null(then) for each in (column, now))
        return any(getattr(each, name) != getattr(then, name) for each in (column, now))

    passed = replace(then, not_null=hands_not_null(then))
    if column != then and RULES["column"].alter(column, then, sides) is None:  # dropped and created again
        own = replace(then, schema=own.schema, table=own.table, position=own.position, inherited=own.inherited)
    elif differ("type") or differ("collation"):
        taken = {name: getattr(passed, name) for name in (*OF_TYPE, *GOES_DOWN) if name in OF_TYPE or differ(name)}
        own = replace(own, **{**taken, "storage": then.storage, "compression": None})
    else:
        own = replace(own, **{name: getattr(passed, name) for name in GOES_DOWN if differ(name)})
    facts[own.ident] = _with_null(facts[own.ident], own, column, then, is_left(own, then, sides))


def _with_null(before: Fact, own: Column, had: Column, parent: Column, left: bool) -> Column:
    """Give a column with the NOT NULL that it has once its parent's has come, changed or gone."""
    if not isinstance(before, Column):
        return own
    if before.not_null == own.not_null:
        if had.not_null_validated == parent.not_null_validated or before.not_null_local:
            return own
        if had.not_null_validated:  # which was dropped, and comes back from above
            return replace(own, not_null_validated=False, not_null_constraint=parent.not_null_constraint)
        return replace(own, not_null_validated=True)
    if before.not_null_local or left:  # the table's own, which stays without the parent's
        return replace(own, not_null=True)
    validated = parent.not_null_validated or not own.not_null
    name = parent.not_null_constraint if own.not_null else None
    return replace(
        own, not_null_name=None, not_null_heritable=True, not_null_validated=validated, not_null_constraint=name
    )


def _default(column: Column, under: Inheritance, facts: dict[Ident, Fact], have: Catalog, want: Catalog) -> None:
    """Put what a parent's default becomes into the column of a table under it."""
    ident, own = Ident("default", column.ident.path), Ident("default", (under.schema, under.table, column.name))
    then = want.facts.get(ident)
    if have.facts.get(ident) == facts.get(ident) == then or column.ident not in want.facts:
        return
    if isinstance(then, Default):
        facts[own] = replace(then, schema=under.schema, table=under.table)
    else:
        facts.pop(own, None)
