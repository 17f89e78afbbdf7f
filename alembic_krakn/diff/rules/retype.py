"""Move columns off a type and back onto it: what PostgreSQL wants before a type in use is made anew."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from ...catalog import BaseType, Catalog, Column, Composite, Domain, Enum, Fact, Inheritance, Range
from ...names import Ident, Name, text_of, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .access import unwanted
from .anew import KINDS
from .base import Sides, Work
from .column_types import of_one_type
from .definitions import storage_of
from .layouts import as_text, by_name, from_json
from .nulls import with_unproven, without_unproven

Type = BaseType | Enum | Domain | Composite | Range

# What stands on a column and must go before its type changes; indexes and keys follow the column by themselves.
IN_THE_WAY = frozenset({"view", "materialized view", "trigger", "policy", "rule", "function", "default", "publication"})


def columns_of(fact: Type, sides: Sides) -> list[Column]:
    """List the columns of that type, or of arrays of it, whose type can be altered by itself."""
    facts = (sides.have.facts[ident] for ident in sorted(sides.have.needed_by.get(fact.ident, ())))
    columns = [column for column in facts if isinstance(column, Column)]
    return [
        column
        for column in columns
        if not (column.generated or (column.schema, column.table) in sides.keyed_anew or _from_parent(column, sides))
    ]


def _there(fact: Type, sides: Sides) -> list[Column]:
    """List those of the columns of a type that are not made anew themselves, or with their table."""
    made = sides.made - sides.moved
    return [each for each in columns_of(fact, sides) if made.isdisjoint((each.ident, each.parent))]


def _from_parent(column: Column, sides: Sides) -> bool:
    """Say whether a column changes its type with that of a parent, from which the table is not detached meanwhile."""
    inheritance = sides.have.get(Inheritance, column.schema, column.table)
    if inheritance is None or is_detached(inheritance, sides):
        return False
    parents = inheritance.parents
    return any(sides.have.get(Column, *parent, column.name) for parent in parents if parent not in sides.keyed_anew)


def is_detached(place: Inheritance, sides: Sides) -> bool:
    """Say whether a partition leaves its table, if only for a moment, or an heir has no parents any longer."""
    after = sides.want.facts.get(place.ident)
    moves = place.ident in sides.made or after != place
    return after is None or (place.partition_of is not None and moves)


def on_columns(fact: Type, sides: Sides) -> set[Ident]:
    """Give what must go while the columns of a type leave it: what stands on them, and generated columns of it."""
    found: set[Ident] = set()
    for ident in sides.have.needed_by.get(fact.ident, ()):
        column = sides.have.facts[ident]
        if isinstance(column, Column) and (column.schema, column.table) in sides.keyed_anew:
            found.add(column.parent)
        elif isinstance(column, Column) and column.generated:
            found.add(ident)
        elif isinstance(column, Column):
            # no foreign key goes from an array to a domain over one
            keeps_keys = _place(fact, column) != "text" and not _place(fact, column).endswith("[]")
            kinds = IN_THE_WAY if keeps_keys else IN_THE_WAY | {"constraint", "index"}
            on_it = sides.have.needed_by.get(ident, ())
            found |= {each for each in on_it if each.kind in kinds or _generated(each, sides.have)}
    return found


def _generated(ident: Ident, catalog: Catalog) -> bool:
    fact = catalog.facts[ident]
    return isinstance(fact, Column) and fact.generated is not None


def in_the_way(fact: Type, sides: Sides) -> set[Ident]:
    """Give what must go before a type is made anew: all that names it, and what stands on its columns."""
    others = {ident for ident in sides.have.needed_by.get(fact.ident, ()) if ident.kind != "column"}
    return on_columns(fact, sides) | others


def moved_over(have: Enum | Composite, want: Enum | Composite, create: sql.Composable, sides: Sides) -> Work:
    """Rename the old type away, create the new one, move every column over by its text, drop the old one."""
    aside = have.name.encode()[:50].decode(errors="ignore") + "__krakn_old"  # a name has 63 bytes
    rename = sql.SQL("ALTER TYPE {} RENAME TO {}").format(Name(have.schema, have.name), Name(aside))
    statements: list[sql.Composable] = [rename, create, *unwanted(want.ident, sides)]
    hazards = []
    for column in _there(have, sides):
        kept = sides.want.facts.get(column.ident)
        if not isinstance(kept, Column) or have.ident not in sides.want.needs.get(kept.ident, ()):
            continue  # a step of its own drops it, or has given it another type
        array = verbatim("[]" if _is_array(column) else "")
        new_type = column.type if kept.type == column.type else text_of(Name(want.schema, want.name) + array)
        using = sql.SQL("{}::text{}::{}").format(Name(column.name), array, verbatim(new_type))
        statements.extend(
            [*without_unproven(column, sides), _alter_type(column, new_type, using), *with_unproven(column, sides)]
        )
        if kept.type == column.type:
            statements.extend(storage_of(kept))
        hazards.append(_rewrite(column))
    statements.append(sql.SQL("DROP TYPE {}").format(Name(have.schema, aside)))
    return Work(statements, hazards)


def parked(fact: Type, sides: Sides) -> list[sql.Composable]:
    """Compose what lets the columns of a type wait as something else while the type is away."""
    statements: list[sql.Composable] = []
    for column in _waiting(fact, sides):
        place = _place(fact, column)
        using = as_text(fact, column, sides) if place == "text" else None
        statements.extend([*without_unproven(column, sides), _alter_type(column, place, using)])
    return statements


def unparked(fact: Type, sides: Sides) -> Work:
    """Compose what brings the waiting columns back to the type, which is another one now."""
    statements: list[sql.Composable] = []
    hazards: list[Hazard] = []
    for kind in KINDS:
        was = sides.have.facts.get(Ident(kind.kind, fact.ident.path))
        if not isinstance(was, BaseType | Enum | Domain | Composite | Range):
            continue
        for column in _waiting(was, sides):
            kept = sides.want.facts[column.ident]
            assert isinstance(kept, Column)
            there = _place(was, column)
            if there == "text" and by_name(was, column, sides) and not column.of_foreign:
                statements.extend(from_json(column, _alter_type(column, column.type, None)))
            else:
                by_text = there == "text" or not _castable(there, kept, sides)
                using = Name(column.name) + verbatim(f"{'::text' if by_text else ''}::{column.type}")
                statements.append(_alter_type(column, column.type, using))
            statements.extend(storage_of(kept) if kept.type == column.type else ())
            statements.extend(with_unproven(column, sides))
            hazards.append(_rewrite(column))
            hazards.append(
                Hazard(
                    HazardKind.MAY_FAIL,
                    f"fails when a value of {column.ident} does not fit {fact.ident}",
                    Doubt(Asks.FIT, column.ident),
                )
            )
    return Work(statements, hazards)


def replaced(fact: Type, sides: Sides) -> bool:
    """Say whether another type has that name afterwards, of whatever kind."""
    return any(Ident(kind.kind, fact.ident.path) in sides.want.facts for kind in KINDS)


def makes_room(fact: Fact, sides: Sides) -> bool:
    """Say whether that is a type which goes while one of another kind takes its name, and its columns."""
    return isinstance(fact, KINDS) and fact.ident not in sides.want.facts and replaced(fact, sides)


def _waiting(fact: Type, sides: Sides) -> Iterator[Column]:
    """Give the columns that are of the type before and after, or of arrays of it, which they become by steps of their
    own; others have nothing but such steps.
    """
    if not replaced(fact, sides):
        return
    for column in _there(fact, sides):
        kept = sides.want.facts.get(column.ident)
        if isinstance(kept, Column) and of_one_type(column, kept):
            yield column


def _place(fact: Type, column: Column) -> str:
    """Give the type that a column waits as: what a domain is over, else text."""
    if isinstance(fact, Domain) and not _is_array(column) and "." not in fact.type:
        return fact.type
    return "text"


def _castable(place: str, kept: Column, sides: Sides) -> bool:
    base = place.split("(")[0].strip()
    return base == kept.base_type or (base, kept.base_type) in sides.have.casts


def _is_array(column: Column) -> bool:
    return column.type.endswith("[]")


def _alter_type(column: Column, type_: str, using: sql.Composable | None) -> sql.Composed:
    alter = sql.SQL("ALTER TABLE {} ALTER COLUMN {} TYPE {}").format(
        Name(column.schema, column.table), Name(column.name), verbatim(type_)
    )
    # a foreign table has no rows to cast
    return alter + sql.SQL(" USING ") + using if using and not column.of_foreign else alter


def _rewrite(column: Column) -> Hazard:
    return Hazard(HazardKind.REWRITE, f"{column.parent} is written anew, under an ACCESS EXCLUSIVE lock")
