"""Tell a catalog as PostgreSQL does once things in it are renamed: `have` and the renames in, `have` in new names out.

PostgreSQL keeps numbers, not names: after a rename, it prints the new name wherever the old one stood. Which text holds
which name is known from what each fact needs. Where one word means two things, of which only one is renamed, either
spelling is taken as right if that makes the fact the one that `want` has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from ..catalog import (
    Catalog,
    Column,
    Fact,
    Function,
    Inheritance,
    MaterializedView,
    Statistics,
    Table,
    View,
    ViewColumn,
)
from ..names import Ident, Name, text_of
from ..renames import HOLDERS, Renames
from .wording import TOKEN, bare, respell, respell_query, respelled_word, selected

F = TypeVar("F", bound=Fact)

_COLUMN = re.compile(r"([^\W\d][\w$]*|\"(?:[^\"]|\"\")+\")(?:, |\Z)")
# Fields that hold bare names, and those that hold SQL; all others hold no names of other things.
_NAMES = frozenset(
    {
        *("table", "table_schema", "domain", "column", "index", "sequence", "references", "partition_of", "inherits"),
        *(
            "parent_index",
            "family",
            "server",
            "wrapper",
            "columns",
            "referenced_columns",
            "include",
            "schema",
            "schemas",
            "name",
        ),
    }
)
_TEXTS = frozenset(
    {
        *("definition", "expression", "predicate", "using", "check", "bound", "partition_key", "type", "of_type"),
        *("default", "generated", "returns", "signature", "parameters", "collation", "opclass", "arguments"),
        *("parser", "template", "mappings", "restrict", "join", "handler", "validator", "inline", "function", "calls"),
        "types",
    }
)
# Kinds whose path ends with a list of types.
_TYPED = frozenset({"function", "aggregate", "operator", "cast"})


class Speller:
    """How things of `have` are called after the renames."""

    def __init__(self, have: Catalog, want: Catalog, renames: Renames) -> None:
        self.have = have
        self.want = want
        self.renames = renames
        self._called: dict[Ident, Ident] = {}
        # the index of a key is no fact, but may have a comment
        self._keys = {
            Ident("index", (was.path[0], was.path[2])): Ident("index", (now.path[0], now.path[2]))
            for was, now in renames.things.items()
            if was.kind == "constraint" and Ident("index", (was.path[0], was.path[2])) not in have.facts
        }

    def catalog(self) -> Catalog:
        """Give `have` in new names."""
        if not self.renames:
            return self.have
        facts = {self.called(ident): self.fact(fact) for ident, fact in self.have.facts.items()}
        needs = {self.called(ident): frozenset(map(self.called, needs)) for ident, needs in self.have.needs.items()}
        return replace(self.have, facts=facts, needs=needs)

    def called(self, ident: Ident) -> Ident:
        """Give the identity that a thing has after the renames."""
        if (known := self._called.get(ident)) is not None:
            return known
        now = self._keys.get(ident) or self.renames.now(ident)
        if ident.kind in HOLDERS:
            end = len(ident.path) - HOLDERS[ident.kind]
            on = self.called(Ident(ident.path[0], ident.path[1:end]))
            now = Ident(ident.kind, (on.kind, *on.path, *ident.path[end:]))
        if ident.kind in _TYPED and ident not in self.renames.things:
            words = self._words([each for each in self.have.needs.get(ident, ()) if each.kind not in _TYPED])
            kept = 0 if ident.kind == "cast" else 2
            now = Ident(ident.kind, (*now.path[:kept], *(respell(part, words) for part in now.path[kept:])))
        self._called[ident] = now
        return now

    def fact(self, fact: F) -> F:
        """Give a fact in new names: as `want` has it where nothing but names differs."""
        ident = fact.ident
        needed = {ident, *self.have.needs.get(ident, ())}
        words = self._words(needed)
        labels = {f"'{was}'": f"'{now}'" for each in needed for was, now in self.renames.labels.get(each, {}).items()}
        now = self.called(ident)
        if not words and not labels and now == ident:
            return fact
        spelled: F = _spelled(fact, words | labels)
        key = {**self._key(fact, now), **_null_name(fact, now), **self._parents(fact)}
        spelled = replace(spelled, **key)
        wanted = self.want.facts.get(now)
        if wanted is None or wanted == spelled or type(wanted) is not type(spelled):
            return spelled
        # what its name is, the identity has told; here, only the rest counts
        if _results(fact) == _results(wanted) and _alike(replace(fact, **key), wanted, words | labels, ""):
            return wanted
        return spelled

    def _key(self, fact: Fact, now: Ident) -> dict[str, Any]:
        """Give the fields that make up the identity, in new names, and the labels of an enum."""
        given: dict[str, Any]
        if isinstance(getattr(fact, "on", None), Ident):
            given = {name: self.called(getattr(fact, name)) for name in ("on", "holder")}
        else:
            given = dict(zip(fact.key, now.path, strict=True))
        if renamed := self.renames.labels.get(fact.ident):
            given["labels"] = tuple(renamed.get(label, label) for label in getattr(fact, "labels", ()))
        return given

    def _parents(self, fact: Fact) -> dict[str, Any]:
        """Give the tables above a table in new names; a schema that the table moves to need not be theirs."""
        if not isinstance(fact, Table | Inheritance):
            return {}
        above = fact.partition_of and self.renames.relation(fact.partition_of)
        return {"partition_of": above, "inherits": tuple(map(self.renames.relation, fact.inherits))}

    def _words(self, needed: Sequence[Ident] | set[Ident]) -> dict[str, str]:
        """Map the names of things to their new ones, as far as these tell."""
        found: dict[str, str] = {}
        for ident in needed:
            if ident.kind in HOLDERS:
                continue
            now = self.called(ident)
            if now != ident:
                found.update((was, is_now) for was, is_now in zip(ident.path, now.path, strict=True) if was != is_now)
                whole = tuple(text_of(Name(*each.path[:2])) for each in (ident, now))
                found[f"'{whole[0]}'"] = f"'{whole[1]}'"  # nextval('public.t_id_seq'::regclass)
        return found


def _results(fact: Fact) -> list[str]:
    """Give the names of a view's columns, which stay when those of its tables are renamed."""
    if isinstance(fact, View):
        return [column.name for column in fact.columns]
    return [bare(item[-1]) for item in selected(fact.definition)] if isinstance(fact, MaterializedView) else []


def _null_name(fact: Fact, now: Ident) -> dict[str, Any]:
    """Tell the constraint of a column's NOT NULL, which keeps its name, as one with a name of its own, or as usual."""
    if not isinstance(fact, Column) or fact.not_null_constraint is None or fact.name == now.path[-1]:
        return {}
    usual = fact.not_null_constraint.endswith(f"_{now.path[-1]}_not_null")
    return {"not_null_name": None if usual else fact.not_null_constraint}


def _spelled(value: Any, words: Mapping[str, str], field: str = "") -> Any:
    """Put new names into the fields of a fact, or of a part of one."""
    if isinstance(value, ViewColumn):
        return replace(value, **{name: _spelled(getattr(value, name), words, name) for name in ("type", "collation")})
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: _spelled(getattr(value, each.name), words, each.name) for each in fields(value)}
        if isinstance(value, Function):
            changed["definition"] = _header_spelled(value, words)
        if isinstance(value, View | MaterializedView):
            changed["definition"] = respell_query(value.definition, words)
        if isinstance(value, Statistics):
            changed["definition"] = _columns_by_name(changed["definition"])
        return replace(value, **changed)
    if isinstance(value, tuple) and not isinstance(value, Ident):
        return tuple(_spelled(part, words, field) for part in value)
    if isinstance(value, str) and field in _NAMES:
        return words.get(value, value)
    return respell(value, words) if isinstance(value, str) and field in _TEXTS else value


def _columns_by_name(definition: str) -> str:
    """Put the columns of extended statistics in the order in which the catalog tells them, before the expressions."""
    head, _, rest = definition.partition(" ON ")
    listed, _, table = rest.rpartition(" FROM ")
    columns = []
    while found := _COLUMN.match(listed):
        columns.append(found[1])
        listed = listed[found.end() :]
    return f"{head} ON {', '.join([*sorted(columns, key=bare), *filter(None, [listed])])} FROM {table}"


def _header_spelled(function: Function, words: Mapping[str, str]) -> str:
    """Put new names into a function's definition, but not into a body that PostgreSQL keeps as its author wrote it."""
    if function.parsed:
        return respell(function.definition, words)
    head, quote, body = function.definition.partition("\nAS ")
    return respell(head, words) + quote + body


def _alike(have: Any, want: Any, words: Mapping[str, str], field: str) -> bool:
    """Say whether two values are the same but for names that have become others."""
    if have == want:
        return True
    if is_dataclass(have) and type(have) is type(want):
        return all(
            _alike(getattr(have, each.name), getattr(want, each.name), words, each.name)
            for each in fields(have)
            if each.compare
        )
    if isinstance(have, tuple) and isinstance(want, tuple):
        return len(have) == len(want) and all(_alike(a, b, words, field) for a, b in zip(have, want, strict=True))
    if not (isinstance(have, str) and isinstance(want, str)):
        return False
    return words.get(have) == want if field in _NAMES else field in _TEXTS and _reads_alike(have, want, words)


def _reads_alike(have: str, want: str, words: Mapping[str, str]) -> bool:
    """Compare SQL word by word; a column that a query selects keeps its name in the result by an AS."""
    mine, theirs = ([token for token in TOKEN.findall(text) if not token.isspace()] for text in (have, want))
    at = other = 0
    while at < len(mine) or other < len(theirs):
        one, two = mine[at : at + 1], theirs[other : other + 1]
        if one and two and (one == two or respelled_word(one[0], words) == two[0]):
            at, other = at + 1, other + 1
        elif two == ["AS"] and at and theirs[other + 1 : other + 2] == [mine[at - 1]] and bare(mine[at - 1]) in words:
            other += 2
        elif one == ["AS"] and other and mine[at + 1 : at + 2] == [theirs[other - 1]]:
            at += 2
        else:
            return False
    return True
