"""Rules for domains and their constraints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from ...catalog import Column, Composite, Domain, DomainConstraint, Fact, Range
from ...names import Ident, Name, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
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
        if want.not_null and not have.not_null and is_held(have.ident, sides):
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
            return Work(statements, _domain_hazards(have, "NOT NULL", want.ident, sides))
        if have.not_null and not want.not_null:
            statements.append(sql.SQL("{} DROP NOT NULL").format(lead))
        elif have.not_null_name != want.not_null_name and have.not_null_constraint and want.not_null_constraint:
            rename = sql.SQL("{} RENAME CONSTRAINT {} TO {}")
            statements.append(rename.format(lead, Name(have.not_null_constraint), Name(want.not_null_constraint)))
        return Work(statements)


def unchecked_in_place(sides: Sides) -> Iterator[tuple[Ident, Ident]]:
    """Give domains that get a constraint which PostgreSQL does not check inside of arrays and rows, and that one."""
    for check in sides.want.of(DomainConstraint):
        domain = sides.have.facts.get(check.parent)
        if domain and check.validated and sides.have.facts.get(check.ident) != check and is_held(domain.ident, sides):
            yield domain.ident, check.ident


def is_held(type_: Ident, sides: Sides) -> bool:
    """Say whether a column holds values of a type within others: in arrays, ranges or composite values."""
    for ident in sides.have.needed_by.get(type_, ()):
        fact = sides.have.facts[ident]
        if isinstance(fact, Domain) and is_held(ident, sides):
            return True
        if isinstance(fact, Column) and not fact.generated and fact.type.endswith("[]"):
            return True
        if isinstance(fact, Composite | Range):
            users = [sides.have.facts[each] for each in sides.have.needed_by.get(ident, ())]
            if any(isinstance(each, Column) for each in users) or is_held(ident, sides):
                return True
    return False


def _domain_hazards(domain: Fact | None, constraint: str, ident: Ident, sides: Sides) -> list[Hazard]:
    """Say what a new constraint, of that identity or the domain's own NOT NULL, finds in the columns of the domain."""
    if not isinstance(domain, Domain):
        return []
    new = f"{ident} as NOT NULL" if ident == domain.ident else str(ident)
    columns = [column for column in _columns_of(domain, sides) if column.ident in sides.want.facts]
    lock = Hazard(HazardKind.LOCK, f"SHARE on every table with a column of {domain.ident} while it is read")
    return [
        *(
            Hazard(
                HazardKind.MAY_FAIL,
                f"fails when a value of {column.ident} breaks {new}",
                Doubt(Asks.DOMAIN, column.ident, (constraint,)),
            )
            for column in columns
        ),
        *([lock] if columns else []),
    ]


def _columns_of(domain: Domain, sides: Sides) -> Iterator[Column]:
    """List the columns of a domain, or of another one that is made of it."""
    for ident in sorted(sides.have.needed_by.get(domain.ident, ())):
        fact = sides.have.facts[ident]
        if isinstance(fact, Domain):
            yield from _columns_of(fact, sides)
        elif isinstance(fact, Column) and fact.type_kind == "d" and not fact.inherited:
            yield fact


class DomainConstraintRule(Rule[DomainConstraint]):
    """ALTER DOMAIN for its checks."""

    def create(self, fact: DomainConstraint, members: Sequence[Fact], sides: Sides) -> Work:
        domain = sides.have.facts.get(fact.parent) if fact.validated else None
        return Work([_add_check(fact)], _domain_hazards(domain, fact.definition, fact.ident, sides))

    def drop(self, fact: DomainConstraint, sides: Sides) -> Work:
        return Work([_domain(fact) + sql.SQL(" DROP CONSTRAINT {}").format(Name(fact.name))])

    def alter(self, have: DomainConstraint, want: DomainConstraint, sides: Sides) -> Work | None:
        if have.definition != f"{want.definition} NOT VALID":
            return None
        domain = sides.have.facts.get(want.parent)
        return Work(
            [_domain(want) + sql.SQL(" VALIDATE CONSTRAINT {}").format(Name(want.name))],
            _domain_hazards(domain, want.definition, want.ident, sides),
        )


def _add_check(fact: DomainConstraint) -> sql.Composed:
    return _domain(fact) + sql.SQL(" ADD CONSTRAINT {} {}").format(Name(fact.name), verbatim(fact.definition))


def _domain(fact: DomainConstraint) -> sql.Composed:
    return sql.SQL("ALTER DOMAIN {}").format(Name(fact.schema, fact.domain))
