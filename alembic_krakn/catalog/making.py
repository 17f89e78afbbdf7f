"""Make facts: the rows that a catalog query gave in, the facts that they tell out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from ..names import Ident
from . import facts as f
from .settle import settled
from .views import unprefixed

Row = Mapping[str, Any]
Address = tuple[int, int, int]  # pg_depend's: classid, objid, objsubid; every row about one thing begins with it


class Answer(NamedTuple):
    """What a query gave: its columns, and its rows, which are plain tuples as there are so many of them."""

    columns: Sequence[str] = ()
    rows: Sequence[tuple[Any, ...]] = ()

    def named(self) -> Iterator[Row]:
        """Give each row with the names of its columns."""
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))


DEPARSED = frozenset(
    {"definition", "expression", "generated", "predicate", "using", "check", "default", "partition_key"}
)


def _settled(part: dict[str, Any], name: str) -> dict[str, Any]:
    return part if part.get(name) is None else {**part, name: settled(part[name])}


def _index_key(said: list[str | None]) -> f.IndexKey:
    expression, column, collation, opclass, descending, nulls_first, statistics = said
    return f.IndexKey(
        expression=settled(expression or ""),
        column=column,
        collation=collation,
        opclass=opclass,
        descending=descending == "true",
        nulls_first=nulls_first == "true",
        statistics=int(statistics) if statistics else None,
    )


# Fields that a query gives as JSON or as an array of arrays, and what their values are made of.
PARTS: Mapping[tuple[type[f.Fact], str], Callable[[Any], Any]] = {
    (f.Column, "identity"): lambda value: f.Identity(**value),
    (f.Index, "keys"): lambda value: tuple(map(_index_key, value)),
    (f.MaterializedView, "settings"): lambda value: tuple(
        f.ColumnSetting(**{**setting, "options": tuple(sorted(setting["options"] or ()))}) for setting in value
    ),
    (f.View, "columns"): lambda value: tuple(f.ViewColumn(**_settled(column, "default")) for column in value),
    (f.Composite, "attributes"): lambda value: tuple(f.Attribute(**attribute) for attribute in value),
    (f.SearchConfiguration, "mappings"): lambda value: tuple((token, dictionaries) for token, dictionaries in value),
    (f.Publication, "tables"): lambda value: tuple(
        f.Published(**_settled({**table, "columns": _frozen(table["columns"])}, "predicate")) for table in value
    ),
    (f.BaseType, "parameters"): lambda value: tuple((name, text) for name, text in value),
    **{
        (kind, "members"): lambda value: tuple(f.OperatorMember(**member) for member in value)
        for kind in (f.OperatorFamily, f.OperatorClass)
    },
}


class Made(NamedTuple):
    """A fact, with what it would otherwise be asked for again and again."""

    fact: f.Fact
    ident: Ident
    above: frozenset[Ident]  # the parent, if there is one
    needs: tuple[Ident, ...]


class Maker:
    """Makes facts, and makes those that two databases have alike only once: of prod and test, nearly all are."""

    def __init__(self) -> None:
        self._known: dict[tuple[type[f.Fact], bool], dict[Any, tuple[tuple[Any, ...], Made]]] = {}
        self._above: dict[Ident | None, frozenset[Ident]] = {}

    def make(self, kind: type[f.Fact], answer: Answer, version: int) -> Iterator[tuple[Address, Made]]:
        """Make the facts that this kind's query told, and say where each is; its address is no part of it."""
        if not answer.rows:
            return
        prefixed = version < 160000 and kind in (f.View, f.MaterializedView)
        known = self._known.setdefault((kind, prefixed), {})
        path_of = itemgetter(*map(answer.columns.index, kind.key))
        fact_of = _reading(kind, answer.columns, prefixed=prefixed)
        for row in answer.rows:
            path, said = path_of(row), row[3:]
            before = known.get(path)
            if before is not None and before[0] == said:
                made = before[1]
            else:
                made = self.ask(fact_of(row))
                known[path] = said, made
            yield row[:3], made

    def ask(self, fact: f.Fact) -> Made:
        """Ask a fact; those with the same parent share what says so."""
        parent = fact.parent
        above = self._above.get(parent)
        if above is None:
            above = self._above[parent] = frozenset((parent,) if parent else ())
        return Made(fact, fact.ident, above, fact.needs)


def _reading(kind: type[f.Fact], columns: Sequence[str], *, prefixed: bool) -> Callable[[tuple[Any, ...]], f.Fact]:
    """Give what makes a fact of a row with these columns; null is "not said", so the field's default holds.

    It fills the slots by itself: the __init__ of a frozen dataclass takes three times as long.
    """
    place = {name: number for number, name in enumerate(columns)}
    told, untold = [], []
    for item in fields(kind):
        put = getattr(kind, item.name).__set__
        if item.name in place or item.default is MISSING:
            told.append((put, place[item.name], item.default, _change(kind, item, prefixed=prefixed)))
        else:
            untold.append((put, item.default))
    parsed = place.get("parsed")

    def fact_of(row: tuple[Any, ...]) -> f.Fact:
        fact = object.__new__(kind)
        for put, number, default, change in told:
            value = row[number]
            if value is None:
                if default is MISSING:
                    raise TypeError(f"a {kind.kind} needs {columns[number]}")
                value = default
            elif change is not None:
                value = change(value, parsed is None or row[parsed])
            put(fact, value)
        for put, default in untold:
            put(fact, default)
        return fact

    return fact_of


def _change(kind: type[f.Fact], item: Field[Any], *, prefixed: bool) -> Callable[[Any, bool], Any] | None:
    """Give what a field's value goes through on its way from the row, where it does not take it as it comes."""
    if make := PARTS.get((kind, item.name)):
        return lambda value, _: make(json.loads(value) if isinstance(value, str) else value)
    if item.name in DEPARSED:
        return partial(_deparsed, prefixed=prefixed and item.name == "definition")
    if str(item.type).startswith("tuple"):
        return lambda value, _: _frozen(value)
    return None


def _deparsed(value: Any, parsed: bool, *, prefixed: bool) -> Any:
    """Settle what PostgreSQL deparsed; a function's body in quotes is its author's own text."""
    if not isinstance(value, str):  # a conversion's default is none
        return _frozen(value)
    head, begins, body = (value, "", "") if parsed else value.partition("\nAS ")
    value = settled(head) + begins + body
    return unprefixed(value) if prefixed else value


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
