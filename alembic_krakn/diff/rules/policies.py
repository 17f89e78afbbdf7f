"""Rules for policies: who may see and change which rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from ...catalog import Fact, Policy
from ...names import comma, verbatim
from .base import Rule, Sides, Work, on_table
from .granting import to_role


class PolicyRule(Rule[Policy]):
    """CREATE POLICY; ALTER POLICY for its roles and for expressions that stay expressions."""

    def create(self, fact: Policy, members: Sequence[Fact], sides: Sides) -> Work:
        clauses: list[sql.Composable] = [sql.SQL("CREATE POLICY {}").format(self.address(fact))]
        if not fact.permissive:
            clauses.append(sql.SQL("AS RESTRICTIVE"))
        if fact.command != "ALL":
            clauses.append(verbatim(f"FOR {fact.command}"))
        if fact.roles != ("",):
            clauses.append(sql.SQL("TO {}").format(_roles(fact.roles)))
        clauses.extend(_expressions(fact))
        return Work([sql.SQL(" ").join(clauses)])

    def drop(self, fact: Policy, sides: Sides) -> Work:
        return Work([sql.SQL("DROP POLICY {}").format(self.address(fact))])

    def alter(self, have: Policy, want: Policy, sides: Sides) -> Work | None:
        lost = (have.using is not None and want.using is None) or (have.check is not None and want.check is None)
        if lost or (have.permissive, have.command) != (want.permissive, want.command):
            return None
        clauses: list[sql.Composable] = [sql.SQL("ALTER POLICY {}").format(self.address(want))]
        if have.roles != want.roles:
            clauses.append(sql.SQL("TO {}").format(_roles(want.roles)))
        clauses.extend(_expressions(want))
        return Work([sql.SQL(" ").join(clauses)])

    def address(self, fact: Policy) -> sql.Composable:
        return on_table(fact, fact.name)


def _expressions(policy: Policy) -> Iterator[sql.Composable]:
    if policy.using is not None:
        yield sql.SQL("USING ({})").format(verbatim(policy.using))
    if policy.check is not None:
        yield sql.SQL("WITH CHECK ({})").format(verbatim(policy.check))


def _roles(names: Sequence[str]) -> sql.Composed:
    return comma(map(to_role, names))
