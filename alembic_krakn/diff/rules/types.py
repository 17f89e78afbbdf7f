"""Rules for enums, composite types and range types, and for what all types have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from psycopg import sql

from ...catalog import Attribute, BaseType, Composite, Domain, Enum, Fact, Function, Range, Typing
from ...names import Ident, Name, comma, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .anew import adds_only
from .base import Rule, Sides, Work
from .functions import FunctionRule
from .retype import columns_of, in_the_way, moved_over, on_columns, parked, replaced, unparked
from .typed import typings_of

T = TypeVar("T", BaseType, Enum, Domain, Composite, Range)


class TypeRule(Rule[T]):
    """DROP TYPE and CREATE TYPE; columns of a type that is replaced wait as something else in between.

    A base type, or a range type with a canonical function, and its functions need each other: a shell of the type is
    created first, then the functions, then the type, and they are dropped together.
    """

    keyword = "TYPE"

    def definition(self, fact: T, members: Sequence[Fact]) -> list[sql.Composable]:
        """Compose CREATE TYPE."""
        raise NotImplementedError

    def create(self, fact: T, members: Sequence[Fact], sides: Sides) -> Work:
        statements: list[sql.Composable] = []
        for function in members:
            if isinstance(function, Function):
                statements.extend(FunctionRule().create(function, (), sides).statements)
        if statements:
            statements.insert(0, sql.SQL("CREATE TYPE {}").format(Name(fact.schema, fact.name)))
        back: Work = unparked(fact, sides)
        return Work([*statements, *self.definition(fact, members), *back.statements], back.hazards)

    def drop(self, fact: T, sides: Sides) -> Work:
        (drop,) = Rule.drop(self, fact, sides).statements
        return Work([*parked(fact, sides), drop + sql.SQL(" CASCADE") if sides.have.tied(fact.ident) else drop])

    def around(self, fact: T, sides: Sides) -> set[Ident]:
        return on_columns(fact, sides) if replaced(fact, sides) else set()


class EnumRule(TypeRule[Enum]):
    """CREATE TYPE ... AS ENUM; ADD VALUE for new labels, else the type is built anew around its columns."""

    def definition(self, fact: Enum, members: Sequence[Fact]) -> list[sql.Composable]:
        return [_create(fact)]

    def alter(self, have: Enum, want: Enum, sides: Sides) -> Work:
        if adds_only(have, want):
            return Work(list(_add_values(have, want)))
        return self._rebuild(have, want, sides)

    def blockers(self, have: Enum, want: Enum, sides: Sides) -> set[Ident]:
        return set() if adds_only(have, want) else in_the_way(have, sides)

    @staticmethod
    def _rebuild(have: Enum, want: Enum, sides: Sides) -> Work:
        """Build the type anew, every column moved over by its label."""
        work = moved_over(have, want, _create(want), sides)
        gone = tuple(label for label in have.labels if label not in want.labels)
        lost = [
            Hazard(
                HazardKind.MAY_FAIL,
                f"fails when a row of {column.parent} still has {', '.join(map(repr, gone))} in {column.name}",
                Doubt(Asks.LABELS, column.ident, gone),
            )
            for column in columns_of(have, sides)
            if gone and column.ident in sides.want.facts
        ]
        return Work(work.statements, [*work.hazards, *lost])


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


class CompositeRule(TypeRule[Composite]):
    """CREATE TYPE ... AS; ALTER TYPE for its attributes, or a type built anew where columns of it forbid that."""

    def definition(self, fact: Composite, members: Sequence[Fact]) -> list[sql.Composable]:
        return [_create_composite(fact)]

    def create(self, fact: Composite, members: Sequence[Fact], sides: Sides) -> Work:
        work, was = super().create(fact, members, sides), sides.have.get(Composite, fact.schema, fact.name)
        lost = _lost(was, fact) if was and columns_of(was, sides) else []
        return Work(work.statements, [*work.hazards, *lost])

    def blockers(self, have: Composite, want: Composite, sides: Sides) -> set[Ident]:
        if _only_types_differ(have, want) and columns_of(have, sides):
            return in_the_way(have, sides)
        return typings_of(have, sides)

    @staticmethod
    def _new_order(have: Composite, want: Composite) -> bool:
        """Say whether ALTER TYPE cannot lead there, as it adds attributes at the end."""
        before, after = ([each.name for each in side.attributes] for side in (have, want))
        stay = [name for name in before if name in after]
        return after != [*stay, *(name for name in after if name not in before)]

    @staticmethod
    def _is_fixed(have: Composite, want: Composite, sides: Sides) -> bool:
        """Say whether an attribute changes its type while something is made of the composite type."""
        told = {Typing.kind, "comment", "privileges", "owner"}
        used = any(each.kind not in told for each in sides.have.needed_by.get(have.ident, ()))
        kept = {each.name: each for each in have.attributes}
        return used and any(kept.get(each.name, each) != each for each in want.attributes)

    def alter(self, have: Composite, want: Composite, sides: Sides) -> Work | None:
        if _only_types_differ(have, want) and columns_of(have, sides):
            work = moved_over(have, want, _create_composite(want), sides)
            return Work(work.statements, [*work.hazards, *_may_not_fit(have, sides)])
        if self._new_order(have, want) or self._is_fixed(have, want, sides):
            return None
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
        return Work([lead + sql.SQL(" ") + comma(clauses)] if clauses else [], _lost(have, want))


def _lost(have: Composite, want: Composite) -> list[Hazard]:
    after = {each.name for each in want.attributes}
    return [
        Hazard(HazardKind.DATA_LOSS, f"every value of {each.name} in columns of {want.ident} is lost")
        for each in have.attributes
        if each.name not in after
    ]


def _create_composite(fact: Composite) -> sql.Composed:
    body = comma(sql.Composed([Name(each.name), verbatim(f" {_attribute(each)}")]) for each in fact.attributes)
    return sql.SQL("CREATE TYPE {} AS ({})").format(Name(fact.schema, fact.name), body)


def _only_types_differ(have: Composite, want: Composite) -> bool:
    return [each.name for each in have.attributes] == [each.name for each in want.attributes]


def _may_not_fit(have: Composite, sides: Sides) -> list[Hazard]:
    return [
        Hazard(
            HazardKind.MAY_FAIL,
            f"fails when a value of {column.ident} does not fit the new {have.ident}",
            Doubt(Asks.FIT, column.ident),
        )
        for column in columns_of(have, sides)
    ]


def _attribute(attribute: Attribute) -> str:
    return attribute.type + (f" COLLATE {attribute.collation}" if attribute.collation else "")


class RangeRule(TypeRule[Range]):
    """CREATE TYPE ... AS RANGE."""

    def definition(self, fact: Range, members: Sequence[Fact]) -> list[sql.Composable]:
        lead = sql.SQL("CREATE TYPE {} AS RANGE (").format(Name(fact.schema, fact.name))
        return [lead + verbatim(fact.parameters + ")")]
