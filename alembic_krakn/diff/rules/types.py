"""Rules for enums, domains, composite types and range types, and for what all types have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from psycopg import sql

from ...catalog import Attribute, BaseType, Column, Composite, Domain, Enum, Fact, Function, Range
from ...names import Ident, Name, comma, text_of, verbatim
from ..changes import Hazard, HazardKind
from .base import Rule, Sides, Work
from .columns import column_settings
from .functions import FunctionRule

T = TypeVar("T", BaseType, Enum, Domain, Composite, Range)
KINDS = tuple(kind.kind for kind in (BaseType, Enum, Domain, Composite, Range))


class TypeRule(Rule[T]):
    """DROP TYPE and CREATE TYPE; where columns of a type stay while it is replaced, they are texts in between.

    A base type, or a range type with a canonical function, and its functions need each other: a shell of the type is
    created first, then the functions, then the type, and they are dropped together.
    """

    keyword = "TYPE"

    def definition(self, fact: T) -> sql.Composable:
        """Compose CREATE TYPE."""
        raise NotImplementedError

    def create(self, fact: T, members: Sequence[Fact], sides: Sides) -> Work:
        statements: list[sql.Composable] = []
        hazards: list[Hazard] = []
        for function in members:
            if isinstance(function, Function):
                statements.extend(FunctionRule().create(function, (), sides).statements)
        if statements:
            statements.insert(0, sql.SQL("CREATE TYPE {}").format(Name(fact.schema, fact.name)))
        statements.append(self.definition(fact))
        for column in _staying(fact, sides):
            statements.append(_retype(column, column.type))
            statements.extend(column_settings(column))
            hazards.append(
                Hazard(HazardKind.REWRITE, f"{column.parent} is written anew, under an ACCESS EXCLUSIVE lock")
            )
            hazards.append(
                Hazard(HazardKind.MAY_FAIL, f"fails when a value of {column.ident} does not fit the new {fact.ident}")
            )
        return Work(statements, hazards)

    def drop(self, fact: T, sides: Sides) -> Work:
        moves: list[sql.Composable] = [_retype(column, "text") for column in _staying(fact, sides)]
        (drop,) = Rule.drop(self, fact, sides).statements
        return Work([*moves, drop + sql.SQL(" CASCADE") if sides.have.tied(fact.ident) else drop])


def _staying(fact: BaseType | Enum | Domain | Composite | Range, sides: Sides) -> list[Column]:
    """List the columns of a type that is dropped, for a type of the same name of whatever kind, as they will be."""
    namesakes = {Ident(kind, fact.ident.path) for kind in KINDS}
    if namesakes.isdisjoint(sides.made):
        return []
    users = {user for namesake in namesakes for user in sides.have.needed_by.get(namesake, ())}
    kept = (sides.want.facts.get(ident) for ident in sorted(users))
    return [column for column in kept if isinstance(column, Column) and not column.inherited]


def _retype(column: Column, type_: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE {table} ALTER COLUMN {name} TYPE {type} USING {name}::text{cast}").format(
        table=Name(column.schema, column.table),
        name=Name(column.name),
        type=verbatim(type_),
        cast=verbatim("" if type_ == "text" else f"::{type_}"),
    )


class EnumRule(TypeRule[Enum]):
    """CREATE TYPE ... AS ENUM; ADD VALUE for new labels, else the type is built anew around its columns."""

    def definition(self, fact: Enum) -> sql.Composable:
        return _create(fact)

    def alter(self, have: Enum, want: Enum, sides: Sides) -> Work:
        if adds_only(have, want):
            return Work(list(_add_values(have, want)))
        return self._rebuild(have, want, sides)

    def blockers(self, have: Enum, want: Enum, sides: Sides) -> set[Ident]:
        return set() if adds_only(have, want) else _in_the_way(have, sides)

    @staticmethod
    def _rebuild(have: Enum, want: Enum, sides: Sides) -> Work:
        """Build the type anew, every column moved over by its label."""
        work = _moved_over(have, want, _create(want), sides)
        gone = ", ".join(repr(label) for label in have.labels if label not in want.labels)
        lost = [
            Hazard(HazardKind.MAY_FAIL, f"fails when a row of {column.parent} still has {gone} in {column.name}")
            for column in _columns(have, sides)
            if gone and column.ident in sides.want.facts
        ]
        return Work(work.statements, [*work.hazards, *lost])


def _in_the_way(have: Enum | Composite, sides: Sides) -> set[Ident]:
    """Give what must go before a type is built anew: all that names it, and what stands on its columns."""
    of_columns = {ident for column in _columns(have, sides) for ident in sides.have.needed_by.get(column.ident, ())}
    blocked = {"view", "materialized view", "trigger", "policy", "rule", "default"}
    others = {ident for ident in sides.have.needed_by.get(have.ident, ()) if ident.kind != "column"}
    return {ident for ident in of_columns if ident.kind in blocked} | others


def _moved_over(have: Enum | Composite, want: Enum | Composite, create: sql.Composable, sides: Sides) -> Work:
    """Rename the old type away, create the new one, move every column over by its text, drop the old one."""
    aside = have.name.encode()[:50].decode(errors="ignore") + "__krakn_old"  # a name has 63 bytes
    rename = sql.SQL("ALTER TYPE {} RENAME TO {}").format(Name(have.schema, have.name), Name(aside))
    statements: list[sql.Composable] = [rename, create]
    hazards = []
    for column in _columns(have, sides):
        kept = sides.want.facts.get(column.ident)
        if not isinstance(kept, Column):
            continue  # it is dropped by a step of its own
        new_type = column.type if kept.type == column.type else text_of(Name(want.schema, want.name))
        statements.append(
            sql.SQL("ALTER TABLE {} ALTER COLUMN {} TYPE {} USING {}::text{}::{}").format(
                Name(column.schema, column.table),
                Name(column.name),
                verbatim(new_type),
                Name(column.name),
                verbatim("[]" if column.category == "A" else ""),
                verbatim(new_type),
            )
        )
        hazards.append(Hazard(HazardKind.REWRITE, f"{column.parent} is written anew, under an ACCESS EXCLUSIVE lock"))
    statements.append(sql.SQL("DROP TYPE {}").format(Name(have.schema, aside)))
    return Work(statements, hazards)


def adds_only(have: Enum, want: Enum) -> bool:
    """Say whether the old labels are all there, in their order, among the new ones."""
    return [label for label in want.labels if label in have.labels] == list(have.labels)


def _create(fact: Enum) -> sql.Composed:
    labels = comma(sql.Literal(label) for label in fact.labels)
    return sql.SQL("CREATE TYPE {} AS ENUM ({})").format(Name(fact.schema, fact.name), labels)


def _add_values(have: Enum, want: Enum) -> list[sql.Composable]:
    """Compose ADD VALUE for each new label: behind its neighbour, or before the first one that was there."""
    statements: list[sql.Composable] = []
    there = list(have.labels)
    for number, label in enumerate(want.labels):
        if label in there:
            continue
        where: sql.Composable = sql.SQL("")
        if number and want.labels[number - 1] != there[-1]:
            where = sql.SQL(" AFTER {}").format(sql.Literal(want.labels[number - 1]))
        elif not number and there:
            where = sql.SQL(" BEFORE {}").format(sql.Literal(there[0]))
        statements.append(
            sql.SQL("ALTER TYPE {} ADD VALUE {}{}").format(Name(want.schema, want.name), sql.Literal(label), where)
        )
        there.insert(number, label)
    return statements


def _columns(fact: Enum | Composite, sides: Sides) -> list[Column]:
    """List the columns of that type, or of arrays of it, that have a definition of their own."""
    facts = (sides.have.facts[ident] for ident in sorted(sides.have.needed_by.get(fact.ident, ())))
    return [
        column for column in facts if isinstance(column, Column) and not column.inherited and column.type_kind != "d"
    ]


class DomainRule(TypeRule[Domain]):
    """CREATE DOMAIN, and ALTER DOMAIN for all but its type."""

    keyword = "DOMAIN"

    def definition(self, fact: Domain) -> sql.Composable:
        parts: list[sql.Composable] = [
            sql.SQL("CREATE DOMAIN {} AS {}").format(Name(fact.schema, fact.name), verbatim(fact.type))
        ]
        if fact.collation:
            parts.append(verbatim(f" COLLATE {fact.collation}"))
        if fact.default is not None:
            parts.append(verbatim(f" DEFAULT {fact.default}"))
        if fact.not_null:
            parts.append(sql.SQL(" NOT NULL"))
        parts.extend(sql.SQL(" CONSTRAINT {} {}").format(Name(name), verbatim(text)) for name, text in fact.checks)
        return sql.Composed(parts)

    def alter(self, have: Domain, want: Domain, sides: Sides) -> Work | None:
        if (have.type, have.collation) != (want.type, want.collation):
            return None
        statements: list[sql.Composable] = []
        hazards: list[Hazard] = []
        lead = sql.SQL("ALTER DOMAIN {}").format(Name(want.schema, want.name))
        if have.default != want.default:
            change = verbatim(f"SET DEFAULT {want.default}") if want.default is not None else sql.SQL("DROP DEFAULT")
            statements.append(lead + sql.SQL(" ") + change)
        for name, text in have.checks:
            if (name, text) not in want.checks:
                statements.append(sql.SQL("{} DROP CONSTRAINT {}").format(lead, Name(name)))
        fresh = [check for check in want.checks if check not in have.checks]
        for name, text in fresh:
            statements.append(sql.SQL("{} ADD CONSTRAINT {} {}").format(lead, Name(name), verbatim(text)))
        if have.not_null != want.not_null:
            statements.append(sql.SQL("{} {} NOT NULL").format(lead, sql.SQL("SET" if want.not_null else "DROP")))
        if fresh or (want.not_null and not have.not_null):
            hazards.append(Hazard(HazardKind.MAY_FAIL, f"fails when a value of {want.ident} breaks its new constraint"))
            hazards.append(
                Hazard(HazardKind.LOCK, f"SHARE on every table with a column of {want.ident} while it is read")
            )
        return Work(statements, hazards)


class CompositeRule(TypeRule[Composite]):
    """CREATE TYPE ... AS; ALTER TYPE for its attributes, or a type built anew where columns of it forbid that."""

    def definition(self, fact: Composite) -> sql.Composable:
        return _create_composite(fact)

    def blockers(self, have: Composite, want: Composite, sides: Sides) -> set[Ident]:
        return _in_the_way(have, sides) if _only_types_differ(have, want) and _columns(have, sides) else set()

    def alter(self, have: Composite, want: Composite, sides: Sides) -> Work:
        if _only_types_differ(have, want) and _columns(have, sides):
            work = _moved_over(have, want, _create_composite(want), sides)
            return Work(work.statements, [*work.hazards, *_may_not_fit(have, sides)])
        lead = sql.SQL("ALTER TYPE {}").format(Name(want.schema, want.name))
        before, after = ({each.name: each for each in side.attributes} for side in (have, want))
        clauses: list[sql.Composable] = []
        for name, attribute in before.items():
            if name not in after:
                clauses.append(sql.SQL("DROP ATTRIBUTE {}").format(Name(name)))
            elif attribute != after[name]:
                clauses.append(
                    sql.SQL("ALTER ATTRIBUTE {} TYPE ").format(Name(name)) + verbatim(_attribute(after[name]))
                )
        for name, attribute in after.items():
            if name not in before:
                clauses.append(sql.SQL("ADD ATTRIBUTE {} ").format(Name(name)) + verbatim(_attribute(attribute)))
        lost = [
            Hazard(HazardKind.DATA_LOSS, f"every value of {name} in columns of {want.ident} is lost")
            for name in before
            if name not in after
        ]
        return Work([lead + sql.SQL(" ") + comma(clauses)] if clauses else [], lost)


def _create_composite(fact: Composite) -> sql.Composed:
    body = comma(sql.Composed([Name(each.name), verbatim(f" {_attribute(each)}")]) for each in fact.attributes)
    return sql.SQL("CREATE TYPE {} AS ({})").format(Name(fact.schema, fact.name), body)


def _only_types_differ(have: Composite, want: Composite) -> bool:
    return [each.name for each in have.attributes] == [each.name for each in want.attributes]


def _may_not_fit(have: Composite, sides: Sides) -> list[Hazard]:
    return [
        Hazard(HazardKind.MAY_FAIL, f"fails when a value of {column.ident} does not fit the new {have.ident}")
        for column in _columns(have, sides)
    ]


def _attribute(attribute: Attribute) -> str:
    return attribute.type + (f" COLLATE {attribute.collation}" if attribute.collation else "")


class RangeRule(TypeRule[Range]):
    """CREATE TYPE ... AS RANGE."""

    def definition(self, fact: Range) -> sql.Composable:
        lead = sql.SQL("CREATE TYPE {} AS RANGE (").format(Name(fact.schema, fact.name))
        return lead + verbatim(fact.parameters + ")")
