"""What is called otherwise in test than in prod, as revisions or people have said it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .names import Ident

# The path of these begins with schema and table; those of columns go on with the column.
_OF_TABLES = frozenset(
    {"table", "column", "default", "constraint", "trigger", "policy", "rule", "replica identity", "clustering"}
)
_OF_COLUMNS = frozenset({"column", "default"})


@dataclass(frozen=True)
class Renames:
    """Renamed tables and columns, from prod's names to test's; by default, none."""

    tables: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # (schema, table), both ways
    columns: Mapping[tuple[str, str, str], str] = field(default_factory=dict)  # prod's (schema, table, column)

    def now(self, ident: Ident) -> Ident:
        """Give the identity that a thing of prod has in test, as far as these renames tell."""
        if ident.kind in ("comment", "privileges"):
            last = ident.path[-1:] if ident.kind == "privileges" else ()  # whose they are
            on = self.now(Ident(ident.path[0], ident.path[1 : len(ident.path) - len(last)]))
            return Ident(ident.kind, (on.kind, *on.path, *last))
        if ident.kind not in _OF_TABLES:
            return ident
        schema, table, *rest = ident.path
        if ident.kind in _OF_COLUMNS:
            rest[0] = self.columns.get((schema, table, rest[0]), rest[0])
        return Ident(ident.kind, (*self.tables.get((schema, table), (schema, table)), *rest))
