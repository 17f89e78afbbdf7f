"""Settle deparsed text: give an expression the form that PostgreSQL prints once it has read its own text again.

PostgreSQL prints `x IN ('a', 'b')` on a varchar as `(x)::text = ANY ((ARRAY['a'::character varying, ...])::text[])`,
and, created from that text, as `... ANY (ARRAY[('a'::character varying)::text, ...])`: a cast that stands directly on
an ARRAY[...] goes to its elements. The second form is what every later dump and restore gives, so it is the one to
compare and to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CAST = re.compile(r"\)::((?:[\w.]|\"(?:[^\"]|\"\")+\"| (?!AND\b|OR\b|THEN\b|ELSE\b|END\b|WHEN\b))+)\[\]")
_OPENS = "(ARRAY["
_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[\[\](),]|[^'\"\[\](),]+|.", re.S)


def settled(text: str) -> str:
    """Give the text with every cast of an ARRAY[...] moved to the array's elements."""
    start = text.find(_OPENS)
    while start >= 0:
        inside = start + len(_OPENS)
        elements = list(_elements(text, inside))
        end = inside + sum(map(len, elements)) + len(elements) - 1  # the commas between them
        cast = _CAST.match(text, end + 1) if text[end : end + 1] == "]" else None
        if cast and elements != [""]:
            moved = ", ".join(f"({element.strip()})::{cast[1]}" for element in elements)
            text = f"{text[:start]}ARRAY[{moved}]{text[cast.end() :]}"
        start = text.find(_OPENS, start + 1)
    return text


def _elements(text: str, start: int) -> Iterator[str]:
    """Give the elements of a bracketed list, from behind its bracket up to the one that closes it."""
    depth, element = 0, ""
    for piece in _PIECE.finditer(text, start):
        word = piece[0]
        if not depth and word == "]":
            break
        if not depth and word == ",":
            yield element
            element = ""
            continue
        depth += word in ("[", "(")
        depth -= word in ("]", ")")
        element += word
    yield element
