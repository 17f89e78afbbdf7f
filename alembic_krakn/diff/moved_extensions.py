"""Extensions that move to another schema; `have` in, told as PostgreSQL tells it once they are there, out.

Columns, views and indexes follow the types, functions and operators that they use by themselves. Which these are is the
extension's own business: what `want` names in the new schema, `have` may name in the former one.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ..catalog import Catalog, Extension, Fact
from .rules import Sides
from .spelling import Words, alike
from .wording import named_in


def follow_extensions(have: Catalog, want: Catalog) -> Catalog:
    """Give `have` with the facts of `want` where nothing differs but the schemas of extensions that move."""
    moves = [
        (each.schema, now.schema)
        for each in Sides(have, want).moved_extensions
        if each.relocatable and (now := want.get(Extension, each.name))
    ]
    if not moves:
        return have
    facts, people = dict(have.facts), frozenset(ident.path[:2] for ident in want.facts)
    for ident in have.facts.keys() & want.facts.keys():
        if _follows(have.facts[ident], want.facts[ident], moves, people):
            facts[ident] = want.facts[ident]
    return replace(have, facts=facts)


def _follows(have: Fact, want: Fact, moves: list[tuple[str, str]], people: Container[tuple[str, ...]]) -> bool:
    """Say whether a fact becomes another one by moves of extensions alone, and of nothing that `people` have made."""
    if have == want or type(have) is not type(want) or isinstance(have, Extension):
        return False
    words: dict[str | tuple[str, ...], str] = {}
    moved: dict[tuple[str, ...], tuple[str, ...]] = {}
    for was, now in moves:
        for name in {name for text in _texts(want) for name in named_in(text, now)}:
            if (now, name) not in people:
                words[was, name], moved[was, name] = now, (now,)
    return bool(moved) and alike(have, want, Words(words, moved), "")


def _texts(value: Any) -> Iterator[str]:
    """Give all texts of a fact."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name))


__all__ = ["follow_extensions"]
