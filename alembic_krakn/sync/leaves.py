"""Both catalogs and a plan in; the partitions of prod whose rows go straight into the same ones of test, out.

Each is read and written as a table of its own: nobody has to find the partition of a row, no more than one of thousands
is locked at a time, and several connections fill a table together. Where layouts differ in anything, rows go through
the partitioned table, which finds the place of each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ..catalog import Catalog, Column, Table
from ..connect import ReadOnlyConnection
from .values import NUMBERED, Leaf, Part, Relation, SyncPlan, TablePlan, as_arrays

# A partition that the catalog leaves out, as one of an extension's, or that the role may not read by itself, speaks
# against the table.
_READABLE = """
    SELECT n.nspname AS schema, c.relname AS name, found.leaves
    FROM unnest(%s::text[], %s::text[]) AS wanted (schema, name)
    JOIN pg_namespace AS n ON n.nspname = wanted.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE t.isleaf) AS leaves, bool_and(
            has_schema_privilege(p.relnamespace, 'USAGE') AND has_table_privilege(p.oid, 'SELECT')
            AND NOT row_security_active(p.oid)
        ) AS readable
        FROM pg_partition_tree(c.oid) AS t JOIN pg_class AS p ON p.oid = t.relid
    ) AS found
    WHERE found.readable
"""


def parts_by_leaf(
    prod: ReadOnlyConnection, have: Catalog, want: Catalog, plan: SyncPlan
) -> dict[Relation, tuple[Part, ...]]:
    """Give a part for each partition of the tables that both sides part alike, by test's names of the tables."""
    layouts = _Layouts(have, want)
    alike = {table.prod: (table, leaves) for table in plan.tables if (leaves := layouts.leaves(table))}
    if not alike:
        return {}
    rows = prod.fetch(_READABLE, as_arrays(alike))
    readable = {(row["schema"], row["name"]): row["leaves"] for row in rows}
    return {
        table.test: tuple(Part(leaf=leaf) for leaf in leaves)
        for relation, (table, leaves) in alike.items()
        if readable.get(relation) == len(leaves)
    }


class _Layouts:
    """How both sides part their tables."""

    def __init__(self, have: Catalog, want: Catalog) -> None:
        self.have, self.want = have, want
        self._under = tuple(map(_under, (have, want)))

    def leaves(self, plan: TablePlan) -> list[Leaf]:
        """Pair the partitions that hold the rows of a table; none where both sides do not agree on all of them."""
        if not (plan.partitioned and plan.divisible) or plan.only:
            return []
        if self.have.encoding != self.want.encoding:
            return []  # neither the order of texts nor their hash is the same
        if any(column.origin in NUMBERED for column in plan.columns):
            return []  # a partition has defaults of its own, and up to PostgreSQL 16 no identity
        return self._paired(plan, plan.prod, plan.test) or []

    def _paired(self, plan: TablePlan, prod: Relation, test: Relation) -> list[Leaf] | None:
        """Pair what is under a table, down to the leaves; None where that is not the same."""
        have, want = self.have.get(Table, *prod), self.want.get(Table, *test)
        if have is None or want is None or have.row_security or want.row_security:
            return None
        if have.partition_key is None or want.partition_key is None:
            own = have.partition_key == want.partition_key and not (have.server or want.server)
            return [Leaf(prod, test)] if own else None
        # Of an expression, nobody knows whether it gives the same on both sides.
        if have.partition_key != want.partition_key or have.partition_key.count("(") > 1:
            return None
        ranged = have.partition_key.startswith("RANGE")
        if not all(self._arrives(plan, name, ranged=ranged) for name in have.partition_columns):
            return None
        mine, others = (under[relation] for under, relation in zip(self._under, (prod, test), strict=True))
        if mine.keys() != others.keys():
            return None
        found: list[Leaf] = []
        for bound, child in sorted(mine.items()):
            leaves = self._paired(plan, child, others[bound])
            if leaves is None:
                return None
            found += leaves
        return found

    def _arrives(self, plan: TablePlan, name: str, *, ranged: bool) -> bool:
        """Say whether a column arrives as it is, and finds the same partition by it, by order if those are `ranged`."""
        here = next((column for column in plan.columns if column.name == name), None)
        if here is None or here.source != (name,) or not (here.plain and here.binary) or here.mask:
            return False
        have, want = self.have.get(Column, *plan.prod, name), self.want.get(Column, *plan.test, name)
        # The hash of an enum is another one in each database.
        if have is None or want is None or not have.builtin or have.collation != want.collation:
            return False
        # So is the order of texts, where they have the collation of the database.
        return not ranged or have.category != "S" or have.collation is not None


def _under(catalog: Catalog) -> Mapping[Relation, dict[str, Relation]]:
    """Map partitioned tables to their partitions by bounds."""
    found: dict[Relation, dict[str, Relation]] = defaultdict(dict)
    for table in catalog.of(Table):
        if table.partition_of:
            found[table.partition_of][table.bound or ""] = (table.schema, table.name)
    return found


__all__ = ["parts_by_leaf"]
