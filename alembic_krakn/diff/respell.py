"""Tell a catalog as PostgreSQL does once things in it are renamed: `have` and the renames in, `have` in new names out.

PostgreSQL keeps numbers, not names: after a rename, it prints the new name wherever the old one stood. Which text holds
which name is known from what each fact needs. Where one word means two things, of which only one is renamed, either
spelling is taken as right if that makes the fact the one that `want` has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple, TypeVar

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
from .wording import TOKEN, bare, requalified, respell, respell_query, respelled, results, selected

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
# Kinds whose path ends with a list of types, and how many names it begins with.
_TYPED = {"function": 2, "aggregate": 2, "operator": 2, "cast": 0}


class Words(NamedTuple):
    """New names: of words, as `wording` has them; and of types, functions and the like, by schema and name."""

    words: Mapping[str, str]
    moved: Mapping[tuple[str, ...], tuple[str, ...]]


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
            moved = self._words([each for each in self.have.needs.get(ident, ()) if each.kind not in _TYPED]).moved
            kept = _TYPED[ident.kind]
            now = Ident(ident.kind, (*now.path[:kept], *(requalified(part, moved) for part in now.path[kept:])))
        self._called[ident] = now
        return now

    def fact(self, fact: F) -> F:
        """Give a fact in new names: as `want` has it where nothing but names differs."""
        ident = fact.ident
        needed = {ident, *self.have.needs.get(ident, ())}
        words, moved = self._words(needed)
        labels = {f"'{was}'": f"'{now}'" for each in needed for was, now in self.renames.labels.get(each, {}).items()}
        now = self.called(ident)
        if not words and not labels and now == ident:
            return fact
        said = Words({**words, **labels}, moved)
        spelled: F = _spelled(fact, said)
        key = {**self._key(fact, now), **_null_name(fact, now), **self._parents(fact)}
        spelled = replace(spelled, **key)
        wanted = self.want.facts.get(now)
        if wanted is None or wanted == spelled or type(wanted) is not type(spelled):
            return spelled
        # what its name is, the identity has told; here, only the rest counts
        if _results(fact) == _results(wanted) and _alike(replace(fact, **key), wanted, said, ""):
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

    def _words(self, needed: Sequence[Ident] | set[Ident]) -> Words:
        """Map the names of things to their new ones, as far as these tell."""
        found: dict[str, str] = {}
        moved: dict[tuple[str, ...], tuple[str, ...]] = {}
        for ident in needed:
            if ident.kind in HOLDERS:
                continue
            now = self.called(ident)
            if now != ident:
                names = slice(_TYPED.get(ident.kind))
                pairs = [pair for pair in zip(ident.path[names], now.path[names], strict=True) if pair[0] != pair[1]]
                if ident.kind != "schema" and ident.schema != now.schema:
                    schema, name = ident.path[:2]
                    if Ident("schema", (schema,)) in self.renames.things:
                        moved[schema,] = (now.path[0],)
                    else:
                        found |= {f"{schema}.{name}": now.path[0], f"{schema}.": now.path[0]}
                        pairs.remove((schema, now.path[0]))
                found.update(pairs)
                if ident.path[:2] != now.path[:2]:
                    moved[ident.path[:2]] = now.path[:2]
                whole = tuple(text_of(Name(*each.path[:2])) for each in (ident, now))
                found[f"'{whole[0]}'"] = f"'{whole[1]}'"  # nextval('public.t_id_seq'::regclass)
        return Words(found, moved)


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


def _spelled(value: Any, said: Words, field: str = "") -> Any:
    """Put new names into the fields of a fact, or of a part of one."""
    if isinstance(value, ViewColumn):
        return replace(value, **{name: _spelled(getattr(value, name), said, name) for name in ("type", "collation")})
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: _spelled(getattr(value, each.name), said, each.name) for each in fields(value)}
        if isinstance(value, Function):
            changed["definition"] = _header_spelled(value, said)
        if isinstance(value, View | MaterializedView):
            changed["definition"] = respell_query(value.definition, said.words)
        if isinstance(value, Statistics):
            changed["definition"] = _columns_by_name(changed["definition"])
        return replace(value, **changed)
    if isinstance(value, tuple) and not isinstance(value, Ident):
        return tuple(_spelled(part, said, field) for part in value)
    if not isinstance(value, str):
        return value
    if field in _NAMES:
        return said.words.get(value, said.words.get(f"{value}.", value))
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
    return f"{head} ON {', '.join([*sorted(columns, key=bare), *filter(None, [listed])])} FROM {table}"


def _header_spelled(function: Function, said: Words) -> str:
    """Put new names into a function's definition, but not into a body that PostgreSQL keeps as its author wrote it."""
    if function.parsed:
        return respell_query(function.definition, said.words)
    head, quote, body = function.definition.partition("\nAS ")
    return respell(head, said.words) + quote + body


def _alike(have: Any, want: Any, said: Words, field: str) -> bool:
    """Say whether two values are the same but for names that have become others."""
    if have == want:
        return True
    if is_dataclass(have) and type(have) is type(want):
        return all(
            _alike(getattr(have, each.name), getattr(want, each.name), said, each.name)
            for each in fields(have)
            if each.compare
        )
    if isinstance(have, tuple) and isinstance(want, tuple):
        return len(have) == len(want) and all(_alike(a, b, said, field) for a, b in zip(have, want, strict=True))
    if not (isinstance(have, str) and isinstance(want, str)):
        return False
    if field in _NAMES:
        return want in (said.words.get(have), said.words.get(f"{have}."))
    if field in _QUALIFIED:
        return requalified(have, said.moved) == want
    return field in _TEXTS and _reads_alike(have, want, said.words)


def _reads_alike(have: str, want: str, words: Mapping[str, str]) -> bool:
    """Compare SQL word by word; a column that a query selects keeps its name in the result by an AS."""
    mine, theirs = ([token for token in TOKEN.findall(text) if not token.isspace()] for text in (have, want))
    spelled, named = respelled(mine, words), results(mine)
    at = other = 0
    while at < len(mine) or other < len(theirs):
        one, two = mine[at : at + 1], theirs[other : other + 1]
        if one and two and two[0] in (one[0], spelled[at]):
            at, other = at + 1, other + 1
            if at - 1 in named and one != two and theirs[other : other + 2] != ["AS", one[0]]:
                return False
        elif two == ["AS"] and at and theirs[other + 1 : other + 2] == [mine[at - 1]] and bare(mine[at - 1]) in words:
            other += 2
        elif one == ["AS"] and other and mine[at + 1 : at + 2] == [theirs[other - 1]]:
            at += 2
        else:
            return False
    return True
