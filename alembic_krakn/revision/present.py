"""Know what stands under which name while revisions go by: prod's catalog in, what a statement means out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ..catalog import Catalog, Constraint, Fact, Index, Ownership, Table
from ..names import Ident, Name, text_of
from .spoken import PARTS, Spoken, TypeName, routine_types

RELATIONS = ("table", "view", "materialized view", "sequence", "index", "composite type")
TYPES = ("enum", "domain", "range type", "composite type")
ROUTINES = ("function", "aggregate")
# These live in no schema.
ALONE = frozenset({"schema", "publication", "event trigger", "foreign server", "foreign data wrapper"})
_OTHERS = frozenset({"statistics", "collation", "text search dictionary", "text search configuration"})
_FOLLOWED = frozenset({*RELATIONS, *TYPES, *ROUTINES, *ALONE, *_OTHERS, *PARTS})
_WITH_INDEX = frozenset({"p", "u", "x"})  # constraints that stand among the relations, too


class Present:
    """What is there while revisions go by, and how it is found."""

    def __init__(self, have: Catalog, search_path: Sequence[str] = ("public",)) -> None:
        self.have = have
        # What stands there now, with its identity in prod; None for what was made since.
        self.now: dict[Ident, Ident | None] = {ident: ident for ident in have.facts if ident.kind in _FOLLOWED}
        # The tables right under each table that has any.
        self.below: dict[Ident, list[Ident]] = {}
        for table in have.of(Table):
            for path in filter(None, (table.partition_of, *table.inherits)):
                self.below.setdefault(Ident("table", path), []).append(table.ident)
        self.usual = tuple(search_path)
        self.session = self.local = self.usual

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

    def parts(self, relation: Ident, kinds: Collection[str] = PARTS) -> list[Ident]:
        """List the parts of a relation that stand there now, in prod's order."""
        return [ident for ident in self.now if ident.kind in kinds and ident.path[:2] == relation.path]

    def meant(self, thing: Spoken) -> Iterator[Ident]:
        """Give what a statement names, as far as it stands there; with the same part of what inherits it."""
        if thing.kind in PARTS:
            relation = self.find(RELATIONS, thing.schema, thing.name)
            if relation and thing.part is not None:
                heirs = self.heirs(relation) if thing.kind in ("column", "constraint") else ()
                for each in (relation, *heirs):
                    if (ident := Ident(thing.kind, (*each.path, thing.part))) in self.now:
                        yield ident
        elif thing.kind == "routine":
            yield from self.routines(thing)
        elif thing.kind in ALONE:
            if (ident := Ident(thing.kind, (thing.name,))) in self.now:
                yield ident
        else:
            kinds = {"relation": RELATIONS, "type": TYPES}.get(thing.kind, (thing.kind,))
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

    def routines(self, thing: Spoken) -> Iterator[Ident]:
        schemas = (thing.schema,) if thing.schema else self.local
        found = [
            ident
            for ident in self.now
            if ident.kind in ROUTINES and ident.path[0] in schemas and ident.path[1] == thing.name
        ]
        if thing.arguments is not None:
            wanted, types = thing.arguments, self.renamed_types()
            found = [ident for ident in found if _same_types(routine_types(arguments_of(ident, types)), wanted)]
        yield from found[:1]

    def renamed_types(self) -> dict[str, str]:
        """Map types as prod's routines name them to what they are called now."""
        kinds = {*TYPES, *RELATIONS}
        pairs = ((was, now) for now, was in self.now.items() if was and was != now and was.kind in kinds)
        return {text_of(Name(*was.path)): text_of(Name(*now.path)) for was, now in pairs}

    def heirs(self, relation: Ident) -> Iterator[Ident]:
        """Give the tables under a table, at any depth."""
        for heir in self.below.get(relation, ()):
            yield heir
            yield from self.heirs(heir)

    def belongings(self, relation: Ident) -> Iterator[Ident]:
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

    def dependents(self, ident: Ident) -> Iterator[Ident]:
        """Give the constraints and indexes of prod that PostgreSQL drops with a table or a column."""
        was = self.now.get(ident)
        if was is None:
            return
        for each, origin in list(self.now.items()):
            fact = self.have.facts[origin] if origin and each.kind in ("constraint", "index") else None
            if isinstance(fact, Constraint | Index) and was in (*_used(fact), *_referred(fact)):
                yield each


def _used(fact: Constraint | Index) -> Iterator[Ident]:
    """Name the columns that a constraint or an index is on."""
    if isinstance(fact, Constraint):
        names: Iterable[str | None] = fact.columns
    else:
        names = (*(key.column for key in fact.keys), *fact.include)
    return (Ident("column", (fact.schema, fact.table, name)) for name in names if name)


def _referred(fact: Constraint | Index) -> Iterator[Ident]:
    """Name the table that a foreign key refers to, and its columns."""
    if isinstance(fact, Constraint) and fact.references:
        yield Ident("table", fact.references)
        for name in fact.referenced_columns:
            yield Ident("column", (*fact.references, name))


def arguments_of(routine: Ident, types: Mapping[str, str]) -> str:
    """Write the arguments of one of prod's routines with the new names of types."""
    arguments = []
    for each in routine.path[2].split(", "):
        variadic, word, rest = each.rpartition("VARIADIC ")
        name, brackets, more = rest.partition("[")
        arguments.append(f"{variadic}{word}{types.get(name, name)}{brackets}{more}")
    return ", ".join(arguments)


def _same_types(there: tuple[TypeName, ...], said: tuple[TypeName, ...]) -> bool:
    """Say whether two lists of types are the same, where one may leave out the schema."""
    return len(there) == len(said) and all(map(_same_type, there, said))


def _same_type(there: TypeName, said: TypeName) -> bool:
    dimensions = said.count("[]")
    if there == said or there.count("[]") != dimensions:
        return there == said
    a, b = there[: len(there) - dimensions], said[: len(said) - dimensions]
    return a[-1] == b[-1] and 1 in (len(a), len(b))
