"""Put new names into SQL: a text and a mapping of words go in, the text with the new words comes out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..names import Name, text_of

TOKEN = re.compile(r"E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")+\"|[^\W\d][\w$]*|\s+|\d[\w.]*|.", re.S)
_ENDS = frozenset({"FROM", "WHERE", "UNION", "INTERSECT", "EXCEPT", ";"})  # of what a query selects


def respell(text: str, words: Mapping[str, str]) -> str:
    """Put new names into SQL: `words` maps bare names, and literals with their quotes."""
    if not words:
        return text
    return "".join(respelled_word(token, words) for token in TOKEN.findall(text))


def respelled_word(token: str, words: Mapping[str, str]) -> str:
    """Give the new name for one word, if it is a name or a literal that has one."""
    if token.startswith("'"):
        return words.get(token, token)
    name = bare(token)
    return text_of(Name(words[name])) if name in words else token


def bare(token: str) -> str:
    """Give a name without its quotes."""
    return token[1:-1].replace('""', '"') if token.startswith('"') else token


def selected(definition: str) -> list[list[str]]:
    """Split what a query selects into the words of each item; a query of another form gives none."""
    tokens = [token for token in TOKEN.findall(definition) if not token.isspace()]
    items: list[list[str]] = [[]]
    depth = 0
    for token in tokens[1:] if tokens[:1] == ["SELECT"] else ():
        depth += (token in "([") - (token in ")]")
        if not depth and token.upper() in _ENDS:
            break
        if not depth and token == ",":
            items.append([])
        else:
            items[-1].append(token)
    return [item for item in items if item]


def respell_query(definition: str, words: Mapping[str, str]) -> str:
    """Put new names into a view's query; a column that it selects keeps its name in the result by an AS."""
    items = selected(definition)
    ends = iter([len(item) for item in items])
    spelled: list[str] = []
    left = next(ends, 0)
    before = ""
    for token in TOKEN.findall(definition):
        spelled.append(respelled_word(token, words))
        if token.isspace() or left < 0 or (not before and token == "SELECT"):
            continue
        left -= 1
        if left == 0:
            if bare(token) in words and before != "AS":
                spelled.append(f" AS {token}")
            left = next(ends, -2) + 1  # the comma is one more
        before = token
    return "".join(spelled)
