"""Give a view of PostgreSQL 14 or 15 the text that later versions print.

Up to 15, a view's columns stand behind the name of their table, `SELECT t.a FROM s.t WHERE (t.b > 0)`; from 16 on, a
query that reads one thing only is printed without: `SELECT a FROM s.t WHERE (b > 0)`. The whole row stays `t.*`,
queries inside of others keep the names, and so does ORDER BY where a column of the result has the name as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[\w$]+|::|\s+|.", re.S)
_SUBQUERY = frozenset(("SELECT", "WITH", "VALUES"))
_SETS = frozenset(("UNION", "INTERSECT", "EXCEPT"))
_BEHIND_FROM = frozenset(("WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"))


class _Token(NamedTuple):
    text: str
    depth: int  # how many parentheses it stands in
    inner: bool  # whether one of them is a query of its own

    @property
    def names(self) -> bool:
        """Say whether it can be a name."""
        return self.text[0] == '"' or self.text[0].isalpha() or self.text[0] == "_"


def unprefixed(definition: str) -> str:
    """Give the query without the name of the only table that it reads before its columns."""
    tokens = _tokens(definition)
    outer = [place for place, token in enumerate(tokens) if not token.depth]
    start = next((place for place in outer if tokens[place].text == "FROM"), None)
    if start is None or any(tokens[place].text in _SETS for place in outer):
        return definition
    end = next((place for place in outer if place > start and tokens[place].text in _BEHIND_FROM), len(tokens))
    source = [token for token in tokens[start + 1 : end] if not token.inner]
    named = [token.text for token in source if not token.depth and token.names]
    if not named or any(token.text in ("JOIN", "TABLESAMPLE") or token[:2] == (",", 0) for token in source):
        return definition
    order = next((place for place in outer if tokens[place].text == "ORDER"), len(tokens))
    results = {tokens[place + 2].text for place in outer if place < start and tokens[place].text == "AS"}
    dropped: set[int] = set()
    for place in range(len(tokens) - 2):
        if start < place < end or not _prefixes(tokens, place, named[-1]):
            continue
        if place < order or tokens[place + 2].text not in results:
            dropped |= {place, place + 1}
    return "".join(token.text for place, token in enumerate(tokens) if place not in dropped)


def _prefixes(tokens: Sequence[_Token], place: int, name: str) -> bool:
    """Say whether a token is that name before a column; a type's or a function's schema may be called the same."""
    token, dot, column = tokens[place : place + 3]
    before = [each.text for each in tokens[max(place - 2, 0) : place]]
    behind = tokens[place + 3].text if place + 3 < len(tokens) else ""
    return (
        (token.text, token.inner, dot.text, column.names) == (name, False, ".", True)
        and not {".", "::"} & set(before[-1:])
        and "COLLATE" not in before
        and behind not in ("(", ".")
    )


def _tokens(text: str) -> list[_Token]:
    words = _TOKEN.findall(text)
    found: list[_Token] = []
    inner = [False]  # for each parenthesis that is open
    for place, word in enumerate(words):
        if word == ")":
            inner.pop()
        found.append(_Token(word, len(inner) - 1, inner[-1]))
        if word == "(":
            first = next((each for each in words[place + 1 :] if not each.isspace()), "")
            inner.append(inner[-1] or first in _SUBQUERY)
    return found
