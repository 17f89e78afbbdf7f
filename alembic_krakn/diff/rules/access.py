"""Rules for who may do what: privileges, those by default, and owners."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from ...catalog import Column, DefaultPrivilege, Fact, Function, Grant, Owner
from ...names import Ident, Name, verbatim
from ..changes import Hazard, HazardKind
from .base import Rule, Sides, Work
from .databases import commented
from .granting import Place, grants, move_default, options, revokes, to_role
from .handing import passed_on

OWNER = "<owner>"  # the grantee of what the owner has


class GrantRule(Rule[Grant]):
    """GRANT and REVOKE what leads from one list of privileges to another."""

    def create(self, fact: Grant, members: Sequence[Fact], sides: Sides) -> Work:
        if not _is_made(fact.on, sides):
            return _move(fact, fact.usual, fact.privileges, sides)
        return Work(list(_from_birth(fact, fact.privileges, sides)), [_told(fact)])

    def drop(self, fact: Grant, sides: Sides) -> Work:
        return _move(fact, fact.privileges, fact.usual, sides)

    def alter(self, have: Grant, want: Grant, sides: Sides) -> Work:
        return _move(want, have.privileges, want.privileges, sides)


def _is_made(on: Ident, sides: Sides) -> bool:
    """Say whether the plan creates a thing, or the sequence of an identity column."""
    return on in sides.made or (on.kind == "identity" and gets_sequence(on, sides))


def gets_sequence(identity: Ident, sides: Sides) -> bool:
    """Say whether a column becomes an identity column, or comes as one."""
    was, now = (side.get(Column, *identity.path) for side in (sides.have, sides.want))
    if now is None or now.identity is None:
        return False
    return was is None or was.identity is None or not sides.made.isdisjoint((now.ident, now.parent))


def _move(fact: Grant, have: Sequence[str], want: Sequence[str], sides: Sides) -> Work:
    place = _place(fact, sides)
    lost = {name for name, may_grant in options(have).items() if (name, may_grant) not in options(want).items()}
    passed = passed_on(fact, lost, sides)
    taken = [*revokes(have, want, place, passed.taken_from_others)]
    for root, privileges in passed.roots:
        other = place._replace(role=to_role(root))
        taken.append(other.said("REVOKE GRANT OPTION FOR {} ON {} FROM {} CASCADE", privileges))
    again = [*_of_columns(fact, sides)] if taken and fact.type == "TABLE" else []
    for grant, privileges in passed.again:
        again.extend(grants((), privileges, _place(grant, sides)))
    return Work([*taken, *again, *grants(have, want, place)], [_told(fact)])


def _place(fact: Grant, sides: Sides) -> Place:
    return Place(_target(fact, sides), to_role(fact.role), _column(fact))


def _of_columns(table: Grant, sides: Sides) -> Iterator[sql.Composed]:
    """Compose the privileges that the same grantee has and keeps on columns: a REVOKE on the table takes them too."""
    for grant in sides.granted_on_columns.get(table.on.path, ()):
        if grant.grantee == table.grantee and grant.ident in sides.want.facts and grant.ident not in sides.made:
            yield from grants((), grant.privileges, _place(grant, sides))


def _told(fact: Grant) -> Hazard:
    return Hazard(HazardKind.PRIVILEGES, f"changes who may use {fact.on}")


def _column(fact: Grant) -> sql.Composable:
    return sql.SQL(" ({})").format(Name(fact.on.path[-1])) if fact.type == "COLUMN" else sql.SQL("")


_OBJECTS = {"table": "TABLES", "view": "TABLES", "materialized view": "TABLES", "sequence": "SEQUENCES"}
_OBJECTS |= {
    "identity": "SEQUENCES",
    "function": "FUNCTIONS",
    "aggregate": "FUNCTIONS",
    "base type": "TYPES",
    "enum": "TYPES",
    "domain": "TYPES",
    "composite type": "TYPES",
    "range type": "TYPES",
    "schema": "SCHEMAS",
}


def _from_birth(fact: Grant, want: Sequence[str], sides: Sides) -> Iterator[sql.Composed]:
    """Compose what leads to those privileges from the ones that a thing may have when it is created.

    Default privileges of `have` add to them, or take the place of what everybody has; they hold for what one role
    creates, and which role that will be is not known: what may be there is revoked, and what may lack is granted.
    """
    surely, maybe = set(fact.usual), set(fact.usual)
    for default in sides.born_with:
        grantee = default.role if fact.grantee == OWNER else fact.role
        if default.objects != _OBJECTS.get(fact.on.kind) or default.grantee != grantee:
            continue
        if default.in_schema in ("", fact.on.schema):
            maybe |= set(default.privileges)
            if not default.in_schema:
                surely &= set(default.privileges)
    # whoever creates it owns it, whoever owns the one in `want`
    who = sql.SQL("CURRENT_USER") if fact.grantee == OWNER else to_role(fact.role)
    place = Place(_target(fact, sides), who, _column(fact))
    yield from revokes(sorted(maybe), want, place)
    yield from grants(sorted(surely), want, place)


def unwanted(on: Ident, sides: Sides) -> Iterator[sql.Composed]:
    """Compose what undoes default privileges for a created thing whose privileges in `want` are the usual ones."""
    usual: dict[tuple[str, str], tuple[str, ...]] = {}
    for default in sides.born_with:
        own = default.grantee == default.role
        if own and default.in_schema:
            continue  # an owner has all of that anyhow
        if default.objects == _OBJECTS.get(on.kind) and default.in_schema in ("", on.schema):
            who = (OWNER, "") if own else (default.grantee, default.grantee)
            usual[who] = usual.get(who, ()) or default.usual
    for (grantee, role), privileges in sorted(usual.items()):
        if Ident(Grant.kind, (on.kind, *on.path, grantee)) not in sides.want.facts:
            made = sides.want.facts.get(on)
            word = "PROCEDURE" if isinstance(made, Function) and made.procedure else _WORDS[on.kind]
            fact = Grant(on=on, grantee=grantee, privileges=(), usual=privileges, type=word, role=role, holder=on)
            yield from _from_birth(fact, privileges, sides)


_WORDS = {"table": "TABLE", "view": "TABLE", "materialized view": "TABLE", "sequence": "SEQUENCE"}
_WORDS |= {
    "identity": "SEQUENCE",
    "function": "FUNCTION",
    "aggregate": "FUNCTION",
    "composite type": "TYPE",
    "range type": "TYPE",
    "base type": "TYPE",
    "enum": "TYPE",
    "domain": "DOMAIN",
    "schema": "SCHEMA",
}


def _target(fact: Grant, sides: Sides) -> sql.Composable:
    path = fact.on.path
    if fact.on.kind == "identity":
        return commented(fact.on, sides)
    if fact.type in ("FUNCTION", "PROCEDURE"):
        arguments = _all_arguments(path[2])
        if arguments and fact.type == "PROCEDURE":
            arguments = f"IN {arguments}"
        return verbatim(fact.type) + sql.SQL(" {}({})").format(Name(*path[:2]), verbatim(arguments))
    if fact.type == "COLUMN":
        return sql.SQL("TABLE {}").format(Name(*path[:2]))
    return verbatim(fact.type) + sql.SQL(" {}").format(Name(*path))


def _all_arguments(arguments: str) -> str:
    """Give the arguments of a routine in one list: GRANT knows neither an aggregate's `*` nor its ORDER BY."""
    if arguments == "*":
        return ""
    direct, _, ordered = arguments.rpartition("ORDER BY ")
    if ordered.startswith("VARIADIC ") and direct.rstrip().endswith(ordered):
        return direct.rstrip()  # the list ends with those that are told twice
    return f"{direct.rstrip()}, {ordered}" if direct.strip() else ordered


class OwnerRule(Rule[Owner]):
    """ALTER ... OWNER TO, behind all else: whoever gives a thing away may not be allowed to alter it any longer."""

    def create(self, fact: Owner, members: Sequence[Fact], sides: Sides) -> Work:
        statement = sql.SQL("ALTER {} OWNER TO {}").format(commented(fact.on, sides), Name(fact.role))
        return Work([statement], [Hazard(HazardKind.PRIVILEGES, f"changes who owns {fact.on}")])

    def drop(self, fact: Owner, sides: Sides) -> Work:
        return Work()  # what is kept on one side only has no owner to compare

    def alter(self, have: Owner, want: Owner, sides: Sides) -> Work:
        return self.create(want, (), sides)


class DefaultPrivilegeRule(Rule[DefaultPrivilege]):
    """ALTER DEFAULT PRIVILEGES; what exists keeps the privileges that it has."""

    def create(self, fact: DefaultPrivilege, members: Sequence[Fact], sides: Sides) -> Work:
        return _move_default(fact, fact.usual, fact.privileges)

    def drop(self, fact: DefaultPrivilege, sides: Sides) -> Work:
        return _move_default(fact, fact.privileges, fact.usual)

    def alter(self, have: DefaultPrivilege, want: DefaultPrivilege, sides: Sides) -> Work:
        return _move_default(want, have.privileges, want.privileges)


def _move_default(fact: DefaultPrivilege, have: Sequence[str], want: Sequence[str]) -> Work:
    return Work(
        list(move_default(fact, have, want)),
        [
            Hazard(
                HazardKind.PRIVILEGES, f"changes who may use the {fact.objects.lower()} that {fact.role} creates later"
            )
        ],
    )
