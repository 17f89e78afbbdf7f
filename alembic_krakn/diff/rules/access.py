"""Rules for who may do what: policies, privileges and default privileges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from ...catalog import DefaultPrivilege, Fact, Grant, Policy
from ...names import Ident, Name, comma, verbatim
from ..changes import Hazard, HazardKind
from .base import Rule, Sides, Work, on_table


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


def _role(name: str) -> sql.Composable:
    return Name(name) if name else sql.SQL("PUBLIC")


def _roles(names: Sequence[str]) -> sql.Composed:
    return comma(map(_role, names))


class GrantRule(Rule[Grant]):
    """GRANT and REVOKE what leads from one list of privileges to another."""

    def create(self, fact: Grant, members: Sequence[Fact], sides: Sides) -> Work:
        born = {} if fact.on in sides.have.facts else _born(fact.on, fact.grantee, sides)
        return _move(fact, sorted({*fact.usual, *born}), fact.privileges)

    def drop(self, fact: Grant, sides: Sides) -> Work:
        return _move(fact, fact.privileges, fact.usual)

    def alter(self, have: Grant, want: Grant, sides: Sides) -> Work:
        return _move(want, have.privileges, want.privileges)


def _move(fact: Grant, have: Sequence[str], want: Sequence[str]) -> Work:
    target = _target(fact)
    column = sql.SQL(" ({})").format(Name(fact.on.path[-1])) if fact.type == "COLUMN" else sql.SQL("")
    statements = list(_statements(have, want, target, _role(fact.role), column))
    return Work(statements, [Hazard(HazardKind.PRIVILEGES, f"changes who may use {fact.on}")])


_OBJECTS = {"table": "TABLES", "view": "TABLES", "materialized view": "TABLES", "sequence": "SEQUENCES"}
_OBJECTS |= {
    "function": "FUNCTIONS",
    "aggregate": "FUNCTIONS",
    "enum": "TYPES",
    "domain": "TYPES",
    "composite type": "TYPES",
    "range type": "TYPES",
    "schema": "SCHEMAS",
}


def _born(on: Ident, grantee: str, sides: Sides) -> list[str]:
    """List the privileges that default privileges of `have` give a grantee on a thing that is created."""
    return [
        privilege
        for default in sides.born_with
        if default.objects == _OBJECTS.get(on.kind)
        and default.grantee == grantee
        and default.in_schema in ("", on.schema)
        for privilege in default.privileges
    ]


def unwanted(on: Ident, sides: Sides) -> Iterator[sql.Composed]:
    """Compose the REVOKEs for privileges that a created thing gets by default and does not have in `want`."""
    for grantee in sorted({default.grantee for default in sides.born_with}):
        born = _born(on, grantee, sides)
        if born and Ident(Grant.kind, (on.kind, *on.path, grantee)) not in sides.want.facts:
            fact = Grant(on=on, grantee=grantee, privileges=(), usual=(), type=_WORDS[on.kind], role=grantee, holder=on)
            yield from _statements(born, (), _target(fact), _role(grantee), sql.SQL(""))


_WORDS = {"table": "TABLE", "view": "TABLE", "materialized view": "TABLE", "sequence": "SEQUENCE"}
_WORDS |= {
    "function": "FUNCTION",
    "aggregate": "FUNCTION",
    "composite type": "TYPE",
    "range type": "TYPE",
    "enum": "TYPE",
    "domain": "DOMAIN",
    "schema": "SCHEMA",
}


def _target(fact: Grant) -> sql.Composable:
    path = fact.on.path
    if fact.type in ("FUNCTION", "PROCEDURE"):
        return verbatim(fact.type) + sql.SQL(" {}({})").format(Name(*path[:2]), verbatim(path[2]))
    if fact.type == "COLUMN":
        return sql.SQL("TABLE {}").format(Name(*path[:2]))
    return verbatim(fact.type) + sql.SQL(" {}").format(Name(*path))


def _statements(
    have: Sequence[str], want: Sequence[str], target: sql.Composable, role: sql.Composable, column: sql.Composable
) -> Iterator[sql.Composed]:
    """Compose REVOKE and GRANT, a statement for each sort: plain, and with the grant option ('SELECT*')."""

    def listed(privileges: Sequence[str]) -> sql.Composed:
        return comma(verbatim(privilege) + column for privilege in privileges)

    before = {privilege.rstrip("*"): privilege.endswith("*") for privilege in have}
    after = {privilege.rstrip("*"): privilege.endswith("*") for privilege in want}
    if gone := [privilege for privilege in before if privilege not in after]:
        yield sql.SQL("REVOKE {} ON {} FROM {}").format(listed(gone), target, role)
    if less := [privilege for privilege in before if before[privilege] and after.get(privilege) is False]:
        yield sql.SQL("REVOKE GRANT OPTION FOR {} ON {} FROM {}").format(listed(less), target, role)
    if fresh := [privilege for privilege in after if privilege not in before and not after[privilege]]:
        yield sql.SQL("GRANT {} ON {} TO {}").format(listed(fresh), target, role)
    if more := [privilege for privilege in after if after[privilege] and not before.get(privilege)]:
        yield sql.SQL("GRANT {} ON {} TO {} WITH GRANT OPTION").format(listed(more), target, role)


class DefaultPrivilegeRule(Rule[DefaultPrivilege]):
    """ALTER DEFAULT PRIVILEGES; what exists keeps the privileges that it has."""

    def create(self, fact: DefaultPrivilege, members: Sequence[Fact], sides: Sides) -> Work:
        return _move_default(fact, fact.usual, fact.privileges)

    def drop(self, fact: DefaultPrivilege, sides: Sides) -> Work:
        return _move_default(fact, fact.privileges, fact.usual)

    def alter(self, have: DefaultPrivilege, want: DefaultPrivilege, sides: Sides) -> Work:
        return _move_default(want, have.privileges, want.privileges)


def _move_default(fact: DefaultPrivilege, have: Sequence[str], want: Sequence[str]) -> Work:
    where = sql.SQL(" IN SCHEMA {}").format(Name(fact.in_schema)) if fact.in_schema else sql.SQL("")
    lead = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {}{} ").format(Name(fact.role), where)
    moves = _statements(have, want, verbatim(fact.objects), _role(fact.grantee), sql.SQL(""))
    return Work(
        [lead + move for move in moves],
        [
            Hazard(
                HazardKind.PRIVILEGES, f"changes who may use the {fact.objects.lower()} that {fact.role} creates later"
            )
        ],
    )
