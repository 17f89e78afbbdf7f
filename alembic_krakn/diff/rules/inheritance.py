"""Rule for what a table is a partition of, or inherits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from ...catalog import Catalog, Column, Comment, Constraint, Fact, Inheritance, Table
from ...names import Ident, Name, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .base import Rule, Sides, Work


class InheritanceRule(Rule[Inheritance]):
    """ATTACH PARTITION, DETACH PARTITION, INHERIT and NO INHERIT, of a table that is there."""

    def create(self, fact: Inheritance, members: Sequence[Fact], sides: Sides) -> Work:
        table = Name(fact.schema, fact.table)
        if fact.partition_of:
            attach = sql.SQL("ALTER TABLE {} ATTACH PARTITION {} ").format(Name(*fact.partition_of), table)
            hazard = _hashed_anew(fact) if _by_hash_of_enum(fact, sides) else _outside(fact)
            hazards = [_read(fact.parent), hazard, *claimed(fact, sides)]
            return Work([attach + verbatim(fact.bound or "DEFAULT")], hazards)
        join = [sql.SQL("ALTER TABLE {} INHERIT {}").format(table, Name(*parent)) for parent in fact.inherits]
        return Work([*join, *_parted(fact, sides, fact.inherits)])

    def drop(self, fact: Inheritance, sides: Sides) -> Work:
        table = Name(fact.schema, fact.table)
        if fact.partition_of:
            return Work([sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(Name(*fact.partition_of), table)])
        return Work([sql.SQL("ALTER TABLE {} NO INHERIT {}").format(table, Name(*parent)) for parent in fact.inherits])

    def alter(self, have: Inheritance, want: Inheritance, sides: Sides) -> Work | None:
        """Let an heir have its new parents before it leaves the old ones, so that what both have stays inherited."""
        fresh = [parent for parent in want.inherits if parent not in have.inherits]
        kept = [parent for parent in have.inherits if parent in want.inherits]
        if have.partition_of or want.partition_of or [*kept, *fresh] != list(want.inherits):
            return None
        table = Ident("table", (want.schema, want.table))
        for column in sides.have.parts(table, Column):
            now = sides.want.facts.get(column.ident)
            if isinstance(now, Column) and (now.type, now.collation) != (column.type, column.collation):
                return None
        join, leave = sql.SQL("ALTER TABLE {} INHERIT {}"), sql.SQL("ALTER TABLE {} NO INHERIT {}")
        name = Name(want.schema, want.table)
        gone = [parent for parent in have.inherits if parent not in want.inherits]
        return Work(
            [
                *(join.format(name, Name(*parent)) for parent in fresh),
                *(leave.format(name, Name(*parent)) for parent in gone),
                *_parted(want, sides, fresh),
            ]
        )


def above(table: tuple[str, ...], catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Give the tables that a table is under, at any depth."""
    under = catalog.get(Inheritance, *table)
    for parent in under.parents if under else ():
        yield parent
        yield from above(parent, catalog)


def heirs_of(column: Column, sides: Sides) -> list[tuple[str, str]]:
    """List the heirs of a column's table that are so all the time: what leaves has left before the column goes."""
    table = column.schema, column.table
    places = (sides.want.get(Inheritance, *heir) for heir in sides.heirs.get(table, ()))
    stay = (each for each in places if each and table in each.inherits and each.ident not in sides.made)
    return [(each.schema, each.table) for each in stay]


def keeps(heir: tuple[str, str], column: Column, sides: Sides) -> bool:
    """Say whether an heir keeps the column as its own when its parent's goes."""
    kept = sides.want.get(Column, *heir, column.name)
    return kept is not None and not kept.inherited


def has_from_above(heir: tuple[str, str], column: Column, sides: Sides) -> bool:
    """Say whether an heir's column would go with its parent's."""
    had = sides.have.get(Column, *heir, column.name)
    return had is not None and had.inherited


def _parted(fact: Inheritance, sides: Sides, fresh: Sequence[tuple[str, str]]) -> Iterator[sql.Composable]:
    """Compose what makes checks of a table that has joined new parents theirs alone: PostgreSQL has merged them."""
    joined = {each for parent in fresh for each in (parent, *above(parent, sides.want))}
    before = {check.name for check in sides.have.parts(fact.parent, Constraint) if check.inherited}
    merged = before if tuple(fresh) != fact.inherits else set()  # what stays a parent's
    drop, add = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}"), sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ")
    for check in sides.want.parts(fact.parent, Constraint):
        if check.type == "c" and check.inherited and check.name not in merged:
            tables = [table for table in above(fact.parent.path, sides.want) if table in joined]
            found = (sides.want.get(Constraint, *table, check.name) for table in tables)
            own = [each for each in found if each and not each.inherited]
            if not own:
                continue
            for each in (*reversed(own), check):
                yield drop.format(Name(each.schema, each.table), Name(each.name))
            for each in own:
                yield add.format(Name(each.schema, each.table), Name(each.name)) + verbatim(each.definition)
            for ident in (*(each.ident for each in own), check.ident):
                yield from _commented(ident, sides)


def _commented(ident: Ident, sides: Sides) -> Iterator[sql.Composable]:
    for fact in sides.want.of(Comment):
        if fact.on == ident and fact.ident in sides.have.facts:
            name, table = Name(ident.path[2]), Name(*ident.path[:2])
            yield sql.SQL("COMMENT ON CONSTRAINT {} ON {} IS {}").format(name, table, sql.Literal(fact.text))


def _outside(place: Inheritance) -> Hazard:
    message = f"fails when a row of {place.parent} lies outside the partition's bounds"
    return Hazard(HazardKind.MAY_FAIL, message, Doubt(Asks.BOUNDS, place.parent))


def _read(table: Ident) -> Hazard:
    return Hazard(HazardKind.LOCK, f"ACCESS EXCLUSIVE on {table} while every row is held against the bounds")


def _by_hash_of_enum(place: Inheritance, sides: Sides) -> bool:
    """Say whether a partition comes back that holds rows by the hash of an enum's value, which is of its number."""
    above = sides.have.get(Table, *(place.partition_of or ()))
    if above is None or not sides.detached(place.schema, place.table):
        return False
    columns = (sides.have.get(Column, above.schema, above.name, name) for name in above.partition_columns)
    return (above.partition_key or "").startswith("HASH") and any(each and each.type_kind == "e" for each in columns)


def _hashed_anew(place: Inheritance) -> Hazard:
    message = f"fails when {place.parent} has rows: the values of an enum that is made anew have other hashes"
    return Hazard(HazardKind.MAY_FAIL, message, Doubt(Asks.ROWS, place.parent))


def claimed(place: Inheritance, sides: Sides) -> Iterator[Hazard]:
    """Tell of the default partition beside a new one: no row of it may belong to the new one."""
    if place.partition_of is None or place.bound is None or place.bound == "DEFAULT":
        return
    for other in sides.have.of(Inheritance):
        if (other.partition_of, other.bound) == (place.partition_of, "DEFAULT") and other.ident in sides.want.facts:
            message = f"fails when a row of {other.parent}, the default partition, belongs to {place.parent}"
            yield Hazard(HazardKind.MAY_FAIL, message, Doubt(Asks.CLAIMED, other.parent, (place.bound,)))
            yield _read(other.parent)
