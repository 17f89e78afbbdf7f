"""Make facts: the rows that a catalog query gave in, the facts that they tell out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
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
    parent: Ident | None
    above: frozenset[Ident]  # the parent, if there is one
    needs: tuple[Ident, ...]

    @classmethod
    def of(cls, fact: f.Fact) -> Made:
        """Ask the fact."""
        parent = fact.parent
        return cls(fact, fact.ident, parent, frozenset((parent,) if parent else ()), fact.needs)


class Maker:
    """Makes facts, and makes those that two databases have alike only once: of prod and test, nearly all are."""

    def __init__(self) -> None:
        self._known: dict[tuple[type[f.Fact], bool], dict[Any, tuple[tuple[Any, ...], Made]]] = {}

    def make(self, kind: type[f.Fact], answer: Answer, version: int) -> Iterator[tuple[Address, Made]]:
        """Make the facts that this kind's query told, and say where each is; its address is no part of it."""
        if not answer.rows:
            return
        prefixed = version < 160000 and kind in (f.View, f.MaterializedView)
        known = self._known.setdefault((kind, prefixed), {})
        path_of = itemgetter(*map(answer.columns.index, kind.key))
        for row in answer.rows:
            path, said = path_of(row), row[3:]
            before = known.get(path)
            if before is not None and before[0] == said:
                made = before[1]
            else:
                made = Made.of(_fact(kind, dict(zip(answer.columns, row, strict=True)), prefixed=prefixed))
                known[path] = said, made
            yield row[:3], made


def _fact(kind: type[f.Fact], row: Row, *, prefixed: bool) -> f.Fact:
    """Make a fact from the row that its query gave; null is "not said", so the field's default holds."""
    plain, others = _shape(kind)  # type: ignore[arg-type]  # a class can be hashed, whatever its instances do
    values: dict[str, Any] = {name: value for name in plain if (value := row.get(name)) is not None}
    for name in others:
        value = row.get(name)
        if value is None:
            continue
        if make := PARTS.get((kind, name)):
            value = make(json.loads(value) if isinstance(value, str) else value)
        elif isinstance(value, list):
            value = _frozen(value)
        elif name in DEPARSED and isinstance(value, str):  # a conversion's default is none
            # a function's body in quotes is its author's own text
            head, begins, body = (value, "", "") if row.get("parsed", True) else value.partition("\nAS ")
            value = settled(head) + begins + body
            if prefixed and name == "definition":
                value = unprefixed(value)
        values[name] = value
    return kind(**values)


@cache
def _shape(kind: type[f.Fact]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the fields that take a value as it comes, and the others: lists, JSON and what PostgreSQL deparsed."""
    others = {
        item.name
        for item in fields(kind)
        if str(item.type).startswith("tuple") or (kind, item.name) in PARTS or item.name in DEPARSED
    }
    names = [item.name for item in fields(kind)]
    return tuple(name for name in names if name not in others), tuple(name for name in names if name in others)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
