"""Both catalogs, the plan and the profile in; the references among the planned tables, in prod's columns, out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from psycopg import sql

from ...catalog import Catalog, Column, Constraint
from ...mask.suggest import nearest
from ...names import Name, verbatim
from ..missing import Missing
from ..portion import primary_key
from ..profile import Profile
from ..profile_rules import ReferenceRule
from ..profile_text import table_key
from ..profile_words import parse_table
from ..roots import roots_of
from ..values import ColumnPlan, Origin, Relation, SyncPlan, TablePlan, shown
from .values import Reference

_COPIED = frozenset({Origin.COPY, Origin.RENAME, Origin.CAST})


class References:
    """Find the references: prod's foreign keys, test's, and those that the profile declares."""

    def __init__(self, prod: Catalog, test: Catalog, plan: SyncPlan, profile: Profile) -> None:
        self.prod, self.test, self.profile = prod, test, profile
        self.tables = {table.test: table for table in plan.tables}
        self.missing: list[Missing] = []
        self.beyond: set[Relation] = set()  # tables that columns refer to whose values only test makes

    def all(self) -> tuple[Reference, ...]:
        """List them, each once."""
        found: dict[tuple[Relation, Relation], list[Reference]] = defaultdict(list)
        for reference in (*self._of_prod(), *self._of_test(), *self._declared()):
            known = found[reference.child, reference.parent]
            if reference not in known:
                known.append(reference)
        return tuple(reference for _, several in sorted(found.items()) for reference in several)

    def _of_prod(self) -> Iterator[Reference]:
        """Take prod's own foreign keys, as far as their columns still travel."""
        roots = roots_of(self.prod)
        filling: dict[Relation, list[TablePlan]] = defaultdict(list)
        for table in self.tables.values():
            if not table.from_query:
                filling[table.prod].append(table)
        for key in self.prod.of(Constraint):
            if not key.references:
                continue
            for child in filling[roots.get((key.schema, key.table), (key.schema, key.table))]:
                read = {name for column in child.sent for name in column.source}
                if read.issuperset(key.columns):
                    for parent in filling[roots.get(key.references, key.references)]:
                        yield Reference(
                            child.test,
                            parent.test,
                            tuple(map(Name, key.columns)),
                            tuple(map(Name, key.referenced_columns)),
                            period=key.period,
                            operators=() if key.period else key.operators,
                        )

    def _of_test(self) -> Iterator[Reference]:
        """Translate the foreign keys that test will enforce; one that is NOT VALID or not enforced is meant as well."""
        roots = roots_of(self.test)
        for key in self.test.of(Constraint):
            child, parent = roots.get((key.schema, key.table)), roots.get(key.references) if key.references else None
            if child in self.tables and parent in self.tables:
                pairs = zip(key.columns, key.referenced_columns, strict=True)
                yield from self._reference(self.tables[child], self.tables[parent], list(pairs), period=key.period)

    def _declared(self) -> Iterator[Reference]:
        for relation in self.profile.named_tables:
            for number, rule in enumerate(self.profile.rule_for(*relation).references):
                if relation in self.tables:
                    yield from self._declaration(self.tables[relation], rule, number)

    def _declaration(self, child: TablePlan, rule: ReferenceRule, number: int) -> Iterator[Reference]:
        place = self.profile.place(*child.test, "references", str(number))
        to = parse_table(rule.to)
        if to not in self.tables:
            if not self.test.columns(*to):
                known = list(map(table_key, self.tables))
                self.missing.append(
                    Missing(f"{place}: {shown(to)} is not a table of test{nearest(table_key(to), known)}")
                )
            return  # a table that is not filled keeps its rows, or is emptied
        parent = self.tables[to]
        key = rule.key or primary_key(self.test, to)
        if not key:
            self.missing.append(Missing(f"{place}: {shown(to)} has no primary key; say which columns with `key`"))
            return
        if len(key) != len(rule.columns):
            self.missing.append(
                Missing(
                    f"{place}: {len(rule.columns)} columns cannot refer to {len(key)}, {', '.join(key)} of {shown(to)}"
                )
            )
            return
        for table, names in ((child, rule.columns), (parent, key)):
            known = [column.name for column in table.columns]
            for name in names:
                if name not in known:
                    self.missing.append(
                        Missing(f"{place}: {shown(table.test)} has no column {name!r}{nearest(name, known)}")
                    )
                    return
        yield from self._reference(child, parent, list(zip(rule.columns, key, strict=True)), rule.where)

    def _reference(
        self,
        child: TablePlan,
        parent: TablePlan,
        pairs: Sequence[tuple[str, str]],
        where: str | None = None,
        *,
        period: bool = False,
    ) -> Iterator[Reference]:
        """Put a reference between columns of test into terms of prod's, if prod has something to say of them."""
        child_key, parent_key = [], []
        for name, referred in pairs:
            here, there = self._value(child, name), self._value(parent, referred)
            if here is None or there is None:
                if self._made_by_test(child, name) or self._made_by_test(parent, referred):
                    self.beyond.add(parent.test)
                return
            if _comparable(here[1], there[1]):
                child_key.append(here[0])
                parent_key.append(there[0])
            else:
                child_key.append(_as_text(here[0]))
                parent_key.append(_as_text(there[0]))
        filled = any(_filled(child, name) for name, _ in pairs)
        if filled and child.numbered:
            self.beyond.add(parent.test)
            return
        yield Reference(child.test, parent.test, tuple(child_key), tuple(parent_key), where, period, filled)

    def _value(self, table: TablePlan, name: str) -> tuple[sql.Composable, Column | None] | None:
        """Give what prod computes for a column of test, with prod's column, where it is just that."""
        column = _column(table, name)
        nullified = column.mask is not None and column.masker is None
        if column.origin in _COPIED and len(column.source) == 1 and not nullified:
            own = None if table.from_query else self.prod.get(Column, *table.prod, column.source[0])
            return Name(column.source[0]), own
        if column.origin is Origin.GENERATED and not table.from_query:
            own = self.prod.get(Column, *table.prod, name)
            return (Name(name), own) if own else None
        return None if column.select is None or column.origin is Origin.NULL or nullified else (column.select, None)

    def _made_by_test(self, table: TablePlan, name: str) -> bool:
        column = _column(table, name)
        return column.select is None and column.origin is not Origin.NULL


def _column(table: TablePlan, name: str) -> ColumnPlan:
    return next(column for column in table.columns if column.name == name)


def _filled(table: TablePlan, name: str) -> bool:
    """Tell whether the values of a column have nothing to do with the rows of prod."""
    column = _column(table, name)
    return column.origin in (Origin.FILL, Origin.VALUE) and not column.source


def _comparable(here: Column | None, there: Column | None) -> bool:
    """Tell whether both can be compared as they are, which lets prod use its indexes."""
    if here is None or there is None:
        return False
    alike = here.category == there.category and here.builtin and there.builtin and here.category not in "UAEC"
    return alike or here.type == there.type


def _as_text(value: sql.Composable) -> sql.Composable:
    return sql.SQL("({}){}").format(value, verbatim("::pg_catalog.text"))


__all__ = ["References"]
