"""Tell what becomes of the indexes and keys of partitions when those of the partitioned table come and go.

PostgreSQL makes them in every partition, and calls them as it likes; only their name may be another one in `want`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from psycopg import sql

from ...catalog import Catalog, Constraint, Index, IndexKey, Inheritance
from ...names import Ident, Name, text_of
from .base import Sides

Attached = Index | Constraint

# Whatever PostgreSQL has called the index of a partition, it is the one that is attached to the index above.
RENAME = sql.SQL("""DO $krakn$
DECLARE made regclass;
BEGIN
    FOR made IN
        SELECT c.oid FROM pg_catalog.pg_inherits h
        JOIN pg_catalog.pg_index x ON x.indexrelid = h.inhrelid JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
        WHERE h.inhparent = {above}::regclass AND x.indrelid = {table}::regclass AND c.relname <> {name}
    LOOP
        EXECUTE pg_catalog.format('ALTER INDEX %s RENAME TO %I', made, {name});
    END LOOP;
END
$krakn$""")


def made_by_parent(fact: Attached, sides: Sides) -> bool:
    """Say whether PostgreSQL makes an index or key of `want` by itself: for a new partition, or with the one above."""
    if fact.parent_index is None or (isinstance(fact, Constraint) and fact.type != "x" and comes(fact, sides)):
        return False  # what is attached finds its keys there, and gets an exclusion constraint in any case
    above = over(fact, sides.want)
    if above is None:
        return True
    was = sides.have.facts.get(above.ident)
    if isinstance(was, Index | Constraint) and above.ident not in sides.made:
        # one that was created ON ONLY its table comes with new partitions alone
        is_new = fact.parent not in sides.have.facts or fact.parent in sides.made or comes(fact, sides)
        return is_new or is_whole(was)
    return is_whole(above)


def over(fact: Attached, catalog: Catalog) -> Attached | None:
    """Give the index or key of the partitioned table that one of a partition is attached to."""
    place = catalog.get(Inheritance, fact.schema, fact.table)
    if fact.parent_index is None or place is None or place.partition_of is None:
        return None
    key = catalog.get(Constraint, *place.partition_of, fact.parent_index[1])
    return key or catalog.get(Index, *fact.parent_index)


def is_whole(fact: Attached) -> bool:
    """Say whether all partitions have an index or key of their table, which was not created ON ONLY that."""
    return fact.valid if isinstance(fact, Index) else fact.whole


def taken_over(fact: Attached, sides: Sides) -> bool:
    """Say whether a key of a partition takes over the index that is attached, or will be, to one which is no key."""
    if not isinstance(fact, Constraint) or fact.parent_index is None:
        return False
    above = sides.want.get(Index, *fact.parent_index)
    return above is not None and (made_by_parent(fact, sides) or _is_there(fact, above, sides))


def _is_there(fact: Constraint, above: Index, sides: Sides) -> bool:
    """Say whether the partition has that index attached already, and keeps it."""
    place = Ident(Inheritance.kind, (fact.schema, fact.table))
    if above.ident in sides.made or place in sides.made or sides.have.facts.get(place) != sides.want.facts.get(place):
        return False
    there = (each for each in sides.have.parts(fact.parent, Index) if each.parent_index == fact.parent_index)
    return any(each.ident not in sides.want.facts for each in there)


def goes_with_parent(fact: Attached, sides: Sides) -> bool:
    """Say whether an index or key of `have` can only be dropped by dropping the one above it."""
    return fact.parent_index is not None and not leaves(fact, sides)


def needs_name(fact: Attached, sides: Sides) -> bool:
    """Say whether PostgreSQL may call what it makes otherwise than `want` does, or has called it so already."""
    name = _usual_name(fact)
    alike = [each for each in _attached(fact, sides.want) if _usual_name(each) == name]
    taken = (fact.schema, name) in sides.have_names and fact.ident not in sides.have.facts
    before = {each.name for each in _attached(fact, sides.have) if each.parent_index == fact.parent_index}
    return name != fact.name or len(alike) > 1 or taken or bool(before - {fact.name})


def remade(columns: Iterable[Ident], sides: Sides) -> Iterator[Ident]:
    """Give the indexes and keys of partitioned tables that had better go before these columns change their types.

    PostgreSQL builds all of them anew, and those of the partitions as the one above says, under names of its own.
    """
    for column in columns:
        for ident in sides.have.needed_by.get(column, ()):
            fact = sides.have.facts[ident]
            if isinstance(fact, Attached) and fact.parent_index and ident in sides.want.facts:
                above = list(_above(fact, sides.have))
                if above and _stands_out(fact, above[0], sides):
                    yield above[-1].ident


def _above(fact: Attached, catalog: Catalog) -> Iterator[Attached]:
    """Give the index or key that one is attached to, and so on to the uppermost one."""
    while fact.parent_index is not None:
        place = catalog.get(Inheritance, fact.schema, fact.table)
        if place is None or place.partition_of is None:
            return
        name = fact.parent_index[1]
        found = catalog.get(Index, *fact.parent_index) or catalog.get(Constraint, *place.partition_of, name)
        if found is None:
            return
        yield found
        fact = found


def _stands_out(fact: Attached, above: Attached, sides: Sides) -> bool:
    """Say whether an attached index or key is not as PostgreSQL makes one for the one above."""
    told = (each for each in sides.have.needed_by.get(fact.ident, ()) if each.kind not in (Index.kind, Constraint.kind))
    if (fact.options, fact.tablespace) != (above.options, above.tablespace) or any(told):
        return True
    return needs_name(fact, sides)


def alike(fact: Attached, catalog: Catalog) -> list[Attached]:
    """List the attached indexes and keys of the same table that PostgreSQL might take a free one for."""
    return [each for each in _attached(fact, catalog) if _shape(each) == _shape(fact)]


def _shape(fact: Attached) -> tuple[object, ...]:
    if isinstance(fact, Constraint):
        return "btree", fact.type in ("p", "u"), tuple(_key(column) for column in fact.columns), fact.include, None
    keys = tuple(replace(key, statistics=None) for key in fact.keys)
    return fact.method, fact.unique, keys, fact.include, fact.predicate


def _key(column: str) -> IndexKey:
    return IndexKey(expression=text_of(Name(column)), column=column)


def comes(fact: Attached, sides: Sides) -> bool:
    """Say whether a table that is there, and stays, is attached."""
    place = Ident(Inheritance.kind, (fact.schema, fact.table))
    stays = fact.parent in sides.have.facts and fact.parent not in sides.made
    return stays and sides.have.facts.get(place) != sides.want.facts.get(place)


def _attached(fact: Attached, catalog: Catalog) -> Iterator[Attached]:
    """Give the indexes and keys of the same table that belong to ones of the partitioned table."""
    yield from (each for each in catalog.parts(fact.parent, Index) if each.parent_index)
    yield from (each for each in catalog.parts(fact.parent, Constraint) if each.parent_index)


def rename(fact: Attached) -> sql.Composed:
    """Compose what gives the index or key that PostgreSQL has made its name."""
    assert fact.parent_index is not None
    above, table = (text_of(Name(*path)) for path in (fact.parent_index, (fact.schema, fact.table)))
    return RENAME.format(above=sql.Literal(above), table=sql.Literal(table), name=sql.Literal(fact.name))


def held_by_parent(fact: Attached, sides: Sides) -> set[Ident]:
    """Give the index or key above one that is attached to it no longer, and that only goes with it."""
    above, want = over(fact, sides.have), sides.want.facts.get(fact.ident)
    if above is None or fact.parent not in sides.want.facts or not goes_with_parent(fact, sides):
        return set()
    stays = isinstance(want, Index | Constraint) and want.parent_index == fact.parent_index
    return set() if stays else {above.ident}


def leaves(fact: Attached, sides: Sides) -> bool:
    """Say whether the table of an index or key of `have` is detached, and so keeps it."""
    place = Ident(Inheritance.kind, (fact.schema, fact.table))
    stays = Ident("table", place.path) in sides.want.facts
    moved = sides.have.facts.get(place) != sides.want.facts.get(place)
    return stays and (moved or sides.detached(fact.schema, fact.table))


def _usual_name(fact: Attached) -> str:
    """Give the name that PostgreSQL chooses, where nothing else has it."""
    if isinstance(fact, Constraint) and fact.type == "p":
        return f"{fact.table}_pkey"
    if isinstance(fact, Constraint):
        words, end = [*fact.columns, *fact.include], "key" if fact.type == "u" else "excl"
    else:
        words, end = [*(key.column or "expr" for key in fact.keys), *fact.include], "idx"
    return "_".join([fact.table, *words, end])
