"""Tell a catalog as PostgreSQL does once things in it are renamed: `have` and the renames in, `have` in new names out.

PostgreSQL keeps numbers, not names: after a rename, it prints the new name wherever the old one stood. Which text holds
which name is known from what each fact needs. Where one word means two things, of which only one is renamed, either
spelling is taken as right if that makes the fact the one that `want` has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ..catalog import Catalog, Column, Fact, Inheritance, Table
from ..names import Ident, Name, text_of
from ..renames import HOLDERS, Renames
from .spelling import Words, alike, result_names, spelled
from .wording import NewWords, requalified

F = TypeVar("F", bound=Fact)

# Kinds whose path ends with a list of types, and how many names it begins with.
_TYPED = {"function": 2, "aggregate": 2, "operator": 2, "cast": 0}


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
        labels: NewWords = {
            f"'{was}'": f"'{now}'" for each in needed for was, now in self.renames.labels.get(each, {}).items()
        }
        now = self.called(ident)
        if not words and not labels and now == ident:
            return fact
        said = Words({**words, **labels}, moved)
        told: F = spelled(fact, said)
        key = {**self._key(fact, now), **_null_name(fact, now), **self._parents(fact)}
        told = replace(told, **key)
        wanted = self.want.facts.get(now)
        if wanted is None or wanted == told or type(wanted) is not type(told):
            return told
        # what its name is, the identity has told; here, only the rest counts
        if result_names(fact) == result_names(wanted) and alike(replace(fact, **key), wanted, said, ""):
            return wanted
        return told

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
        found: dict[str | tuple[str, ...], str] = {}
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
                        found |= {(schema, name): now.path[0], (schema,): now.path[0]}
                        pairs.remove((schema, now.path[0]))
                found.update(pairs)
                if ident.path[:2] != now.path[:2]:
                    moved[ident.path[:2]] = now.path[:2]
                whole = tuple(text_of(Name(*each.path[:2])) for each in (ident, now))
                found[f"'{whole[0]}'"] = f"'{whole[1]}'"  # nextval('public.t_id_seq'::regclass)
        return Words(found, moved)


def _null_name(fact: Fact, now: Ident) -> dict[str, Any]:
    """Tell the constraint of a column's NOT NULL, which keeps its name, as one with a name of its own, or as usual."""
    if not isinstance(fact, Column) or fact.not_null_constraint is None or fact.name == now.path[-1]:
        return {}
    usual = fact.not_null_constraint.endswith(f"_{now.path[-1]}_not_null")
    return {"not_null_name": None if usual else fact.not_null_constraint}
