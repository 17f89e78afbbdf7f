"""Arrange the changes of a plan as a person reads them: tables and other top objects, each with what differs in it.

A column's default is said with its column. What a whole new or dropped thing consists of is said beneath it, and
counts as one difference together with it; what is only rebuilt around a difference does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..catalog import Catalog, Column, Fact
from ..diff import Change, Hazard, HazardKind, Verb
from ..names import Ident, Name, text_of
from .describe import Edit, body, edits, words

if TYPE_CHECKING:
    from ..api import DiffResult
    from ..team import PendingRevision

_TOP = ("extension", "schema", "enum", "domain", "sequence", "table", "view", "materialized view", "function")
_PARTS = ("column", "constraint", "index", "trigger")
_COLUMN = ("column", "default")
_SAID = {HazardKind.REBUILT}  # `because` says it


@dataclass(frozen=True)
class Difference:
    """One thing that differs, is rebuilt, or has parts that do."""

    ident: Ident
    verb: Verb | None  # None: only parts of it differ
    name: str  # 'table public.orders', 'column amount'
    detail: str = ""  # of what is added or removed: 'bigint not null'
    formerly: str = ""  # the name that prod has, where revisions rename it
    edits: tuple[Edit, ...] = ()
    body: tuple[str, ...] = ()  # of what is added: a view's or function's text
    hazards: tuple[Hazard, ...] = ()
    because: Ident | None = None
    explained_by: tuple[PendingRevision, ...] | None = None  # none of them: drift; None: nobody looked
    parts: tuple[Difference, ...] = ()

    @property
    def counts(self) -> bool:
        """Say whether it is a difference by itself."""
        return self.verb is not None and self.because is None

    def undoes(self, hazard: Hazard) -> bool:
        """Say whether a hazard tells only that a downgrade drops what is new, which every new thing is told of once."""
        return self.verb is Verb.CREATE and hazard.kind is HazardKind.DOWNGRADE


def arrange(result: DiffResult) -> list[Difference]:
    """Give the top objects with a difference, each with its parts."""
    changes, former = _one_each(result.plan.changes)
    catalogs = result.want, result.have
    inside: dict[Ident, list[Change]] = defaultdict(list)
    for change in changes:
        inside[_top(change, catalogs)].append(change)
    view = _View(result, former)
    found = [view.top_object(ident, parts) for ident, parts in inside.items()]
    return sorted(found, key=lambda top: (_place(top.ident.kind, _TOP), top.ident.path))


def _one_each(changes: Iterable[Change]) -> tuple[list[Change], dict[Ident, Ident]]:
    """Give one change for each thing, and the former names: what is renamed and altered is altered, for a person."""
    found: dict[Ident, Change] = {}
    former: dict[Ident, Ident] = {}
    for change in changes:
        if change.verb is Verb.RENAME and change.have and change.have.ident != change.ident:
            former[change.ident] = change.have.ident
        if change.ident not in found or change.because is None:
            found[change.ident] = change
    return list(found.values()), former


def _top(change: Change, catalogs: tuple[Catalog, Catalog]) -> Ident:
    """Find the object that a change is a part of, at any depth."""
    ident = change.ident
    fact: Fact | None = change.want or change.have
    while fact is not None and fact.parent is not None:
        ident = fact.parent
        fact = next((catalog.facts[ident] for catalog in catalogs if ident in catalog.facts), None)
    return ident


@dataclass(frozen=True)
class _View:
    """Changes as differences, with what the result knows about them."""

    result: DiffResult
    former: dict[Ident, Ident]

    @cached_property
    def differing(self) -> frozenset[Ident]:
        """Give what the plan itself calls a change."""
        return frozenset(change.ident for change in self.result.plan.changes)

    def top_object(self, ident: Ident, changes: list[Change]) -> Difference:
        """Say a top object and its parts: columns in their order, then the rest by kind and name."""
        own = [change for change in changes if change.ident == ident]
        defaults = {change.ident.path: change for change in changes if change.ident.kind == "default"}
        columns = {change.ident.path: change for change in changes if change.ident.kind == "column"}
        others = [change for change in changes if change.ident != ident and change.ident.kind not in _COLUMN]
        parts = [
            *(
                self.column(path, columns.get(path), defaults.get(path))
                for path in sorted(columns.keys() | defaults.keys(), key=self.position)
            ),
            *(
                self.difference(change, _part_name(change.ident, ident))
                for change in sorted(others, key=lambda change: (_place(change.ident.kind, _PARTS), change.ident))
            ),
        ]
        whole = self.difference(own[0], str(ident)) if own else Difference(ident, None, str(ident))
        return replace(whole, parts=tuple(parts))

    def difference(self, change: Change, name: str) -> Difference:
        """Say one change."""
        have, want = change.have, change.want
        one = want if change.verb is Verb.CREATE else have if change.verb is Verb.DROP else None
        was = self.former.get(change.ident)
        return Difference(
            ident=change.ident,
            verb=change.verb,
            name=name,
            detail=words(one) if one else "",
            formerly=_short_name(was, change.ident) if was else "",
            edits=tuple(edits(have, want)) if have and want and change.verb is not Verb.RENAME else (),
            body=tuple(body(one)) if one and one is want else (),
            hazards=_worth_saying(change.hazards),
            because=change.because,
            explained_by=self.explained([change.ident]),
        )

    def column(self, path: tuple[str, ...], own: Change | None, default: Change | None) -> Difference:
        """Say a column and its default together."""
        ident = Ident("column", path)
        name = f"column {text_of(Name(path[-1]))}"
        made = self.difference(own, name) if own else Difference(ident, None, name)
        if default is None:
            return made
        if own and own.verb in (Verb.CREATE, Verb.DROP):
            fact = default.want or default.have
            return replace(made, detail=f"{made.detail} {words(fact)}" if fact else made.detail)
        have, want = (getattr(fact, "expression", "none") for fact in (default.have, default.want))
        changed = have != want
        return replace(
            made,
            verb=made.verb or (Verb.ALTER if changed else Verb.REPLACE),
            edits=(*made.edits, *([Edit("default", have, want)] if changed else [])),
            hazards=(*made.hazards, *_worth_saying(default.hazards)),
            because=made.because if own or changed else default.because,
            explained_by=self.explained(each.ident for each in (own, default) if each and each.because is None),
        )

    def explained(self, idents: Iterable[Ident]) -> tuple[PendingRevision, ...] | None:
        """Name the pending revisions that explain all of these differences, in order; none when one is drift."""
        known, pending = self.result.explained, self.result.pending
        if known is None or pending is None:
            return None
        found = [set(known.get(ident, ())) for ident in idents if ident in self.differing]
        return tuple(each for each in pending if any(each in one for one in found)) if all(found) else ()

    def position(self, path: tuple[str, ...]) -> tuple[int, str]:
        """Place a column where test has it, or else where prod had it."""
        was = self.result.renames.inverse().now(Ident("column", path))
        column = self.result.want.get(Column, *path) or self.result.have.get(Column, *was.path)
        return (column.position if column else 0), path[-1]


def _worth_saying(hazards: Iterable[Hazard]) -> tuple[Hazard, ...]:
    return tuple(hazard for hazard in hazards if hazard.kind not in _SAID)


def _place(kind: str, order: tuple[str, ...]) -> int:
    return order.index(kind) if kind in order else len(order)


def _part_name(ident: Ident, top: Ident) -> str:
    """Name a part within its top object: 'index orders_amount_idx', 'comment on column amount'."""
    if ident.kind in ("comment", "privileges", "owner"):
        owner = ident.path[-1:] if ident.kind == "privileges" else ()
        on = Ident(ident.path[0], ident.path[1 : len(ident.path) - len(owner)])
        name = f"{ident.kind} of {owner[0] or 'PUBLIC'}" if owner else ident.kind
        if top.kind == "extension" and on != top:  # its path says nothing of what is in the extension
            return f"{name} on {on}"
        return name if on == top else f"{name} on {on.kind} {text_of(Name(on.path[-1]))}"
    if ident.kind == "sequence ownership":
        return "owned by"
    if ident.kind == "default privileges":
        return str(ident)
    return ident.kind if ident.path == top.path else f"{ident.kind} {text_of(Name(ident.path[-1]))}"


def _short_name(was: Ident, now: Ident) -> str:
    """Give a former name, with what is needed of its path."""
    parts = was.path if was.kind == "table" and was.path[0] != now.path[0] else was.path[-1:]
    return text_of(Name(*parts))


__all__ = ["Difference", "arrange"]
