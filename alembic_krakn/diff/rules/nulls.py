"""Compose NOT NULL and its end, of columns: a constraint with a name of its own from PostgreSQL 18 on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from psycopg import sql

from ...catalog import Column, Fact, Inheritance
from ...names import LONGEST_NAME, Ident, Name
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
    usual = f"{fact.table}_{fact.name}_not_null"
    chosen = len(usual.encode()) > LONGEST_NAME or fact.not_null_constraint.rstrip("0123456789") == usual
    if chosen and sides.null_names.get((fact.schema, fact.not_null_constraint), {fact.ident}) == {fact.ident}:
        return fact
    return replace(fact, not_null_name=fact.not_null_constraint)


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
    named = sql.SQL("CONSTRAINT {} ").format(Name(column.not_null_name)) if column.not_null_name else sql.SQL("")
    tail = "" if column.not_null_heritable else " NO INHERIT"
    tail += "" if column.not_null_validated else " NOT VALID"
    return sql.SQL("{} ADD {}NOT NULL {}{}").format(table, named, Name(column.name), sql.SQL(tail))


def without_unproven(column: Column, sides: Sides) -> Iterator[sql.Composable]:
    """Compose what takes each NOT NULL away that is NOT VALID: PostgreSQL proves it for every row that it rewrites."""
    yield from map(_drop, _unproven(column, sides))


def with_unproven(column: Column, sides: Sides) -> Iterator[sql.Composable]:
    """Compose what brings them back."""
    yield from map(add_not_null, _unproven(column, sides))


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


def change_not_null(have: Column, want: Column) -> Iterator[sql.Composable]:
    """Compose what turns one column's NOT NULL into the other's."""
    if have.not_null != want.not_null:
        yield add_not_null(want) if want.not_null else _drop(want)
        return
    if not want.not_null:
        return
    table = sql.SQL("ALTER TABLE {}").format(Name(want.schema, want.table))
    if have.not_null_validated and not want.not_null_validated:
        yield _drop(want)
        yield add_not_null(want)
        return
    if have.not_null_name != want.not_null_name and have.not_null_constraint and want.not_null_constraint:
        rename = sql.SQL("{} RENAME CONSTRAINT {} TO {}")
        yield rename.format(table, Name(have.not_null_constraint), Name(want.not_null_constraint))
    name = Name(want.not_null_constraint or "")
    if have.not_null_heritable != want.not_null_heritable:
        yield sql.SQL("{} ALTER CONSTRAINT {} {}").format(
            table, name, sql.SQL("INHERIT" if want.not_null_heritable else "NO INHERIT")
        )
    if not have.not_null_validated:
        yield sql.SQL("{} VALIDATE CONSTRAINT {}").format(table, name)


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
