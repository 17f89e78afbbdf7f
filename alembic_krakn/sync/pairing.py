"""Pair the tables: two catalogs, the profile and the renames in; which table of prod fills which of test out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..catalog import Catalog, Table
from ..catalog.own import own_tables
from ..mask.suggest import nearest
from .missing import Missing
from .order import Order
from .profile_text import table_key, table_line_for
from .profile_words import parse_table
from .queries import Shape
from .roots import roots, roots_of
from .values import Relation, shown


class Pairing:
    """Which table of prod fills which of test."""

    def __init__(self, prod: Catalog, test: Catalog, order: Order, shapes: Mapping[Relation, Shape]) -> None:
        self.prod, self.test, self.profile, self.renames = prod, test, order.profile, order.renames
        self.missing: list[Missing] = []
        self.pairs: list[tuple[Relation, Relation]] = []
        self.skipped: list[Relation] = []
        self.only_test: list[Relation] = []
        have, want = (set(roots(catalog)) - order.version_tables - own_tables(catalog) for catalog in (prod, test))
        self.missing += self._unknown_tables(want)
        for relation in sorted(want):
            if self.profile.rule_for(*relation).skip:
                self.skipped.append(relation)
            elif relation in shapes:
                self.pairs.append((relation, relation))
            elif found := self._source(relation, have):
                self.pairs.append((found, relation))
            else:
                self._without_source(relation)
        above = roots_of(prod)
        read = {above.get(relation, relation) for shape in shapes.values() for relation in shape.reads}
        used = {have for have, want in self.pairs if want not in shapes} | read
        self.only_prod = sorted(have - used - set(self.skipped))

    def column_renamed(self, prod: Relation, column: str) -> str | None:
        """Give the name that test has for a column of prod, where it is known to be another."""
        return self.renames.columns.get((*prod, column))

    def _source(self, relation: Relation, have: set[Relation]) -> Relation | None:
        rule = self.profile.rule_for(*relation)
        if rule.rename_from:
            found = parse_table(rule.rename_from)
            if self.prod.get(Table, *found) is None:
                place = self.profile.place(*relation, "rename_from")
                known = list(map(table_key, have))
                self.missing.append(
                    Missing(f"{place}: prod has no table {shown(found)}{nearest(table_key(found), known)}")
                )
            return found if self.prod.get(Table, *found) else None
        for old, new in self.renames.tables.items():
            if new == relation and old in have:
                return old
        taken = {parse_table(rule.rename_from) for rule in self.profile.tables.values() if rule.rename_from}
        renamed_away = self.renames.tables.get(relation, relation) != relation or relation in taken
        return relation if relation in have and not renamed_away else None

    def _without_source(self, relation: Relation) -> None:
        """Note a table that only test has; rules for its rows would have nothing to work on."""
        rule = self.profile.rule_for(*relation)
        if rule.rename_from:
            return  # said by _source
        if rule.reduces or rule.columns:
            self.missing.append(
                Missing(
                    f"{self.profile.place(*relation)}: prod has no table {shown(relation)}"
                    f"{nearest(table_key(relation), map(table_key, roots(self.prod)))}",
                    table_line_for(relation, "rename_from: ..."),
                )
            )
        self.only_test.append(relation)

    def _unknown_tables(self, want: set[Relation]) -> Iterator[Missing]:
        for relation in self.profile.named_tables:
            if relation in want:
                continue
            table = self.test.get(Table, *relation)
            if table and table.partition_of:
                reason = f"is a partition of {shown(table.partition_of)}; write the rule there"
            elif relation in own_tables(self.test):
                reason = "is krakn's own, which a sync leaves alone"
            elif table:
                reason = "holds Alembic's revision, which a sync leaves alone"
            else:
                reason = f"is not a table of test{nearest(table_key(relation), map(table_key, want))}"
            yield Missing(f"{self.profile.place(*relation)}: {shown(relation)} {reason}")
