"""Follow names while revisions go by: prod's catalog and statements' effects in, renames out."""

from __future__ import annotations

from collections.abc import Sequence

from ..catalog import Catalog, Column, Enum
from ..names import Ident
from ..renames import Renames
from .identities import renames_between
from .present import ALONE, RELATIONS, ROUTINES, Present, arguments_of
from .spoken import PARTS, Effect, Spoken, Verb


class Standing(Present):
    """The names of a database, and what of prod stands under each of them."""

    def __init__(self, have: Catalog, search_path: Sequence[str] = ("public",)) -> None:
        super().__init__(have, search_path)
        self.types: dict[Ident, str] = {}  # of columns that were made or got another one since
        self.labels = {enum.ident: {label: label for label in enum.labels} for enum in have.of(Enum)}

    def next_revision(self) -> None:
        """End what SET LOCAL said."""
        self.local = self.session

    def apply(self, effect: Effect) -> None:
        """Do to the names what a statement does."""
        if effect.verb is Verb.SEARCH:
            self.local = effect.to or self.usual
            if effect.thing.kind == "session":
                self.session = self.local
        elif effect.verb is Verb.CREATE:
            self._create(effect)
        elif effect.thing.kind == "label":
            self._relabel(effect)
        elif effect.other:
            self._relate(effect, effect.other)
        else:
            changed: dict[Ident, Ident] = {}
            for ident in list(self.meant(effect.thing)):
                if effect.verb is Verb.DROP:
                    self._drop(ident)
                elif effect.verb is Verb.RETYPE:
                    self.types[ident] = effect.type
                else:
                    name_of = self._renamed if effect.verb is Verb.RENAME else self._moved
                    changed |= name_of(ident, effect.to[0])
            if changed:
                self._replace(changed)

    def renames(self) -> Renames:
        """Give what of prod stands under another name now."""
        types, left = self.renamed_types(), set(self.now.values())
        pairs = [(was, _with_types(now, types)) for now, was in self.now.items() if was]
        return renames_between(pairs, {enum: labels for enum, labels in self.labels.items() if enum in left})

    def made(self) -> frozenset[Ident]:
        """Name the tables and columns that were made since."""
        return frozenset(ident for ident, was in self.now.items() if was is None and ident.kind in ("table", "column"))

    def _create(self, effect: Effect) -> None:
        thing = effect.thing
        if thing.kind in PARTS:
            relation = self.find(RELATIONS, thing.schema, thing.name)
            if relation and thing.part is not None:
                for each in (relation, *(self.heirs(relation) if thing.kind == "column" else ())):
                    keeps = effect.keeps or each != relation  # an heir's own column becomes the parent's, too
                    self._put(Ident(thing.kind, (*each.path, thing.part)), keeps=keeps, type_=effect.type)
            return
        if thing.kind in ALONE:
            self._put(Ident(effect.made, (thing.name,)), keeps=effect.keeps)
            return
        schema = thing.schema or next((s for s in self.local if Ident("schema", (s,)) in self.now), "public")
        if thing.kind == "routine":
            there = list(self.routines(Spoken("routine", thing.name, schema, arguments=thing.arguments)))
            if not (there and effect.keeps):
                for ident in there:
                    self._drop(ident)
            return  # a routine that is new needs no name here: nothing of prod is behind it
        kinds = RELATIONS if effect.made in RELATIONS else (effect.made,)
        there_is = next((i for kind in kinds if (i := Ident(kind, (schema, thing.name))) in self.now), None)
        if there_is and effect.keeps:
            return
        if there_is:
            self._drop(there_is)
        self._put(Ident(effect.made, (schema, thing.name)), keeps=False)

    def _relate(self, effect: Effect, other: Spoken) -> None:
        """Let a table join another one, or leave it, or have its columns."""
        table = self.find(("table",), effect.thing.schema, effect.thing.name)
        above = self.find(("table",), other.schema, other.name)
        if table is None or above is None or (effect.keeps and self.now[table]):
            return
        heirs = [each for each in self.below.get(above, ()) if each != table]
        if effect.verb is Verb.LEAVE:
            self.below[above] = heirs
            return
        if effect.verb is Verb.JOIN:
            self.below[above] = [*heirs, table]
        for column in self.parts(above, {"column"}):
            fact = self.origin(column)
            type_ = self.types.get(column) or (fact.type if isinstance(fact, Column) else "")
            self._put(Ident("column", (*table.path, column.path[2])), keeps=True, type_=type_)

    def _put(self, ident: Ident, *, keeps: bool, type_: str = "") -> None:
        if not (keeps and ident in self.now):
            self.now[ident] = None
            self.types[ident] = type_

    def _drop(self, ident: Ident) -> None:
        gone = {ident}
        if ident.kind == "schema":
            gone |= {each for each in self.now if each.schema == ident.path[0]}
        elif ident.kind in RELATIONS:
            gone |= {*self.heirs(ident), *self.belongings(ident), *self.dependents(ident)}
            paths = {each.path for each in gone if each.kind in RELATIONS}
            gone |= {each for each in self.now if each.kind in PARTS and each.path[:2] in paths}
        elif ident.kind == "column":
            gone |= {*self.dependents(ident)}
        for each in gone:
            self.now.pop(each, None)
            self.types.pop(each, None)
        if ident.kind != "column":
            self.below = {
                above: [each for each in heirs if each not in gone]
                for above, heirs in self.below.items()
                if above not in gone
            }

    def _renamed(self, ident: Ident, name: str) -> dict[Ident, Ident]:
        if ident.kind == "schema":
            return {each: _under(each, name) for each in self.now if each.schema == ident.path[0]}
        if ident.kind in RELATIONS:
            return self._at_path(ident, (ident.path[0], name))
        if ident.kind in ROUTINES:
            return {ident: Ident(ident.kind, (ident.path[0], name, *ident.path[2:]))}
        return {ident: Ident(ident.kind, (*ident.path[:-1], name))}

    def _moved(self, ident: Ident, schema: str) -> dict[Ident, Ident]:
        if ident.kind not in RELATIONS:
            return {ident: _under(ident, schema)}
        belongings = {each: _under(each, schema) for each in self.belongings(ident)}
        return {**belongings, **self._at_path(ident, (schema, *ident.path[1:]))}

    def _at_path(self, relation: Ident, path: tuple[str, ...]) -> dict[Ident, Ident]:
        parts = {each: Ident(each.kind, (*path, *each.path[2:])) for each in self.parts(relation)}
        return {relation: Ident(relation.kind, path), **parts}

    def _replace(self, changed: dict[Ident, Ident]) -> None:
        """Give things other names at once; what stood under such a name and does not go must have gone, unheard."""
        for name in changed.values():
            if name in self.now and name not in changed:
                self._drop(name)
        self.now = {changed.get(each, each): was for each, was in self.now.items()}
        self.types = {changed.get(each, each): type_ for each, type_ in self.types.items()}
        self.below = {
            changed.get(above, above): [changed.get(each, each) for each in heirs]
            for above, heirs in self.below.items()
        }

    def _relabel(self, effect: Effect) -> None:
        enum = self.find(("enum",), effect.thing.schema, effect.thing.name)
        labels = self.labels.get(self.now.get(enum) or enum) if enum else None
        for was, now in (labels or {}).items():
            if labels and now == effect.thing.part:
                labels[was] = effect.to[0]
                return


def _under(ident: Ident, schema: str) -> Ident:
    return Ident(ident.kind, (schema, *ident.path[1:]))


def _with_types(ident: Ident, types: dict[str, str]) -> Ident:
    """Put the new names of types into the arguments of a routine."""
    return Ident(ident.kind, (*ident.path[:2], arguments_of(ident, types))) if ident.kind in ROUTINES else ident
