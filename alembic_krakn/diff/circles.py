"""Open circles that a view closes, such as one with a function that takes its rows: by a view that only looks like it.

Such a view comes first with nothing in its columns, then what needs it, then CREATE OR REPLACE gives it its query; it
goes the same way backwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from ..catalog import Catalog, View
from ..names import Ident
from .changes import Change, Verb
from .ranks import Action
from .rules.views import look_alike


def opened(have: Catalog, want: Catalog, circle: Collection[Action]) -> Catalog | None:
    """Give the catalog to pass on the way from `have` to `want`, or None where no view closes the circle.

    It is `want` with a view that looks like one that is created, or `have` with one like a view that is dropped.
    """
    for verb, catalog in ((Verb.CREATE, want), (Verb.DROP, have)):
        others = {action.ident for action in circle if action.verb is verb}
        for view in (catalog.facts[ident] for ident in sorted(others)):
            if isinstance(view, View) and not others.isdisjoint(catalog.needs.get(view.ident, frozenset())):
                return _with_look_alike(catalog, view, others)
    return None


def _with_look_alike(catalog: Catalog, view: View, others: set[Ident]) -> Catalog:
    there = look_alike(view)
    needs = catalog.needs.get(view.ident, frozenset()) - others
    return replace(catalog, facts={**catalog.facts, view.ident: there}, needs={**catalog.needs, view.ident: needs})


def joined(first: Iterable[Change], then: Iterable[Change]) -> list[Change]:
    """Join the changes of both halves of a way: what changes twice changes once from its beginning to its end."""
    found = {change.ident: change for change in first}
    for change in then:
        before = found.get(change.ident)
        found[change.ident] = _both(before, change) if before else change
    return [found[ident] for ident in sorted(found)]


def _both(before: Change, after: Change) -> Change:
    hazards = tuple(dict.fromkeys((*before.hazards, *after.hazards)))
    verb = after.verb if before.verb is Verb.ALTER else before.verb
    return replace(before, verb=verb, want=after.want, hazards=hazards)
