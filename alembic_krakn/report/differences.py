"""Arrange the changes of a plan as a person reads them: tables and other top objects, each with what differs in it.

A column's default is said with its column. What a whole new or dropped thing consists of is said beneath it, and
counts as one difference together with it; what is only rebuilt around a difference does not count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..catalog import Catalog, Column, Fact
from ..diff import Change, Hazard, HazardKind, Verb
from ..names import Ident, Name, text_of
from .describe import Edit, body, edits, words

if TYPE_CHECKING:
    from ..api import DiffResult

_TOP = ("extension", "schema", "enum", "domain", "sequence", "table", "view", "materialized view", "function")
_PARTS = ("column", "constraint", "index", "trigger")
_SAID = {HazardKind.REBUILT}  # `because` says it


@dataclass(frozen=True)
class Difference:
    """One thing that differs, is rebuilt, or has parts that do."""

    ident: Ident
    verb: Verb | None  # None: only parts of it differ
    name: str  # 'table public.orders', 'column amount'
    detail: str = ""  # of what is added or removed: 'bigint not null'
    edits: tuple[Edit, ...] = ()
    body: tuple[str, ...] = ()  # of what is added: a view's or function's text
    hazards: tuple[Hazard, ...] = ()
    because: Ident | None = None
    explained_by: tuple[str, ...] | None = None  # pending revisions; none of them: drift; None: nobody looked
    parts: tuple[Difference, ...] = ()

    @property
    def counts(self) -> bool:
        """Say whether it is a difference by itself."""
        return self.verb is not None and self.because is None


@dataclass(frozen=True)
class Summary:
    """How much differs."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    rebuilt: int = 0
    explained: int | None = None  # by pending revisions; None: nobody looked
    drift: int | None = None
    hazards: tuple[tuple[str, int], ...] = ()

    @property
    def differences(self) -> int:
        """Count all of them."""
        return self.added + self.changed + self.removed


def arrange(result: DiffResult) -> list[Difference]:
    """Give the top objects with a difference, each with its parts."""
    catalogs = result.want, result.have
    inside: dict[Ident, list[Change]] = defaultdict(list)
    for change in result.plan.changes:
        inside[_top(change, catalogs)].append(change)
    found = [_top_object(ident, changes, result) for ident, changes in inside.items()]
    return sorted(found, key=lambda top: (_place(top.ident.kind, _TOP), top.ident.path))


def summarize(result: DiffResult, tree: Iterable[Difference]) -> Summary:
    """Count what differs."""
    counted = list(_counted(tree))
    verbs = Counter(each.verb for each in counted)
    looked = result.explained is not None
    drift = sum(not each.explained_by for each in counted)
    hazards = Counter(
        hazard.kind.value for change in result.plan.changes for hazard in change.hazards if hazard.kind not in _SAID
    )
    return Summary(
        added=verbs[Verb.CREATE],
        changed=verbs[Verb.ALTER] + verbs[Verb.REPLACE],
        removed=verbs[Verb.DROP],
        rebuilt=sum(change.because is not None and change.ident.kind != "default" for change in result.plan.changes),
        explained=len(counted) - drift if looked else None,
        drift=drift if looked else None,
        hazards=tuple((kind.value, hazards[kind.value]) for kind in HazardKind if hazards[kind.value]),
    )


def _counted(tree: Iterable[Difference]) -> Iterator[Difference]:
    for each in tree:
        if each.counts:
            yield each
        if each.verb not in (Verb.CREATE, Verb.DROP):
            yield from _counted(each.parts)


def _top(change: Change, catalogs: tuple[Catalog, Catalog]) -> Ident:
    """Find the object that a change is a part of, at any depth."""
    ident = change.ident
    fact: Fact | None = change.want or change.have
    while fact is not None and fact.parent is not None:
        ident = fact.parent
        fact = next((catalog.facts[ident] for catalog in catalogs if ident in catalog.facts), None)
    return ident


def _top_object(ident: Ident, changes: list[Change], result: DiffResult) -> Difference:
    own = [change for change in changes if change.ident == ident]
    defaults = {change.ident.path: change for change in changes if change.ident.kind == "default"}
    columns = {change.ident.path: change for change in changes if change.ident.kind == "column"}
    parts = [
        *(
            _column(path, columns.get(path), defaults.get(path), result)
            for path in sorted(columns.keys() | defaults.keys(), key=lambda path: _position(path, result))
        ),
        *(
            _difference(change, _part_name(change.ident, ident), result)
            for change in sorted(changes, key=lambda change: (_place(change.ident.kind, _PARTS), change.ident))
            if change.ident != ident and change.ident.kind not in ("default", "column")
        ),
    ]
    whole = _difference(own[0], str(ident), result) if own else Difference(ident, None, str(ident))
    return replace(whole, parts=tuple(parts))


def _difference(change: Change, name: str, result: DiffResult) -> Difference:
    have, want = change.have, change.want
    fresh = change.verb is Verb.CREATE and want is not None
    one = want if fresh else have if change.verb is Verb.DROP else None
    return Difference(
        ident=change.ident,
        verb=change.verb,
        name=name,
        detail=words(one) if one else "",
        edits=tuple(edits(have, want)) if have and want else (),
        body=tuple(body(want)) if fresh and want else (),
        hazards=_worth_saying(change.hazards),
        because=change.because,
        explained_by=_explained(result, [change.ident]),
    )


def _column(path: tuple[str, ...], own: Change | None, default: Change | None, result: DiffResult) -> Difference:
    """Say a column and its default together."""
    ident = Ident("column", path)
    name = f"column {text_of(Name(path[-1]))}"
    made = _difference(own, name, result) if own else Difference(ident, None, name)
    if default is None:
        return made
    explained = _explained(result, [each.ident for each in (own, default) if each and each.because is None])
    if own and own.verb in (Verb.CREATE, Verb.DROP):
        fact = default.want or default.have
        return replace(made, detail=f"{made.detail} {words(fact)}" if fact else made.detail)
    values = [getattr(fact, "expression", "none") for fact in (default.have, default.want)]
    changed = values[0] != values[1]
    return replace(
        made,
        verb=made.verb or (Verb.ALTER if changed else Verb.REPLACE),
        edits=(*made.edits, *([Edit("default", *values)] if changed else [])),
        hazards=(*made.hazards, *_worth_saying(default.hazards)),
        because=made.because if own or changed else default.because,
        explained_by=explained,
    )


def _explained(result: DiffResult, idents: Iterable[Ident]) -> tuple[str, ...] | None:
    """Name the pending revisions that explain all of these things' differences, in order; none when one is drift."""
    if result.explained is None:
        return None
    found = [result.explained.get(ident, ()) for ident in idents]
    return tuple(dict.fromkeys(str(revision) for one in found for revision in one)) if all(found) else ()


def _worth_saying(hazards: Iterable[Hazard]) -> tuple[Hazard, ...]:
    return tuple(hazard for hazard in hazards if hazard.kind not in _SAID)


def _position(path: tuple[str, ...], result: DiffResult) -> tuple[int, str]:
    """Place a column where test has it, or else where prod had it."""
    column = result.want.get(Column, *path) or result.have.get(Column, *path)
    return (column.position if column else 0), path[-1]


def _place(kind: str, order: tuple[str, ...]) -> int:
    return order.index(kind) if kind in order else len(order)


def _part_name(ident: Ident, top: Ident) -> str:
    """Name a part within its top object: 'index orders_amount_idx', 'comment on column amount'."""
    if ident.kind == "comment":
        on = Ident(ident.path[0], ident.path[1:])
        return "comment" if on == top else f"comment on {on.kind} {text_of(Name(on.path[-1]))}"
    if ident.kind == "sequence ownership":
        return "owned by"
    return ident.kind if ident.path == top.path else f"{ident.kind} {text_of(Name(ident.path[-1]))}"


__all__ = ["Difference", "Summary", "arrange", "summarize"]
