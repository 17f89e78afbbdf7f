"""Say what was chosen and what was kept: a choice goes in, sentences come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..names import Name, text_of
from .lines import count

if TYPE_CHECKING:
    from ..diff import ColumnOrder
    from ..sides import Choice

_UNCOUNTED = frozenset({"privileges", "default privileges", "statistics"})


def sentences(choice: Choice) -> Iterator[str]:
    """Say what was left out, and what stays because only prod has it."""
    if choice.only or choice.exclude:
        yield f"chosen: {chosen(choice)}; all else stays as prod has it"
    if choice.kept:
        numbers = Counter(ident.kind for ident in choice.kept)
        kept = ", ".join(count(numbers[kind], kind, _plural(kind)) for kind in sorted(numbers))
        yield f"kept because only prod has it: {kept}"
    if choice.replaced:
        told = ", ".join(f"{ident} ({other})" for ident, other in choice.replaced)
        yield f"only in prod and not kept, as something else stands in its place: {told}"


GOALS = {"test": "test", "head": "the project's head", "models": "the models"}


def chosen(choice: Choice) -> str:
    """Say the patterns: 'only table:public.orders, without index:*'."""
    parts = [
        f"{word} {', '.join(texts)}" for word, texts in (("only", choice.only), ("without", choice.exclude)) if texts
    ]
    return ", ".join(parts)


def order(each: ColumnOrder) -> str:
    """Say in which order either side has a table's columns."""
    have, want = (", ".join(text_of(Name(name)) for name in names) for names in (each.have, each.want))
    return f"column order of {each.table}: {have} -> {want}"


def _plural(kind: str) -> str:
    if kind in _UNCOUNTED:
        return kind
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return f"{kind}{'es' if kind.endswith(('x', 's')) else 's'}"
