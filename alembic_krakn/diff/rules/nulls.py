"""Compose NOT NULL and its end, of columns: a constraint with a name of its own from PostgreSQL 18 on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from psycopg import sql

from ...catalog import Column, Constraint, Fact, Inheritance, Table
from ...names import LONGEST_NAME, Ident, Name, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .base import Sides


def named(fact: Fact, sides: Sides) -> Fact:
    """Give a column that comes with the name of its NOT NULL if PostgreSQL would choose another.

    The column or its table had another name once, or what has the name goes behind that.
    """
    if not isinstance(fact, Column) or not fact.not_null_constraint or sides.have.version < 180000:
        return fact
    place = sides.want.get(Inheritance, fact.schema, fact.table)
    parents = (sides.want.get(Column, *parent, fact.name) for parent in (place.parents if place else ()))
    if fact.not_null_name or any(parents):
        return fact  # parents name those of heirs
    usual = _usual(fact)
    chosen = fact.not_null_constraint.rstrip("0123456789") == usual
    heirs = (sides.want.facts[ident] for ident in sides.want.needed_by.get(fact.ident, ()))
    taken = {each.not_null_constraint for each in heirs if isinstance(each, Column)}
    free = sides.null_names.get((fact.schema, fact.not_null_constraint), {fact.ident}) == {fact.ident}
    if chosen and free and fact.not_null_constraint not in taken and (fact.schema, usual) not in sides.numbered_nulls:
        return fact
    return replace(fact, not_null_name=fact.not_null_constraint)


def _usual(column: Column) -> str:
    """Give the name that PostgreSQL chooses for a NOT NULL: of two names that are too long, it cuts the longer one."""
    table, name = column.table.encode(), column.name.encode()
    while len(table) + len(name) > LONGEST_NAME - len("__not_null"):
        table, name = (table[:-1], name) if len(table) > len(name) else (table, name[:-1])
    return f"{table.decode(errors='ignore')}_{name.decode(errors='ignore')}_not_null"


def handed_on(fact: Column, sides: Sides) -> Iterator[sql.Composable]:
    """Compose what lets another column have its own name for its NOT NULL, where this one comes with, or goes with, the
    name that the other one had, or gets.
    """
    name = fact.not_null_constraint
    for had in sides.have.parts(fact.parent, Column) if name and sides.have.version >= 180000 else ():
        has = sides.want.facts.get(had.ident)
        if had.ident == fact.ident or not isinstance(has, Column) or not has.not_null_constraint:
            continue
        names = had.not_null_constraint, has.not_null_constraint
        if names[0] and name in names and names[0] != names[1] and not sides.have.get(Inheritance, *fact.parent.path):
            rename = sql.SQL("ALTER TABLE {} RENAME CONSTRAINT {} TO {}")
            yield rename.format(Name(fact.schema, fact.table), Name(names[0]), Name(names[1]))


def null_clause(column: Column) -> sql.Composable:
    """Compose what a column's definition says of NULL; none can say NOT VALID, which must be added afterwards."""
    if not column.not_null or not column.not_null_validated:
        return sql.SQL("")
    named = sql.SQL(" CONSTRAINT {}").format(Name(column.not_null_name)) if column.not_null_name else sql.SQL("")
    return sql.SQL("{} NOT NULL{}").format(named, sql.SQL("" if column.not_null_heritable else " NO INHERIT"))


def add_not_null(column: Column) -> sql.Composable:
    """Compose what takes no more null in a column that is there: SET NOT NULL, where that says all."""
    table = sql.SQL("ALTER TABLE {}").format(Name(column.schema, column.table))
    if not column.not_null_name and column.not_null_heritable and column.not_null_validated:
        return sql.SQL("{} ALTER COLUMN {} SET NOT NULL").format(table, Name(column.name))
    # one that is NOT VALID is validated by its name one day
    name = column.not_null_name if column.not_null_validated else column.not_null_constraint
    named = sql.SQL("CONSTRAINT {} ").format(Name(name)) if name else sql.SQL("")
    tail = "" if column.not_null_heritable else " NO INHERIT"
    tail += "" if column.not_null_validated else " NOT VALID"
    return sql.SQL("{} ADD {}NOT NULL {}{}").format(table, named, Name(column.name), sql.SQL(tail))


def without_unproven(column: Column, sides: Sides) -> Iterator[sql.Composable]:
    """Compose what takes each NOT NULL away that is NOT VALID: PostgreSQL proves it for every row that it rewrites."""
    yield from map(_drop, _unproven(column, sides))


def with_unproven(column: Column, sides: Sides) -> Iterator[sql.Composable]:
    """Compose what brings them back; partitions and heirs that had a proof of theirs have one afterwards."""
    for each in _unproven(column, sides):
        yield add_not_null(each)
        for below in _below(each, sides) if each.not_null_heritable else ():
            if below.not_null_validated and not below.not_null_local:
                yield _validate(replace(below, not_null_constraint=each.not_null_constraint))


def _unproven(column: Column, sides: Sides) -> list[Column]:
    """List the column and what stays as it is beside it, as far as nobody has proved their NOT NULL."""
    beside = sides.have.columns(column.schema, column.table) if sides.have.version >= 180000 else []
    return [
        each
        for each in beside
        if each.not_null
        and not each.not_null_validated
        and (each.ident == column.ident or sides.want.facts.get(each.ident) == each)
    ]


def change_not_null(have: Column, want: Column, sides: Sides) -> Iterator[sql.Composable]:
    """Compose what turns one column's NOT NULL into the other's."""
    below = (each for each in _below(have, sides) if have.not_null or each.not_null_local)
    names = {each.not_null_constraint for each in below} - {None}
    if have.not_null != want.not_null:
        if hands_not_null(have):  # what those below keep must be theirs, or goes with it, and comes back unproven
            yield from map(add_not_null, _kept_below(have, sides))
        # one of those below may have the name that PostgreSQL would choose
        numbered = (want.schema, _usual(want)) in sides.numbered_nulls
        name = want.not_null_constraint if names or numbered else want.not_null_name
        yield add_not_null(replace(want, not_null_name=name)) if want.not_null else _drop(want)
        return
    if not want.not_null:
        return
    table = sql.SQL("ALTER TABLE {}").format(Name(want.schema, want.table))
    if have.not_null_validated and not want.not_null_validated:
        if _stays_under(want, sides):
            return  # nothing takes its proof away from what is a parent's as well
        yield _drop(want)
        yield add_not_null(want)
        return
    before, after = have.not_null_constraint or "", want.not_null_constraint or ""
    if have.not_null_name != want.not_null_name and before != after:
        # RENAME CONSTRAINT looks for the same name in all tables below that have it from here.
        alone = have.not_null_heritable and bool(names - {before})
        place = sides.have.get(Table, have.schema, have.table)
        if alone and place and place.partition_key:
            yield from _named_anew(have, want, sides)
            return
        if alone:
            yield alter_null(have, "NO INHERIT")
            have = replace(have, not_null_heritable=False)
        yield sql.SQL("{} RENAME CONSTRAINT {} TO {}").format(table, Name(before), Name(after))
        have = replace(have, not_null_constraint=after)
    if have.not_null_heritable != want.not_null_heritable:
        yield alter_null(have, "INHERIT" if want.not_null_heritable else "NO INHERIT")
    if want.not_null_validated and not have.not_null_validated:
        yield _validate(have)


def _named_anew(have: Column, want: Column, sides: Sides) -> Iterator[sql.Composable]:
    """Compose another name for a partitioned table's NOT NULL, which partitions have by names of their own.

    It has no rows itself, and those of partitions are proved, so that none is read. What a key needs keeps its name.
    """
    keys = sides.have.parts(have.parent, Constraint)
    if have.identity or any(key.type == "p" and have.name in key.columns for key in keys):
        return
    for below in _right_below(have, sides):
        if not below.not_null_local:
            yield add_not_null(below)
    yield _drop(have)
    yield add_not_null(replace(want, not_null_name=want.not_null_constraint))


def _stays_under(column: Column, sides: Sides) -> bool:
    """Say whether a column has its NOT NULL from a parent, before and afterwards."""
    before, after = (side.get(Inheritance, column.schema, column.table) for side in (sides.have, sides.want))
    if before is None or before != after or sides.detached(column.schema, column.table):
        return False
    parents = [
        [side.get(Column, *parent, column.name) for side in (sides.have, sides.want)] for parent in before.parents
    ]
    return any(all(each and hands_not_null(each) for each in parent) for parent in parents)


def hands_not_null(column: Column) -> bool:
    """Say whether a column is NOT NULL, and so in all tables below."""
    return column.not_null and column.not_null_heritable


def _kept_below(column: Column, sides: Sides) -> Iterator[Column]:
    """Give the columns below that keep a NOT NULL which ends above, as far as they have it from there alone."""
    for each in _right_below(column, sides):
        if not _is_kept(each, sides):
            yield from _kept_below(each, sides)
        elif not each.not_null_local:
            yield each


def is_left(column: Column, above: Column, sides: Sides) -> bool:
    """Say whether a column keeps its NOT NULL where that of the one `above` ends, or goes down no longer."""
    if sides.have.version < 180000 or hands_not_null(above):
        return False
    return above.not_null or _is_kept(column, sides)


def _is_kept(column: Column, sides: Sides) -> bool:
    want = sides.want.facts.get(column.ident)
    return isinstance(want, Column) and want.not_null


def _below(column: Column, sides: Sides) -> Iterator[Column]:
    """Give the column as all partitions and heirs have it that stay where they are, further down too."""
    for each in _right_below(column, sides):
        yield each
        yield from _below(each, sides)


def _right_below(column: Column, sides: Sides) -> Iterator[Column]:
    """Give it as those have it that are right under its table, where its NOT NULL is a constraint."""
    for table in sides.below.get((column.schema, column.table), ()) if sides.have.version >= 180000 else ():
        place, own = Ident(Inheritance.kind, table), sides.have.get(Column, *table, column.name)
        if own and sides.have.facts[place] == sides.want.facts.get(place) and not sides.detached(*table):
            yield own


def alter_null(column: Column, manner: str) -> sql.Composable:
    """Compose what lets a NOT NULL go down, or lets those below have it as their own."""
    lead = sql.SQL("ALTER TABLE {}").format(Name(column.schema, column.table))
    return sql.SQL("{} ALTER CONSTRAINT {} {}").format(lead, Name(column.not_null_constraint or ""), verbatim(manner))


def _validate(column: Column) -> sql.Composed:
    lead = sql.SQL("ALTER TABLE {}").format(Name(column.schema, column.table))
    return sql.SQL("{} VALIDATE CONSTRAINT {}").format(lead, Name(column.not_null_constraint or ""))


def _drop(column: Column) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL").format(
        Name(column.schema, column.table), Name(column.name)
    )


def null_hazards(have: Column, want: Column) -> Iterator[Hazard]:
    """Tell what a new NOT NULL means for rows that exist."""
    fresh = want.not_null and not have.not_null
    if fresh and want.not_null_validated:
        table = Ident("table", (want.schema, want.table))
        yield Hazard(HazardKind.LOCK, f"ACCESS EXCLUSIVE on {table} while every row is read")
    if (fresh or not have.not_null_validated) and want.not_null_validated:
        yield Hazard(HazardKind.MAY_FAIL, f"fails when {want.ident} holds a null", Doubt(Asks.NULLS, want.ident))
