"""Put new names into a fact, and say whether two facts differ in nothing else: what is called otherwise goes in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

from ..catalog import Fact, Function, MaterializedView, Statistics, View, ViewColumn
from ..names import Ident, unquoted
from .wording import TOKEN, NewWords, requalified, respell, respell_query, respelled, results, selected

_COLUMN = re.compile(r"([^\W\d][\w$]*|\"(?:[^\"]|\"\")+\")(?:, |\Z)")
# Fields that hold bare names, and those that hold SQL; all others hold no names of other things.
_NAMES = frozenset(
    {
        *("table", "table_schema", "domain", "column", "index", "sequence", "references", "partition_of", "inherits"),
        *("parent_index", "family", "server", "wrapper", "columns", "referenced_columns", "include"),
        *("schema", "schemas", "name"),
    }
)
_TEXTS = frozenset(
    {
        *("definition", "expression", "predicate", "using", "check", "bound", "partition_key"),
        *("default", "generated"),
    }
)
# Those that hold the names of types, functions and the like, with their schemas, and no others.
_QUALIFIED = frozenset(
    {
        *("type", "of_type", "types", "returns", "signature", "arguments", "collation", "restrict", "join"),
        *("parser", "template", "mappings", "handler", "validator", "inline", "function", "calls"),
        *("parameters", "opclass"),
    }
)


class Words(NamedTuple):
    """New names: of words, as `wording` has them; and of types, functions and the like, by schema and name."""

    words: NewWords
    moved: Mapping[tuple[str, ...], tuple[str, ...]]


def result_names(fact: Fact) -> list[str]:
    """Give the names of a view's columns, which stay when those of its tables are renamed."""
    if isinstance(fact, View):
        return [column.name for column in fact.columns]
    return [unquoted(item[-1]) for item in selected(fact.definition)] if isinstance(fact, MaterializedView) else []


def spelled(value: Any, said: Words, field: str = "") -> Any:
    """Put new names into the fields of a fact, or of a part of one."""
    if isinstance(value, ViewColumn):
        return replace(value, **{name: spelled(getattr(value, name), said, name) for name in ("type", "collation")})
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: spelled(getattr(value, each.name), said, each.name) for each in fields(value)}
        if isinstance(value, Function):
            changed["definition"] = _header_spelled(value, said)
        if isinstance(value, View | MaterializedView):
            changed["definition"] = respell_query(value.definition, said.words)
        if isinstance(value, Statistics):
            changed["definition"] = _columns_by_name(changed["definition"])
        return replace(value, **changed)
    if isinstance(value, tuple) and not isinstance(value, Ident):
        return tuple(spelled(part, said, field) for part in value)
    if not isinstance(value, str):
        return value
    if field in _NAMES:
        return said.words.get(value, said.words.get((value,), value))
    if field in _QUALIFIED:
        return requalified(value, said.moved)
    return respell(value, said.words) if field in _TEXTS else value


def _columns_by_name(definition: str) -> str:
    """Put the columns of extended statistics in the order in which the catalog tells them, before the expressions."""
    head, _, rest = definition.partition(" ON ")
    listed, _, table = rest.rpartition(" FROM ")
    columns = []
    while found := _COLUMN.match(listed):
        columns.append(found[1])
        listed = listed[found.end() :]
    return f"{head} ON {', '.join([*sorted(columns, key=unquoted), *filter(None, [listed])])} FROM {table}"


def _header_spelled(function: Function, said: Words) -> str:
    """Put new names into a function's definition, but not into a body that PostgreSQL keeps as its author wrote it."""
    if function.parsed:
        return respell_query(function.definition, said.words)
    head, quote, body = function.definition.partition("\nAS ")
    return respell(head, said.words) + quote + body


def alike(have: Any, want: Any, said: Words, field: str) -> bool:
    """Say whether two values are the same but for names that have become others."""
    if have == want:
        return True
    if is_dataclass(have) and type(have) is type(want):
        return all(
            alike(getattr(have, each.name), getattr(want, each.name), said, each.name)
            for each in fields(have)
            if each.compare
        )
    if isinstance(have, tuple) and isinstance(want, tuple):
        return len(have) == len(want) and all(alike(a, b, said, field) for a, b in zip(have, want, strict=True))
    if not (isinstance(have, str) and isinstance(want, str)):
        return False
    if field in _NAMES:
        return want in (said.words.get(have), said.words.get((have,)))
    if field in _QUALIFIED:
        return requalified(have, said.moved) == want
    return field in _TEXTS and _reads_alike(have, want, said.words)


def _reads_alike(have: str, want: str, words: NewWords) -> bool:
    """Compare SQL word by word; a column that a query selects keeps its name in the result by an AS."""
    mine, theirs = ([token for token in TOKEN.findall(text) if not token.isspace()] for text in (have, want))
    now, named = respelled(mine, words), results(mine)
    at = other = 0
    while at < len(mine) or other < len(theirs):
        one, two = mine[at : at + 1], theirs[other : other + 1]
        if one and two and two[0] in (one[0], now[at]):
            at, other = at + 1, other + 1
            if at - 1 in named and one != two and theirs[other : other + 2] != ["AS", one[0]]:
                return False
        elif (
            two == ["AS"] and at and theirs[other + 1 : other + 2] == [mine[at - 1]] and unquoted(mine[at - 1]) in words
        ):
            other += 2
        elif one == ["AS"] and other and mine[at + 1 : at + 2] == [theirs[other - 1]]:
            at += 2
        else:
            return False
    return True
