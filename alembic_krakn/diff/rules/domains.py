"""Rules for domains and their constraints."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from ...catalog import Domain, DomainConstraint, Fact
from ...names import Ident, Name, verbatim
from ..changes import Hazard, HazardKind
from .base import Rule, Sides, Work
from .types import TypeRule


class DomainRule(TypeRule[Domain]):
    """CREATE DOMAIN with its constraints, and ALTER DOMAIN for all but its type."""

    keyword = "DOMAIN"

    def definition(self, fact: Domain, members: Sequence[Fact]) -> list[sql.Composable]:
        parts: list[sql.Composable] = [
            sql.SQL("CREATE DOMAIN {} AS {}").format(Name(fact.schema, fact.name), verbatim(fact.type))
        ]
        if fact.collation:
            parts.append(verbatim(f" COLLATE {fact.collation}"))
        if fact.default is not None:
            parts.append(verbatim(f" DEFAULT {fact.default}"))
        if fact.not_null_name:
            parts.append(sql.SQL(" CONSTRAINT {}").format(Name(fact.not_null_name)))
        if fact.not_null:
            parts.append(sql.SQL(" NOT NULL"))
        checks = [member for member in members if isinstance(member, DomainConstraint)]
        valid, unproven = ([check for check in checks if check.validated is said] for said in (True, False))
        for check in valid:
            parts.append(sql.SQL(" CONSTRAINT {} {}").format(Name(check.name), verbatim(check.definition)))
        return [sql.Composed(parts), *map(_add_check, unproven)]

    def alter(self, have: Domain, want: Domain, sides: Sides) -> Work | None:
        if (have.type, have.collation) != (want.type, want.collation):
            return None
        statements: list[sql.Composable] = []
        lead = sql.SQL("ALTER DOMAIN {}").format(Name(want.schema, want.name))
        if have.default != want.default:
            change = verbatim(f"SET DEFAULT {want.default}") if want.default is not None else sql.SQL("DROP DEFAULT")
            statements.append(lead + sql.SQL(" ") + change)
        if want.not_null and not have.not_null:
            if want.not_null_name:
                statements.append(sql.SQL("{} ADD CONSTRAINT {} NOT NULL").format(lead, Name(want.not_null_name)))
            else:
                statements.append(sql.SQL("{} SET NOT NULL").format(lead))
            return Work(statements, _domain_hazards(want.ident))
        if have.not_null and not want.not_null:
            statements.append(sql.SQL("{} DROP NOT NULL").format(lead))
        elif have.not_null_name != want.not_null_name and have.not_null_constraint and want.not_null_constraint:
            rename = sql.SQL("{} RENAME CONSTRAINT {} TO {}")
            statements.append(rename.format(lead, Name(have.not_null_constraint), Name(want.not_null_constraint)))
        return Work(statements)


def _domain_hazards(domain: Ident) -> list[Hazard]:
    return [
        Hazard(HazardKind.MAY_FAIL, f"fails when a value of {domain} breaks its new constraint"),
        Hazard(HazardKind.LOCK, f"SHARE on every table with a column of {domain} while it is read"),
    ]


class DomainConstraintRule(Rule[DomainConstraint]):
    """ALTER DOMAIN for its checks."""

    def create(self, fact: DomainConstraint, members: Sequence[Fact], sides: Sides) -> Work:
        fresh = fact.validated and fact.parent in sides.have.facts
        return Work([_add_check(fact)], _domain_hazards(fact.parent) if fresh else [])

    def drop(self, fact: DomainConstraint, sides: Sides) -> Work:
        return Work([_domain(fact) + sql.SQL(" DROP CONSTRAINT {}").format(Name(fact.name))])

    def alter(self, have: DomainConstraint, want: DomainConstraint, sides: Sides) -> Work | None:
        if have.definition != f"{want.definition} NOT VALID":
            return None
        return Work(
            [_domain(want) + sql.SQL(" VALIDATE CONSTRAINT {}").format(Name(want.name))], _domain_hazards(want.parent)
        )


def _add_check(fact: DomainConstraint) -> sql.Composed:
    return _domain(fact) + sql.SQL(" ADD CONSTRAINT {} {}").format(Name(fact.name), verbatim(fact.definition))


def _domain(fact: DomainConstraint) -> sql.Composed:
    return sql.SQL("ALTER DOMAIN {}").format(Name(fact.schema, fact.domain))
