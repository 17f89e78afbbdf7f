"""Compose GRANT and REVOKE: two lists of privileges in, the statements that lead from one to the other out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from psycopg import sql

from ...catalog import DefaultPrivilege
from ...names import Name, comma, verbatim


def to_role(name: str) -> sql.Composable:
    """Compose the role that has a privilege; an empty name is PUBLIC."""
    return Name(name) if name else sql.SQL("PUBLIC")


class Place(NamedTuple):
    """What GRANT and REVOKE say besides the privileges."""

    target: sql.Composable
    role: sql.Composable
    column: sql.Composable = sql.SQL("")

    def said(self, text: str, privileges: Sequence[str]) -> sql.Composed:
        listed = comma(verbatim(privilege) + self.column for privilege in privileges)
        return verbatim(text).format(listed, self.target, self.role)


def options(privileges: Sequence[str]) -> dict[str, bool]:
    """Map privileges to whether the grant option comes with them ('SELECT*')."""
    return {privilege.rstrip("*"): privilege.endswith("*") for privilege in privileges}


def revokes(
    have: Sequence[str], want: Sequence[str], place: Place, taken: frozenset[str] = frozenset()
) -> Iterator[sql.Composed]:
    """Compose REVOKE of privileges, and of the grant option alone; some are taken from others as well."""
    before, after = options(have), options(want)
    if gone := [privilege for privilege in before if privilege not in after]:
        revoke = place.said("REVOKE {} ON {} FROM {}", gone)
        yield revoke if taken.isdisjoint(gone) else revoke + sql.SQL(" CASCADE")
    if less := [privilege for privilege in before if before[privilege] and after.get(privilege) is False]:
        revoke = place.said("REVOKE GRANT OPTION FOR {} ON {} FROM {}", less)
        yield revoke if taken.isdisjoint(less) else revoke + sql.SQL(" CASCADE")


def grants(have: Sequence[str], want: Sequence[str], place: Place) -> Iterator[sql.Composed]:
    """Compose GRANT, a statement for each sort: plain, and with the grant option."""
    before, after = options(have), options(want)
    if fresh := [privilege for privilege in after if privilege not in before and not after[privilege]]:
        yield place.said("GRANT {} ON {} TO {}", fresh)
    if more := [privilege for privilege in after if after[privilege] and not before.get(privilege)]:
        yield place.said("GRANT {} ON {} TO {} WITH GRANT OPTION", more)


def move_default(fact: DefaultPrivilege, have: Sequence[str], want: Sequence[str]) -> Iterator[sql.Composed]:
    """Compose what leads from one list of privileges by default to another."""
    where = sql.SQL(" IN SCHEMA {}").format(Name(fact.in_schema)) if fact.in_schema else sql.SQL("")
    lead = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {}{} ").format(Name(fact.role), where)
    place = Place(verbatim(fact.objects), to_role(fact.grantee))
    for move in (*revokes(have, want, place), *grants(have, want, place)):
        yield lead + move
