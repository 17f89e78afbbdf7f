"""Settle deparsed text: give an expression the form that PostgreSQL prints once it has read its own text again.

PostgreSQL prints `x IN ('a', 'b')` on a varchar as `(x)::text = ANY ((ARRAY['a'::character varying, ...])::text[])`,
and, created from that text, as `... ANY (ARRAY[('a'::character varying)::text, ...])`: a cast that stands directly on
an ARRAY[...] goes to its elements. `a BETWEEN 1 AND 9 AND b > 0` is printed as `(((a >= 1) AND (a <= 9)) AND (b > 0))`,
and then as `((a >= 1) AND (a <= 9) AND (b > 0))`; so is every AND that begins with an AND, and every OR with an OR. The
second form is what every later dump and restore gives, so it is the one to compare and to write. So is
`EXTRACT(year FROM at)` of what was written `extract('YEAR' from at)`, and printed so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .named_casts import without_own_names

_CAST = re.compile(r"\)::((?:[\w.]|\"(?:[^\"]|\"\")+\"| (?!AND\b|OR\b|THEN\b|ELSE\b|END\b|WHEN\b))+)\[\]")
_OPENS = "(ARRAY["
_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[\[\](),]|[^'\"\[\](),]+|.", re.S)
_JOINED = re.compile(r"\)\s+(?:AND|OR)\s")
_WORD = re.compile(r"\s+(AND|OR)\s")
_UNQUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[^'\"]+|.", re.S)
_FIELD = re.compile(r"(?<=\bEXTRACT\()\w*[A-Z]\w*(?= FROM )")
_PART = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()]|[^'\"()]+|.", re.S)


def settled(text: str) -> str:
    """Give the text as PostgreSQL prints it when it has read it."""
    text = _spread_casts(text)
    if "(((" in text and _JOINED.search(text):
        text = _flattened(text)
    if "EXTRACT(" in text:
        text = _unquoted(text, lambda part: _FIELD.sub(lambda field: field[0].lower(), part))
    if " ON TRUE" in text:  # of a NATURAL JOIN that finds no columns
        text = _unquoted(text, lambda part: part.replace(" ON TRUE", " ON (true)"))
    return without_own_names(text)


def _unquoted(text: str, change: Callable[[str], str]) -> str:
    """Give the text with a change made to what stands in no quotes."""
    parts = (part[0] for part in _UNQUOTED.finditer(text))
    return "".join(part if part[0] in "'\"" else change(part) for part in parts)


def _flattened(text: str) -> str:
    """Give the text without the parentheses of an AND or OR that begins a longer one of its sort."""
    parts = [part[0] for part in _PART.finditer(text)]
    opened: list[int] = []
    closes: dict[int, int] = {}
    words: dict[int, set[str]] = {}  # by the place of the parenthesis: what joins the parts between it and its end
    for place, part in enumerate(parts):
        if part == "(":
            opened.append(place)
            words[place] = set()
        elif part == ")" and opened:
            closes[opened.pop()] = place
        elif opened and (word := _WORD.match(part)):
            words[opened[-1]].add(word[1])
    for place in range(len(parts) - 2, -1, -1):  # the inner ones first
        first = place + 1
        if place in closes and first in closes and words[first] and words[first] == words[place]:
            following = _WORD.match(parts[closes[first] + 1])
            if len(words[first]) == 1 and following and words[first] == {following[1]}:
                parts[first] = parts[closes[first]] = ""
    return "".join(parts)


def _spread_casts(text: str) -> str:
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
