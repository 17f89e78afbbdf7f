"""What stands under which name while revisions go by: prod's catalog and statements' effects in, renames out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..catalog import Catalog, Enum, Fact, Ownership, Table
from ..names import Ident, Name, text_of
from ..renames import Renames
from .identities import renames_between
from .spoken import PARTS, Effect, Spoken, TypeName, Verb, routine_types

_RELATIONS = ("table", "view", "materialized view", "sequence", "index", "composite type")
_TYPES = ("enum", "domain", "range type", "composite type")
_ROUTINES = ("function", "aggregate")
# These live in no schema.
_ALONE = frozenset({"schema", "publication", "event trigger", "foreign server", "foreign data wrapper"})
_OTHERS = frozenset({"statistics", "collation", "text search dictionary", "text search configuration"})
_FOLLOWED = frozenset({*_RELATIONS, *_TYPES, *_ROUTINES, *_ALONE, *_OTHERS, *PARTS})
_WITH_INDEX = frozenset({"p", "u", "x"})  # constraints that stand among the relations, too


class Standing:
    """The names of a database, and what of prod stands under each of them."""

    def __init__(self, have: Catalog, search_path: Sequence[str] = ("public",)) -> None:
        self.have = have
        # What stands there now, with its identity in prod; None for what was made since.
        self.now: dict[Ident, Ident | None] = {ident: ident for ident in have.facts if ident.kind in _FOLLOWED}
        self.labels = {enum.ident: {label: label for label in enum.labels} for enum in have.of(Enum)}
        self.usual = tuple(search_path)
        self.session = self.local = self.usual

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
        else:
            for ident in list(self._meant(effect.thing)):
                if effect.verb is Verb.DROP:
                    self._drop(ident)
                elif effect.verb is Verb.RENAME:
                    self._rename(ident, effect.to[0])
                else:
                    self._move(ident, effect.to[0])

    def renames(self) -> Renames:
        """Give what of prod stands under another name now."""
        found = renames_between(self._pairs(), self._labels_left())
        types = {
            text_of(Name(*was.path)): text_of(Name(*found.now(was).path))
            for was in self.have.facts
            if was.kind in (*_TYPES, *_RELATIONS) and found.now(was) != was
        }
        return renames_between(((was, _with_types(now, types)) for was, now in self._pairs()), self._labels_left())

    def made(self) -> frozenset[Ident]:
        """Name the tables and columns that were made since."""
        return frozenset(ident for ident, was in self.now.items() if was is None and ident.kind in ("table", "column"))

    def origin(self, ident: Ident) -> Fact | None:
        """Give prod's fact of what stands under a name."""
        was = self.now.get(ident)
        return self.have.facts[was] if was else None

    def called(self, was: Ident) -> Ident | None:
        """Give the name that a thing of prod has now."""
        return next((ident for ident, origin in self.now.items() if origin == was), None)

    def find(self, kinds: Iterable[str], schema: str | None, name: str) -> Ident | None:
        """Find what stands under a name of one of those kinds; without a schema, as search_path has it."""
        kinds = tuple(kinds)
        path = (schema,) if schema else ("pg_temp", *self.local)
        for each in path:
            for kind in kinds:
                if (ident := Ident(kind, (each, name))) in self.now:
                    return ident
        anywhere = [ident for ident in self.now if ident.kind in kinds and ident.path[1:] == (name,)]
        return anywhere[0] if len(anywhere) == 1 and not schema else None

    def parts(self, relation: Ident, kind: str) -> list[Ident]:
        """List the parts of a relation that stand there now, in prod's order."""
        return [ident for ident in self.now if ident.kind == kind and ident.path[:2] == relation.path]

    def _pairs(self) -> Iterator[tuple[Ident, Ident]]:
        return ((was, now) for now, was in self.now.items() if was)

    def _labels_left(self) -> dict[Ident, dict[str, str]]:
        left = set(self.now.values())
        return {enum: labels for enum, labels in self.labels.items() if enum in left}

    def _meant(self, thing: Spoken) -> Iterator[Ident]:
        """Give what a statement names, as far as it stands there; with the same part of what inherits it."""
        if thing.kind in PARTS:
            relation = self.find(_RELATIONS, thing.schema, thing.name)
            if relation and thing.part is not None:
                heirs = self._heirs(relation) if thing.kind in ("column", "constraint") else ()
                for each in (relation, *heirs):
                    if (ident := Ident(thing.kind, (*each.path, thing.part))) in self.now:
                        yield ident
        elif thing.kind == "routine":
            yield from self._routines(thing)
        elif thing.kind in _ALONE:
            if (ident := Ident(thing.kind, (thing.name,))) in self.now:
                yield ident
        else:
            kinds = {"relation": _RELATIONS, "type": _TYPES}.get(thing.kind, (thing.kind,))
            found = self.find(kinds, thing.schema, thing.name)
            if found:
                yield found
            elif thing.kind == "relation":
                yield from self._keys(thing)

    def _keys(self, thing: Spoken) -> Iterator[Ident]:
        """Find the constraint whose index a statement names."""
        schemas = (thing.schema,) if thing.schema else self.local
        for ident in self.now:
            if ident.kind == "constraint" and ident.path[0] in schemas and ident.path[2] == thing.name:
                fact = self.origin(ident)
                if fact is None or getattr(fact, "type", None) in _WITH_INDEX:
                    yield ident

    def _routines(self, thing: Spoken) -> Iterator[Ident]:
        schemas = (thing.schema,) if thing.schema else self.local
        found = [
            ident
            for ident in self.now
            if ident.kind in _ROUTINES and ident.path[0] in schemas and ident.path[1] == thing.name
        ]
        if thing.arguments is not None:
            wanted = thing.arguments
            found = [ident for ident in found if _same_types(routine_types(ident.path[2]), wanted)]
        yield from found[:1]

    def _heirs(self, relation: Ident) -> Iterator[Ident]:
        """Give the tables under a table, at any depth."""
        was = self.now.get(relation)
        for table in self.have.of(Table) if was else ():
            if was and was.path in (table.partition_of, *table.inherits) and (heir := self.called(table.ident)):
                yield heir
                yield from self._heirs(heir)

    def _belongings(self, relation: Ident) -> Iterator[Ident]:
        """Give what goes where a relation goes and has a name of its own there: indexes, owned sequences."""
        was = self.now.get(relation)
        if was is None:
            return
        owned = {
            Ident("sequence", (each.schema, each.sequence))
            for each in self.have.of(Ownership)
            if (each.table_schema, each.table) == was.path
        }
        for ident, origin in list(self.now.items()):
            if origin in owned or (ident.kind == "index" and origin and self.have.facts[origin].parent == was):
                yield ident

    def _create(self, effect: Effect) -> None:
        thing = effect.thing
        if thing.kind in PARTS:
            relation = self.find(_RELATIONS, thing.schema, thing.name)
            if relation and thing.part is not None:
                for each in (relation, *(self._heirs(relation) if thing.kind == "column" else ())):
                    self._put(Ident(thing.kind, (*each.path, thing.part)), keeps=effect.keeps)
            return
        if thing.kind in _ALONE:
            self._put(Ident(effect.made, (thing.name,)), keeps=effect.keeps)
            return
        schema = thing.schema or next((s for s in self.local if Ident("schema", (s,)) in self.now), "public")
        if thing.kind == "routine":
            there = list(self._routines(Spoken("routine", thing.name, schema, arguments=thing.arguments)))
            if not (there and effect.keeps):
                for ident in there:
                    self._drop(ident)
            return  # a routine that is new needs no name here: nothing of prod is behind it
        kinds = _RELATIONS if effect.made in _RELATIONS else (effect.made,)
        there_is = next((i for kind in kinds if (i := Ident(kind, (schema, thing.name))) in self.now), None)
        if there_is and effect.keeps:
            return
        if there_is:
            self._drop(there_is)
        self._put(Ident(effect.made, (schema, thing.name)), keeps=False)

    def _put(self, ident: Ident, *, keeps: bool) -> None:
        if not (keeps and ident in self.now):
            self.now[ident] = None

    def _drop(self, ident: Ident) -> None:
        gone = {ident}
        if ident.kind == "schema":
            gone |= {each for each in self.now if each.schema == ident.path[0]}
        elif ident.kind in _RELATIONS:
            gone |= {*self._belongings(ident), *self._parts_of(ident)}
        for each in gone:
            self.now.pop(each, None)

    def _rename(self, ident: Ident, name: str) -> None:
        if ident.kind == "schema":
            self._replace({each: _under(each, name) for each in self.now if each.schema == ident.path[0]})
        elif ident.kind in _RELATIONS:
            self._to_path(ident, (ident.path[0], name))
        elif ident.kind in _ROUTINES:
            self._replace({ident: Ident(ident.kind, (ident.path[0], name, *ident.path[2:]))})
        else:
            self._replace({ident: Ident(ident.kind, (*ident.path[:-1], name))})

    def _move(self, ident: Ident, schema: str) -> None:
        belongings = {each: _under(each, schema) for each in self._belongings(ident)}
        if ident.kind in _RELATIONS:
            self._to_path(ident, (schema, *ident.path[1:]))
        else:
            belongings[ident] = _under(ident, schema)
        self._replace(belongings)

    def _to_path(self, relation: Ident, path: tuple[str, ...]) -> None:
        changed = {each: Ident(each.kind, (*path, *each.path[2:])) for each in self._parts_of(relation)}
        self._replace({relation: Ident(relation.kind, path), **changed})

    def _parts_of(self, relation: Ident) -> list[Ident]:
        return [each for each in self.now if each.kind in PARTS and each.path[:2] == relation.path]

    def _replace(self, changed: dict[Ident, Ident]) -> None:
        """Give things other names at once; what stood under such a name and does not go must have gone, unheard."""
        for name in changed.values():
            if name in self.now and name not in changed:
                self._drop(name)
        moved = {now: self.now.pop(was) for was, now in changed.items() if was in self.now}
        self.now.update(moved)

    def _relabel(self, effect: Effect) -> None:
        enum = self.find(("enum",), effect.thing.schema, effect.thing.name)
        labels = self.labels.get(self.now.get(enum) or enum) if enum else None
        for was, now in (labels or {}).items():
            if labels and now == effect.thing.part:
                labels[was] = effect.to[0]
                return


def _under(ident: Ident, schema: str) -> Ident:
    return Ident(ident.kind, (schema, *ident.path[1:]))


def _same_types(there: tuple[TypeName, ...], said: tuple[TypeName, ...]) -> bool:
    """Say whether two lists of types are the same, where one may leave out the schema."""
    return len(there) == len(said) and all(map(_same_type, there, said))


def _same_type(there: TypeName, said: TypeName) -> bool:
    dimensions = said.count("[]")
    if there == said or there.count("[]") != dimensions:
        return there == said
    a, b = there[: len(there) - dimensions], said[: len(said) - dimensions]
    return a[-1] == b[-1] and 1 in (len(a), len(b))


def _with_types(ident: Ident, types: dict[str, str]) -> Ident:
    """Put the new names of types into the arguments of a routine."""
    if ident.kind not in _ROUTINES or not types:
        return ident
    arguments = []
    for each in ident.path[2].split(", "):
        variadic, word, rest = each.rpartition("VARIADIC ")
        name, brackets, more = rest.partition("[")
        arguments.append(f"{variadic}{word}{types.get(name, name)}{brackets}{more}")
    return Ident(ident.kind, (*ident.path[:2], ", ".join(arguments)))
