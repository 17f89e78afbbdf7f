"""Rules for operator families and operator classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import sql

from ...catalog import Fact, OperatorClass, OperatorFamily, OperatorMember
from ...names import Name, verbatim
from .base import Rule, Sides, Work


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
    return verbatim(f"{member.sort} {member.number}{types} {member.name}")


def _place(member: OperatorMember) -> sql.Composable:
    return verbatim(f"{member.sort} {member.number} ({member.types})")
