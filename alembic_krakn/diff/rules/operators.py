"""Rules for operators, operator families and operator classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import sql

from ...catalog import Fact, Operator, OperatorClass, OperatorFamily, OperatorMember
from ...names import Name, comma, verbatim
from .base import Rule, Sides, Work


class OperatorRule(Rule[Operator]):
    """CREATE OPERATOR, and ALTER for the functions that estimate for the planner."""

    keyword = "OPERATOR"

    def create(self, fact: Operator, members: Sequence[Fact], sides: Sides) -> Work:
        said = [fact.parameters, fact.restrict and f"RESTRICT = {fact.restrict}", fact.join and f"JOIN = {fact.join}"]
        listed = verbatim(f" ({', '.join(filter(None, said))})")
        return Work([sql.Composed([verbatim("CREATE OPERATOR "), _name(fact), listed])])

    def drop(self, fact: Operator, sides: Sides) -> Work:
        shells = [verbatim(f"DROP OPERATOR {shell}") for shell in fact.shells]
        return Work([*super().drop(fact, sides).statements, *shells])

    def alter(self, have: Operator, want: Operator, sides: Sides) -> Work | None:
        if have.parameters != want.parameters:
            return None
        said = []
        if have.restrict != want.restrict:
            said.append(verbatim(f"RESTRICT = {want.restrict or 'NONE'}"))
        if have.join != want.join:
            said.append(verbatim(f"JOIN = {want.join or 'NONE'}"))
        return Work([sql.SQL("ALTER OPERATOR {} SET ({})").format(self.address(want), comma(said))])

    def address(self, fact: Operator) -> sql.Composable:
        return sql.Composed([_name(fact), verbatim(f" ({fact.arguments})")])


def _name(fact: Operator) -> sql.Composable:
    """Compose `schema.+`: an operator's own name has no quotes."""
    return sql.SQL("{}.").format(Name(fact.schema)) + verbatim(fact.name)


class OperatorFamilyRule(Rule[OperatorFamily]):
    """CREATE OPERATOR FAMILY, and ALTER for the members that belong to no class."""

    keyword = "OPERATOR FAMILY"

    def create(self, fact: OperatorFamily, members: Sequence[Fact], sides: Sides) -> Work:
        lead = sql.SQL("CREATE OPERATOR FAMILY {}").format(self.address(fact))
        return Work([lead, *self._change("ADD", fact, map(_member, fact.members))])

    def alter(self, have: OperatorFamily, want: OperatorFamily, sides: Sides) -> Work:
        gone = (_place(member) for member in have.members if member not in want.members)
        fresh = (_member(member) for member in want.members if member not in have.members)
        return Work([*self._change("DROP", want, gone), *self._change("ADD", want, fresh)])

    def _change(self, verb: str, fact: OperatorFamily, members: Iterable[sql.Composable]) -> list[sql.Composable]:
        lead = sql.SQL("ALTER OPERATOR FAMILY {} {}\n    {}")
        listed = sql.SQL(",\n    ").join(members)
        return [lead.format(self.address(fact), verbatim(verb), listed)] if listed._obj else []

    def address(self, fact: OperatorFamily) -> sql.Composable:
        return using(fact)


class OperatorClassRule(Rule[OperatorClass]):
    """CREATE OPERATOR CLASS; nothing of a class can be altered."""

    keyword = "OPERATOR CLASS"

    def create(self, fact: OperatorClass, members: Sequence[Fact], sides: Sides) -> Work:
        lead = sql.SQL("CREATE OPERATOR CLASS {}{} FOR TYPE {} USING {} FAMILY {} AS\n    {}")
        storage = [verbatim(f"STORAGE {fact.storage or fact.type}")] if fact.storage or not fact.members else []
        statement = lead.format(
            Name(fact.schema, fact.name),
            verbatim(" DEFAULT" if fact.default else ""),
            verbatim(fact.type),
            Name(fact.method),
            Name(*fact.family),
            sql.SQL(",\n    ").join([*storage, *map(_member, fact.members)]),
        )
        return Work([statement])

    def address(self, fact: OperatorClass) -> sql.Composable:
        return using(fact)


def using(fact: Fact) -> sql.Composable:
    """Compose `schema.name USING method`, for what an access method has."""
    schema, name, method = fact.ident.path
    return sql.SQL("{} USING {}").format(Name(schema, name), Name(method))


def _member(member: OperatorMember) -> sql.Composable:
    types = f" ({member.types})" if member.sort == "FUNCTION" else ""
    return verbatim(f"{member.sort} {member.number}{types} {member.calls}")


def _place(member: OperatorMember) -> sql.Composable:
    return verbatim(f"{member.sort} {member.number} ({member.types})")
