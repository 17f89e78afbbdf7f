"""Name things by patterns: `table`, `table:public.order*`, `*.audit_*` go in, and whether a thing matches comes out.

A pattern is a kind, a name, or both with a colon between. A name is written as krakn prints it, with dots between its
parts, and each part may hold `*`, `?` and `[...]`; `*` alone is any name. Parts do not match across dots, so that
`*.audit_*` names the tables `audit_log` of every schema, and not the columns `audit_by` of every table.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..errors import SettingsError
from ..names import Ident, Name, split, text_of
from ..renames import HOLDERS
from .rules import RULES


@dataclass(frozen=True)
class Pattern:
    """One pattern, with the place that it came from."""

    text: str
    origin: str
    kind: str | None = None  # None: of every kind
    parts: tuple[str, ...] | None = None  # None: of every name

    @classmethod
    def parse(cls, text: str, origin: str) -> Pattern:
        """Read a pattern."""
        if text in RULES:
            return cls(text, origin, kind=text)
        kind, *rest = split(text, ":")
        if not rest:
            return cls(text, origin, parts=_parts(text))
        if kind not in RULES:
            near = difflib.get_close_matches(kind, RULES, 1)
            hint = f"did you mean {near[0]}?" if near else f"the kinds are {', '.join(sorted(RULES))}"
            raise SettingsError(f"{origin} {text!r}: there is no kind {kind!r}; {hint}")
        return cls(text, origin, kind, _parts(":".join(rest)))

    def matches(self, ident: Ident) -> bool:
        """Say whether it names that thing."""
        if self.kind is not None and self.kind != ident.kind:
            return False
        if self.parts is None:
            return True
        named = _names(ident)
        return len(named) == len(self.parts) and all(map(_matches, named, self.parts))


def parse(texts: Iterable[str], origin: str) -> tuple[Pattern, ...]:
    """Read several patterns that came from one place."""
    return tuple(Pattern.parse(text, origin) for text in texts)


def refuse_unmatched(patterns: Collection[Pattern], idents: Iterable[Ident]) -> None:
    """Raise an error for a pattern that names nothing, with the nearest names."""
    every = sorted(set(idents)) if patterns else []
    for pattern in patterns:
        if not any(map(pattern.matches, every)):
            near = difflib.get_close_matches(pattern.text, _spelled(pattern, every), 3)
            hint = f"; the nearest are {', '.join(near)}" if near else ""
            raise SettingsError(
                f"{pattern.origin} {pattern.text!r} names nothing, in prod nor in what it is compared with{hint}"
            )


def _spelled(pattern: Pattern, idents: Iterable[Ident]) -> list[str]:
    spell: Callable[[Ident], str] = written if pattern.kind else lambda ident: ".".join(_names(ident))
    return list(dict.fromkeys(spell(each) for each in idents if pattern.kind in (None, each.kind)))


def written(ident: Ident) -> str:
    """Write the pattern that names a thing: 'function:public.add(integer, integer)'."""
    named = _names(ident)
    last = [named[-1]] if ident.kind in ("function", "aggregate") else [text_of(Name(named[-1]))]
    return f"{ident.kind}:{'.'.join([*(text_of(Name(part)) for part in named[:-1]), *last])}"


def _parts(name: str) -> tuple[str, ...] | None:
    return None if name.strip() == "*" else tuple(split(name, "."))


def _names(ident: Ident) -> tuple[str, ...]:
    """Give the parts of a name as they are, without quotes; those of a comment are those of what it is on."""
    kind, path = ident
    if kind in HOLDERS:
        return _names(Ident(path[0], path[1 : len(path) - HOLDERS[kind]]))
    if kind in ("function", "aggregate"):
        return path[0], f"{text_of(Name(path[1]))}({path[2]})"
    return path


def _matches(name: str, pattern: str) -> bool:
    return any(spelling == pattern or fnmatchcase(spelling, pattern) for spelling in _spellings(name, pattern))


def _spellings(name: str, pattern: str) -> Iterator[str]:
    """Give a name as it is, and with quotes where the pattern has some."""
    yield name
    if pattern.startswith('"'):
        yield text_of(Name(name))


__all__ = ["Pattern", "parse", "refuse_unmatched", "written"]
