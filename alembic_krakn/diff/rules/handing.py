"""Follow privileges that were handed on: a role's grant that changes in, what hangs on it and must come back out.

Whoever has a privilege with the grant option may grant it to others. What he granted goes with his own (CASCADE), and
the owner cannot take it away in any other way: a REVOKE takes only what the one who runs it has granted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...catalog import Grant
from .base import Sides


@dataclass(frozen=True, slots=True)
class PassedOn:
    """What a role's loss of privileges means for others."""

    taken_from_others: frozenset[str] = frozenset()  # privileges that it has granted
    roots: tuple[tuple[str, tuple[str, ...]], ...] = ()  # roles that the owner granted to, from which it has its own
    again: tuple[tuple[Grant, tuple[str, ...]], ...] = field(default=())  # what others lose on the way, and keep


def passed_on(fact: Grant, lost: set[str], sides: Sides) -> PassedOn:
    """Say what else must be done so that a role loses those privileges, and nobody else any."""
    there = sides.granted.get(fact.on, ())
    if not lost or not any(grant.handed_on for grant in there):
        return PassedOn()
    by_role = {grant.role: grant for grant in there}
    taken = {name for grant in there for name, giver in _givers(grant) if giver == fact.role and name in lost}
    roots: dict[str, set[str]] = defaultdict(set)
    had = by_role.get(fact.role)
    for name, giver in _givers(had) if had else ():
        if name in lost:
            roots[_root(giver, name, by_role)].add(name)
    touched = taken.union(*roots.values())
    again = [(grant, _kept(grant, touched, sides)) for grant in there if grant.ident != fact.ident]
    return PassedOn(
        frozenset(taken),
        tuple((role, tuple(sorted(names))) for role, names in sorted(roots.items())),
        tuple((grant, privileges) for grant, privileges in again if privileges),
    )


def _givers(grant: Grant) -> Iterator[tuple[str, str]]:
    """Give privileges and who granted them, the owner left out."""
    for said in grant.handed_on:
        name, _, giver = said.partition(" ")
        yield name, giver


def _root(role: str, privilege: str, by_role: dict[str, Grant]) -> str:
    """Give the role at the beginning of the chain, which has the privilege from the owner."""
    passed = {role}
    while role in by_role:
        further = next((giver for name, giver in _givers(by_role[role]) if name == privilege), None)
        if further is None or further in passed:
            break
        role = further
        passed.add(role)
    return role


def _kept(grant: Grant, touched: set[str], sides: Sides) -> tuple[str, ...]:
    """Give which of those privileges a role has before and afterwards, unless they are the owner's own."""
    wanted = sides.want.facts.get(grant.ident)
    if not isinstance(wanted, Grant) or grant.grantee == "<owner>":
        return ()
    had = {each.rstrip("*") for each in grant.privileges} & touched
    return tuple(each for each in wanted.privileges if each.rstrip("*") in had)
