"""A catalog: every fact of one database's schema and what depends on what, as one frozen value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import itemgetter
from typing import TypeVar

from ..names import Ident
from .facts import Column, Fact, Owner

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True)
class Catalog:
    """One snapshot of a database's schema."""

    facts: Mapping[Ident, Fact] = field(default_factory=dict)
    needs: Mapping[Ident, frozenset[Ident]] = field(default_factory=dict)  # from pg_depend: dependent -> referenced
    version: int = 0  # server_version_num: 150018
    encoding: str = "UTF8"  # server_encoding
    casts: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (source, target): castcontext 'i', 'a' or 'e'
    uncompared: Mapping[str, int] = field(default_factory=dict)  # kinds that krakn does not model: how many there are

    def of(self, kind: type[F]) -> list[F]:
        """List the facts of one kind, by name."""
        if kind not in self._sorted:
            self._sorted[kind] = [fact for _, fact in sorted(self._kinds.get(kind, ()), key=itemgetter(0))]
        return list(self._sorted[kind])  # type: ignore[arg-type]  # all of that kind

    def get(self, kind: type[F], *path: str) -> F | None:
        """Give the fact of that kind and path, or None."""
        found = self.facts.get(Ident(kind.kind, path))
        return found if isinstance(found, kind) else None

    @cached_property
    def _kinds(self) -> Mapping[type[Fact], list[tuple[Ident, Fact]]]:
        """Map each kind to its facts."""
        found: dict[type[Fact], list[tuple[Ident, Fact]]] = defaultdict(list)
        for ident, fact in self.facts.items():
            found[type(fact)].append((ident, fact))
        return found

    @cached_property
    def _sorted(self) -> dict[type[Fact], list[Fact]]:
        """Keep the facts of each kind that somebody has asked for, by name."""
        return {}

    @cached_property
    def children(self) -> Mapping[Ident, tuple[Ident, ...]]:
        """Map each thing to the facts that are part of it, by name."""
        found: dict[Ident, list[Ident]] = defaultdict(list)
        for ident, fact in self.facts.items():
            if parent := fact.parent:
                found[parent].append(ident)
        return {parent: tuple(sorted(idents)) for parent, idents in found.items()}

    @cached_property
    def _parts(self) -> dict[type[Fact], Mapping[Ident | None, list[tuple[Ident, Fact]]]]:
        """Keep the facts of each kind that somebody has asked for, by what they are part of."""
        return {}

    @cached_property
    def needed_by(self) -> Mapping[Ident, Sequence[Ident]]:
        """Map each thing to what depends on it: `needs` the other way round."""
        found: dict[Ident, list[Ident]] = defaultdict(list)
        for ident, needs in self.needs.items():
            for need in needs:
                found[need].append(ident)
        return dict(found)

    def tied(self, ident: Ident) -> frozenset[Ident]:
        """Give what a thing needs and is needed by: the functions of a type, which come and go with it."""
        return self.needs.get(ident, frozenset()).intersection(self.needed_by.get(ident, ()))

    def parts(self, ident: Ident, kind: type[F]) -> list[F]:
        """List the children of one kind that a thing has, by name."""
        if kind not in self._parts:
            found: dict[Ident | None, list[tuple[Ident, Fact]]] = defaultdict(list)
            for child in self._kinds.get(kind, ()):
                found[child[1].parent].append(child)
            self._parts[kind] = found
        children = self._parts[kind].get(ident, ())
        return [fact for _, fact in sorted(children, key=itemgetter(0))]  # type: ignore[misc]  # all of that kind

    def columns(self, schema: str, table: str) -> list[Column]:
        """List a table's columns in their order."""
        return sorted(self.parts(Ident("table", (schema, table)), Column), key=lambda column: column.position)

    def keep(self, wanted: Callable[[Fact], bool]) -> Catalog:
        """Give the same catalog without the facts that are not wanted, and without what is part of those."""
        unwanted = self.closure(ident for ident, fact in self.facts.items() if not wanted(fact))
        if not unwanted:
            return self
        return replace(
            self,
            facts={ident: fact for ident, fact in self.facts.items() if ident not in unwanted},
            needs={ident: needs - unwanted for ident, needs in self.needs.items() if ident not in unwanted},
        )

    def without_owners(self) -> Catalog:
        """Give the same catalog as it is read where nobody asks who owns things."""
        return self.keep(lambda fact: not isinstance(fact, Owner))

    def closure(self, idents: Iterable[Ident]) -> set[Ident]:
        """Give those things and everything that is part of them, at any depth."""
        found: set[Ident] = set()
        queue = list(idents)
        while queue:
            ident = queue.pop()
            if ident not in found:
                found.add(ident)
                queue.extend(self.children.get(ident, ()))
        return found
