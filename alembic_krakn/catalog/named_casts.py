"""Give a query without the names that PostgreSQL would give by itself to constants and sums that are cast.

The names of what a later part of a UNION selects, or a query in an EXISTS, mean nothing, and PostgreSQL does not print
those that nobody gave: `SELECT NULL::integer`. Reading that it calls the column by its type, and from then on prints
`SELECT NULL::integer AS int4`. Both are the same query, so it is compared and written without that name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..names import unquoted

_TOKEN = re.compile(r"E?'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[\w$.]+|::|\s+|.", re.S)
_ENDS = frozenset(
    {
        *("FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"),
        *("UNION", "INTERSECT", "EXCEPT", ")", ";", ","),
    }
)
_CONSTANT = re.compile(r"NULL|E?'(?:[^']|'')*'|[\d.]+")
_OPERATORS = frozenset("+-*/%^|&#~<>=!@?")
_MODIFIERS = re.compile(r"\([\d,-]+\)|\[\]")
_LAST = re.compile(r"(?:\"(?:[^\"]|\"\")+\"|[^.\"]+)$")
_NAMES = {  # of types whose printed name is not their own
    "bigint": "int8",
    "integer": "int4",
    "smallint": "int2",
    "boolean": "bool",
    "character varying": "varchar",
    "character": "bpchar",
    "double precision": "float8",
    "real": "float4",
    "bit varying": "varbit",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
}


def without_own_names(query: str) -> str:
    """Give the query without ` AS type` behind each cast whose column would be called by its type anyway."""
    if not ("SELECT" in query and "::" in query and " AS " in query):
        return query
    tokens = _TOKEN.findall(query)
    dropped: set[int] = set()
    selecting: list[list[int] | None] = [None]  # for each open parenthesis: the places of the item that is selected
    for place, token in enumerate(tokens):
        item = selecting[-1]
        if item is not None and token in _ENDS:
            dropped |= _own_name(item, tokens)
            selecting[-1] = [] if token == "," else None
        elif item is not None and not token.isspace():
            item.append(place)
        if token == "SELECT":
            selecting[-1] = []
        elif token == "(":
            selecting.append(None)
        elif token == ")" and len(selecting) > 1:
            selecting.pop()
            if selecting[-1] is not None:
                selecting[-1].append(place)
    if selecting[0]:
        dropped |= _own_name(selecting[0], tokens)
    return "".join(token for place, token in enumerate(tokens) if place not in dropped)


def _own_name(item: Sequence[int], tokens: Sequence[str]) -> set[int]:
    """Give the places of ` AS name` where an item is a constant or a sum, cast to a type of that name."""
    if len(item) < 5 or tokens[item[-2]] != "AS":
        return set()
    start = item[tokens[item[0]] in ("ALL", "DISTINCT")]
    cast, end = next((place for place in item if tokens[place] == "::"), start), item[-2]
    value, type_ = tokens[start:cast], "".join(tokens[cast + 1 : end]).strip()
    if "::" in type_ or not (_CONSTANT.fullmatch("".join(value)) or _is_sum(value)):
        return set()
    return set(range(item[-3] + 1, item[-1] + 1)) if _called(type_) == unquoted(tokens[item[-1]]) else set()


def _is_sum(value: Sequence[str]) -> bool:
    """Say whether that is `((a + b))`; of a column, a call or `(at AT TIME ZONE zone)`, PostgreSQL takes the name."""
    if value[:2] != ["(", "("]:
        return False
    depth, operator = 0, False
    for place, token in enumerate(value):
        depth += (token == "(") - (token == ")")
        operator = operator or (depth == 2 and token in _OPERATORS)
        if place and depth < 2:
            return operator and place == len(value) - 2
    return False


def _called(type_: str) -> str:
    """Give the name of the column that a cast to this type gives."""
    plain = _MODIFIERS.sub("", type_)
    last = _LAST.search(plain)
    return _NAMES.get(plain) or (unquoted(last[0]) if last else plain)
