"""Join what was dropped under one name and created under another: changes and known renames in, fewer changes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..catalog import Fact, Index
from ..diff import Change, Hazard, HazardKind, Verb
from ..names import Ident
from ..renames import Renames

_NAMED = frozenset({"column", "constraint", "index", "trigger", "policy", "rule"})
_ALIKE = _NAMED - {"column"}


def joined(changes: Iterable[Change], renames: Renames) -> tuple[list[Change], dict[Ident, Ident]]:
    """Give the changes as a person sees them who knows the renames, and the former name of each thing renamed.

    What only the rename changed is left out, and hazards with it: a rename takes no rows away.
    """
    changes = list(changes)
    gone = {
        ident: change
        for change in changes
        if change.verb is Verb.DROP and (ident := renames.now(change.ident)) != change.ident
    }
    found: list[Change] = []
    former: dict[Ident, Ident] = {}  # now: before
    for change in changes:
        was = gone.get(change.ident)
        if change.verb is Verb.CREATE and was and was.have and change.want:
            have = _as_called_now(was.have, renames)
            former[change.ident] = was.ident
            if have != change.want or has_new_name(was.ident, change.ident):
                found.append(Change(Verb.ALTER, change.ident, have, change.want))
        else:
            found.append(change)
    taken = set(former.values())
    for ident, change in gone.items():
        if change.ident not in taken and change.have and ident.kind != "table":
            former[ident] = change.ident
            lost = [Hazard(HazardKind.DATA_LOSS, f"every value of {change.ident} is lost")]
            hazards = tuple(lost) if ident.kind == "column" else change.hazards
            found.append(Change(Verb.DROP, ident, _as_called_now(change.have, renames), hazards=hazards))
    taken = set(former.values())
    found = [change for change in found if not (change.verb is Verb.DROP and change.ident in taken)]
    return _alike(found, renames, former), former


def has_new_name(was: Ident, now: Ident) -> bool:
    """Say whether a thing itself was renamed, or moved, and not only the table that it is in."""
    return was.path != now.path if now.kind == "table" else now.kind in _NAMED and was.path[-1] != now.path[-1]


def _as_called_now(fact: Fact, renames: Renames) -> Fact:
    if isinstance(on := getattr(fact, "on", None), Ident):  # a comment, privileges
        return replace(fact, on=renames.now(on))  # type: ignore[call-arg]
    if isinstance(fact, Index):
        return replace(fact, table=renames.now(Ident("table", (fact.schema, fact.table))).path[1])
    return replace(fact, **dict(zip(fact.key, renames.now(fact.ident).path, strict=True)))


def _alike(changes: list[Change], renames: Renames, former: dict[Ident, Ident]) -> list[Change]:
    """Join what a renamed table has under another name and is the same otherwise, such as its primary key."""
    gone = {}
    for change in changes:
        if change.verb is Verb.DROP and change.have and change.ident.kind in _ALIKE and change.have.parent:
            table = change.have.parent.path
            if (table[0], table[1]) in renames.tables:
                gone[_nameless(_as_called_now(change.have, renames))] = change
    found = []
    for change in changes:
        if change.verb is Verb.CREATE and change.want and change.ident.kind in _ALIKE:
            was = gone.pop(_nameless(change.want), None)
            if was:
                former[change.ident] = was.ident
                found.append(replace(change, verb=Verb.ALTER, have=change.want, hazards=()))
                continue
        found.append(change)
    taken = set(former.values())
    return [change for change in found if not (change.verb is Verb.DROP and change.ident in taken)]


def _nameless(fact: Fact) -> Fact:
    return replace(fact, name="")  # type: ignore[call-arg]  # those of _ALIKE have one
