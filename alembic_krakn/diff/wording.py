"""Put new names into SQL: a text and a mapping of words go in, the text with the new words comes out.

A word is a bare name, or a literal with its quotes. `(schema, name)` is what has moved to another schema, and maps to
that alone: the schema's other things stay. `(schema,)` is one of which something has moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ..names import Name, text_of, unquoted

NewWords: TypeAlias = Mapping[str | tuple[str, ...], str]

TOKEN = re.compile(r"E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")+\"|[^\W\d][\w$]*|\s+|\d[\w.]*|.", re.S)
_ENDS = frozenset({"FROM", "WHERE", "UNION", "INTERSECT", "EXCEPT", ";"})  # of what a query selects


def respell(text: str, words: NewWords) -> str:
    """Put new names into SQL."""
    return "".join(respelled(TOKEN.findall(text), words)) if words else text


def respelled(tokens: Sequence[str], words: NewWords) -> list[str]:
    """Give each word of SQL as it is called now."""
    return [_schema_of(tokens, at, words) or _respelled_word(token, words) for at, token in enumerate(tokens)]


def requalified(text: str, moved: Mapping[tuple[str, ...], tuple[str, ...]]) -> str:
    """Put new names into a text that holds those of types, functions and the like, and no others.

    `moved` maps schemas, and whole names; an operator keeps its own.
    """
    tokens = TOKEN.findall(text) if moved else [text]
    for at in range(len(tokens) - 2):
        schema, name = unquoted(tokens[at]), _named(tokens, at + 2)
        now = moved.get((schema, name)) or moved.get((schema,)) if tokens[at + 1] == "." else None
        if now:
            tokens[at] = text_of(Name(now[0]))
            if now[1:] not in ((), (name,)):
                tokens[at + 2] = text_of(Name(now[1]))
    return "".join(tokens)


def named_in(text: str, schema: str) -> set[str]:
    """List what a text names in a schema: types, functions, operators."""
    tokens = TOKEN.findall(text)
    places = (at for at in range(len(tokens) - 2) if tokens[at + 1] == "." and unquoted(tokens[at]) == schema)
    return {_named(tokens, at + 2) for at in places}


def _schema_of(tokens: Sequence[str], at: int, words: NewWords) -> str | None:
    """Give the new schema of what has moved, where a word is its former one."""
    if list(tokens[at + 1 : at + 2]) != ["."]:
        return None
    now = words.get((unquoted(tokens[at]), _named(tokens, at + 2)))
    return text_of(Name(now)) if now else None


def _named(tokens: Sequence[str], at: int) -> str:
    """Give the name that begins at a place: a word, or an operator, which is several signs."""
    if "".join(tokens[at : at + 1]).strip("+-*/<>=~!@#%^&|`?"):
        return unquoted(tokens[at])
    end = next((end for end in range(at, len(tokens)) if tokens[end].strip("+-*/<>=~!@#%^&|`?")), len(tokens))
    return "".join(tokens[at:end])


def results(tokens: Sequence[str]) -> set[int]:
    """Give the places of columns that a query selects under their own names, in SQL without its spaces.

    Renamed, they stand there with an AS.
    """
    found: set[int] = set()
    first: list[int | None] = [None]  # where the item begins, for each parenthesis that is open
    for at, token in enumerate(tokens):
        begins = first[-1]
        if begins is not None and (token in (",", ")", ";") or token in _ENDS or token == "END"):
            item = tokens[begins:at]
            if len(item) == 1 or (len(item) == 3 and item[1] == "."):
                found.add(at - 1)
            first[-1] = at + 1 if token == "," else None
        if token in "([":
            first.append(None)
        elif token in ")]" and len(first) > 1:
            first.pop()
        elif token in ("SELECT", "RETURNING") or (token == "DISTINCT" and first[-1] == at):
            first[-1] = at + 1
    return found


def _respelled_word(token: str, words: NewWords) -> str:
    """Give the new name for one word, if it is a name or a literal that has one."""
    if token.startswith("'"):
        return words.get(token, token)
    name = unquoted(token)
    return text_of(Name(words[name])) if name in words else token


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


def respell_query(definition: str, words: NewWords) -> str:
    """Put new names into a query; a column that it selects keeps its name in the result by an AS."""
    tokens = TOKEN.findall(definition)
    places = [at for at, token in enumerate(tokens) if not token.isspace()]
    named = {places[at] for at in results([tokens[at] for at in places])}
    spelled = enumerate(zip(tokens, respelled(tokens, words), strict=True))
    return "".join(f"{now} AS {was}" if at in named and now != was else now for at, (was, now) in spelled)
