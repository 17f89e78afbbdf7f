"""Guess what may have been renamed, for a person to confirm: two catalogs and what is known in, suggestions out."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from ..catalog import Catalog, Column, Comment, Constraint, Default, Enum, Fact, Index, Ownership
from ..names import Ident, Name, text_of
from ..renames import Renames
from .renaming import usable
from .respell import Speller
from .wording import NewWords, respell

LIKELY = 0.55  # of 1: from here on it is worth asking
T = TypeVar("T", bound=Hashable)
# What says by itself whether it is the same under another name.
_WHOLE = frozenset(
    {
        *("view", "materialized view", "function", "aggregate", "sequence", "enum", "domain", "composite type"),
        *("range type", "trigger", "rule", "statistics"),
    }
)


@dataclass(frozen=True)
class Suggestion:
    """One thing that prod has and one that test has, which may be the same; a label is one of an enum."""

    have: Ident
    want: Ident
    likeness: float  # 0 to 1
    why: str

    def __str__(self) -> str:
        """Say it for a person: 'column public.users.nick -> handle (same type, same place)'."""
        now = self.want.path[:2] if self.want.kind in ("function", "aggregate") else self.want.path
        same = self.have.path[: len(now) - 1] == now[:-1]
        return f"{self.have} -> {text_of(Name(*now[-1:] if same else now))} ({self.why})"


def suggestions(have: Catalog, want: Catalog, known: Renames) -> list[Suggestion]:
    """List what may be renamed beyond what is known, the likeliest of each first, by name.

    What is in a table that may be renamed itself comes up when that is known.
    """
    speller = Speller(have, want, usable(known, have, want))
    after = speller.catalog()
    before = {now: was for was in have.facts if (now := speller.called(was)) != was} if known else {}
    gone, fresh = after.facts.keys() - want.facts.keys(), want.facts.keys() - after.facts.keys()
    found = [*_tables(after, want, gone, fresh), *_columns(after, want, gone, fresh), *_labels(after, want)]
    found += _same(after, want, gone, fresh)
    return sorted((replace(each, have=before.get(each.have, each.have)) for each in found), key=lambda each: each.have)


def with_confirmed(known: Renames, chosen: Iterable[Suggestion]) -> Renames:
    """Add suggestions to what is known."""
    things, labels = dict(known.things), {enum: dict(renamed) for enum, renamed in known.labels.items()}
    for each in chosen:
        if each.have.kind == "label":
            labels.setdefault(Ident("enum", each.have.path[:-1]), {})[each.have.path[-1]] = each.want.path[-1]
        else:
            things[each.have] = each.want
    return Renames(things, labels)


def confirmed(have: Catalog, want: Catalog, known: Renames, ask: Callable[[Suggestion], bool]) -> Renames:
    """Ask about each suggestion, of a table before those in it, and give what is known then."""
    asked: set[tuple[Ident, Ident]] = set()
    while True:
        new = [each for each in suggestions(have, want, known) if (each.have, each.want) not in asked]
        outer = [each for each in new if each.have.kind == "table"]
        if not new:
            return known
        asked.update((each.have, each.want) for each in outer or new)
        known = with_confirmed(known, [each for each in outer or new if ask(each)])


def _best(scores: dict[tuple[T, T], tuple[float, str]]) -> Iterator[tuple[T, T, float, str]]:
    """Give the pairs that are likely, each side once, the likeliest first."""
    taken: set[tuple[int, T]] = set()
    for (one, two), (likeness, why) in sorted(scores.items(), key=lambda item: (-item[1][0], str(item[0]))):
        if likeness >= LIKELY and (0, one) not in taken and (1, two) not in taken:
            taken |= {(0, one), (1, two)}
            yield one, two, min(likeness, 1.0), why


def _tables(have: Catalog, want: Catalog, gone: set[Ident], fresh: set[Ident]) -> Iterator[Suggestion]:
    """Compare tables by their columns and their names."""
    scores = {}
    lost, new = ([ident for ident in sorted(side) if ident.kind == "table"] for side in (gone, fresh))
    for was in lost:
        mine = [(column.name, column.type) for column in have.columns(*was.path[:2])]
        for now in new:
            theirs = [(column.name, column.type) for column in want.columns(*now.path[:2])]
            shared = len(set(mine) & set(theirs))
            # a column that has another name at the same place may be the same one
            halves = sum(one[1] == two[1] and one[0] != two[0] for one, two in zip(mine, theirs, strict=False))
            if shared:
                likeness = (shared + halves / 2) / max(len(mine), len(theirs))
                why = f"{shared} of {max(len(mine), len(theirs))} columns are the same"
                scores[was, now] = 0.7 * likeness + 0.2 * _names_alike(was, now), why
    for was, now, likeness, why in _best(scores):
        yield Suggestion(was, now, likeness, why)


def _names_alike(was: Ident, now: Ident) -> float:
    if was.path[-1] == now.path[-1]:
        return 1.0  # in another schema
    return difflib.SequenceMatcher(None, was.path[-1], now.path[-1]).ratio()


def _columns(have: Catalog, want: Catalog, gone: set[Ident], fresh: set[Ident]) -> Iterator[Suggestion]:
    """Compare the columns that a table has lost with those that it has got."""
    new: dict[tuple[str, ...], list[Ident]] = defaultdict(list)
    for ident in sorted(fresh):
        if ident.kind == "column" and Ident("table", ident.path[:2]) in have.facts:
            new[ident.path[:2]].append(ident)
    scores = {}
    for was in sorted(gone):
        for now in new.get(was.path[:2], ()) if was.kind == "column" else ():
            one, two = have.facts[was], want.facts[now]
            if not isinstance(one, Column) or not isinstance(two, Column) or one.inherited or two.inherited:
                continue
            if not _refer_apart(one, two, have, want):
                scores[was, now] = _columns_alike(one, two, have, want)
    for was, now, likeness, why in _best(scores):
        yield Suggestion(was, now, likeness, why)


def _refer_apart(one: Column, two: Column, have: Catalog, want: Catalog) -> bool:
    """Tell whether the columns refer to different tables, both of which are there before and after."""
    was, now = _referred(one, have), _referred(two, want)
    return (
        bool(was and now) and not was & now and all(table in have.facts and table in want.facts for table in was | now)
    )


def _referred(column: Column, catalog: Catalog) -> set[Ident]:
    keys = catalog.parts(Ident("table", (column.schema, column.table)), Constraint)
    return {Ident("table", key.references) for key in keys if key.references and column.name in key.columns}


def _columns_alike(one: Column, two: Column, have: Catalog, want: Catalog) -> tuple[float, str]:
    """Weigh what two columns have in common; without a type in common, they have to have more."""
    comments = [
        comment.text
        if isinstance(comment := side.facts.get(Ident("comment", ("column", *column.ident.path))), Comment)
        else None
        for side, column in ((have, one), (want, two))
    ]
    defaults = [side.get(Default, *column.ident.path) for side, column in ((have, one), (want, two))]
    words: NewWords = {one.name: two.name}
    mine, theirs = _members(one, have, words), _members(two, want, {})
    settings = (one.not_null, one.generated, bool(one.identity)) == (two.not_null, two.generated, bool(two.identity))
    same_default = getattr(defaults[0], "expression", None) == getattr(defaults[1], "expression", None)
    said = [
        (0.4, one.type == two.type, "same type"),
        (0.1, one.type != two.type and one.category == two.category, "similar type"),
        (0.15, _place(one, have) == _place(two, want), "same place"),
        (0.3, comments[0] is not None and comments[0] == comments[1], "same comment"),
        (0.25, bool(mine) and mine == theirs, "same keys and indexes"),
        (0.05, settings and same_default, ""),
    ]
    likeness = sum(weight for weight, holds, _ in said if holds) + 0.3 * _names_alike(one.ident, two.ident)
    return likeness, ", ".join(text for _, holds, text in said if holds and text) or "similar name"


def _place(column: Column, catalog: Catalog) -> int:
    return [each.name for each in catalog.columns(column.schema, column.table)].index(column.name)


def _members(column: Column, catalog: Catalog, words: NewWords) -> set[tuple[str, str]]:
    """Tell the keys, checks and indexes that a column is in, with the column's new name in them."""
    found: set[tuple[str, str]] = set()
    for part in catalog.needed_by.get(column.ident, ()):
        fact = catalog.facts[part]
        if isinstance(fact, Constraint) and (fact.schema, fact.table) == (column.schema, column.table):
            found.add((fact.type, respell(fact.definition, words)))
        if isinstance(fact, Index):
            found.add(("index", respell(" ".join(key.expression for key in fact.keys), words)))
    return found


def _labels(have: Catalog, want: Catalog) -> Iterator[Suggestion]:
    """Pair the labels that an enum has lost with those that it has got at the same place among the others."""
    for enum in have.of(Enum):
        other = want.get(Enum, enum.schema, enum.name)
        if other is None or len(enum.labels) != len(other.labels):
            continue
        for was, now in zip(enum.labels, other.labels, strict=True):
            if was not in other.labels and now not in enum.labels:
                path = enum.ident.path
                yield Suggestion(Ident("label", (*path, was)), Ident("label", (*path, now)), 0.8, "same place")


def _same(have: Catalog, want: Catalog, gone: set[Ident], fresh: set[Ident]) -> Iterator[Suggestion]:
    """Pair what is the same under another name."""
    new: dict[tuple[object, ...], list[Ident]] = defaultdict(list)
    for ident in sorted(fresh):
        if ident.kind in _WHOLE:
            new[_nameless(want.facts[ident], want)].append(ident)
    for was in sorted(gone):
        if was.kind in _WHOLE and (found := new.get(_nameless(have.facts[was], have))):
            yield Suggestion(was, found.pop(0), 1.0, "the same but for its name")


def _nameless(fact: Fact, catalog: Catalog) -> tuple[object, ...]:
    """Give all of a fact that counts, without its own name, wherever that stands in it; of a counter, its column."""
    text, name = getattr(fact, "definition", None), getattr(fact, "name", "")
    said = {"definition": respell(text, {name: "_"})} if isinstance(text, str) else {}
    owned = catalog.facts.get(Ident("sequence ownership", fact.ident.path))
    column = (owned.table_schema, owned.table, owned.column) if isinstance(owned, Ownership) else None
    return fact.kind, fact.parent, column, replace(fact, name="_", **said)  # type: ignore[call-arg]  # they have one


__all__ = ["Suggestion", "confirmed", "suggestions", "with_confirmed"]
