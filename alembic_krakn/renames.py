"""What is called otherwise in test than in prod, as revisions or people have said it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .names import Ident

Relation = tuple[str, str]  # schema and name

RELATIONS = ("table", "view", "materialized view")  # a foreign table is a table
# The path of these begins with the schema and the name of what they are part of.
_OF_RELATIONS = frozenset(
    {
        *("column", "default", "constraint", "trigger", "policy", "rule"),
        *("inheritance", "replica identity", "clustering", "trigger state", "table type"),
    }
)
_OF_COLUMNS = frozenset({"column", "default", "identity"})
# The path of these is the kind and the path of what they are on, and so many parts more.
HOLDERS = {"comment": 0, "privileges": 1, "owner": 0}


@dataclass(frozen=True)
class Renames:
    """Things whose own name or schema is another one in test, from prod's whole identities to test's.

    A column of a renamed table that keeps its name is not listed. `labels` are those of enums, by prod's identity of
    the enum, from prod's label to test's.
    """

    things: Mapping[Ident, Ident] = field(default_factory=dict)
    labels: Mapping[Ident, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        tables: Mapping[Relation, Relation] | None = None,
        columns: Mapping[tuple[str, str, str], str] | None = None,
        others: Mapping[Ident, Ident] | None = None,
    ) -> Renames:
        """Make them of tables, and of columns, which go from prod's whole path to test's name of the column."""
        moved = cls({Ident("table", have): Ident("table", want) for have, want in (tables or {}).items()})
        things = {
            Ident("column", path): Ident("column", (*moved.now(Ident("table", path[:2])).path, name))
            for path, name in (columns or {}).items()
        }
        return cls({**moved.things, **things, **(others or {})})

    def __bool__(self) -> bool:
        """Say whether anything is renamed."""
        return bool(self.things or self.labels)

    @cached_property
    def tables(self) -> Mapping[Relation, Relation]:
        """Map prod's tables to test's, where they are renamed or moved."""
        pairs = self._of_kind("table")
        return {(have.path[0], have.path[1]): (want.path[0], want.path[1]) for have, want in pairs}

    @cached_property
    def columns(self) -> Mapping[tuple[str, str, str], str]:
        """Map prod's whole path of a column to its name in test."""
        pairs = self._of_kind("column")
        return {(have.path[0], have.path[1], have.path[2]): want.path[-1] for have, want in pairs}

    def _of_kind(self, kind: str) -> Iterable[tuple[Ident, Ident]]:
        return [(have, want) for have, want in sorted(self.things.items()) if have.kind == kind]

    def now(self, ident: Ident) -> Ident:
        """Give the identity that a thing of prod has in test, as far as these renames tell."""
        if (known := self.things.get(ident)) is not None:
            return known
        kind, path = ident
        if kind in HOLDERS:
            end = len(path) - HOLDERS[kind]
            on = self.now(Ident(path[0], path[1:end]))
            return Ident(kind, (on.kind, *on.path, *path[end:]))
        if kind == "sequence ownership":
            return Ident(kind, self.now(Ident("sequence", path)).path)
        if kind == "user mapping":
            return Ident(kind, (self.now(Ident("foreign server", path[:1])).path[0], *path[1:]))
        if kind in _OF_COLUMNS:
            column = self.things.get(Ident("column", path[:3]))
            return Ident(kind, (*(column.path if column else (*self.relation(path), path[2])), *path[3:]))
        if kind == "domain constraint":
            return Ident(kind, (*self.now(Ident("domain", path[:2])).path, *path[2:]))
        if kind in _OF_RELATIONS:
            return Ident(kind, (*self.relation(path), *path[2:]))
        return Ident(kind, (self._schema(path[0]), *path[1:])) if ident.schema is not None else ident

    def relation(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Give the schema and name of what a part belongs to."""
        for kind in RELATIONS:
            if (known := self.things.get(Ident(kind, path[:2]))) is not None:
                return known.path
        return (self._schema(path[0]), path[1])

    def _schema(self, name: str) -> str:
        known = self.things.get(Ident("schema", (name,)))
        return known.path[0] if known else name

    def also(self, other: Renames) -> Renames:
        """Add what another one tells, as far as this one tells nothing of the same things."""
        taken = set(self.things.values())
        more = {was: now for was, now in other.things.items() if was not in self.things and now not in taken}
        return Renames({**more, **self.things}, {**other.labels, **self.labels})

    def inverse(self) -> Renames:
        """Give the renames that lead from test's names back to prod's."""
        labels = {
            self.now(enum): {want: have for have, want in renamed.items()} for enum, renamed in self.labels.items()
        }
        return Renames({want: have for have, want in self.things.items()}, labels)


NO_RENAMES = Renames()


@dataclass(frozen=True)
class Made:
    """Tables and columns that revisions made, by test's names; where `known`, they made no others."""

    things: frozenset[Ident] = frozenset()
    known: bool = False


NOTHING_MADE = Made()
