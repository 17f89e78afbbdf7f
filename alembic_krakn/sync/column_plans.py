"""A column of test with what prod has for it, or what a rule says, in; the plan of that column out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from ..catalog import Catalog, Column
from ..errors import KraknError
from ..mask import MaskKey
from ..names import Ident, Name, verbatim
from .adapt import filled, mapped, spelt, text_literal
from .compared import checks
from .conversion import Conversion, convert
from .labels import Labels
from .masked import unique_groups, with_mask
from .missing import Missing, example
from .profile import Profile
from .profile_rules import ColumnRule, TableRule
from .profile_text import line_for
from .profile_words import Scalar
from .types import bare, travels_binary
from .values import ColumnPlan, Origin, Relation, shown


@dataclass(frozen=True)
class Ground:
    """What all answers are drawn from."""

    prod: Catalog
    test: Catalog
    profile: Profile
    key: MaskKey | None
    renamed: Callable[[Relation, str], str | None]  # prod's table and column: what test calls it
    auto: bool  # what nothing fills is left for others to fill
    labels: Mapping[Ident, Mapping[str, str]]  # of prod's enums, where test calls them otherwise
    filled_from: Mapping[Relation, Relation]  # test's tables: prod's

    @cached_property
    def unique_groups(self) -> frozenset[str]:
        """Name the groups of fakes that are unique."""
        return unique_groups(self.profile, self.test)

    def column_of_prod(self, relation: Relation, name: str) -> str | None:
        """Name the column of prod that is copied into one of test's, if there is one."""
        rule = self.profile.rule_for(*relation).columns.get(name)
        if rule and (rule.from_ or rule.expr or rule.mask or rule.has_value):
            return None if rule.mask else rule.from_
        have = self.filled_from[relation]
        names = (column.name for column in self.prod.columns(*have))
        return next((each for each in names if (self.renamed(have, each) or each) == name), None)


class ColumnPlans:
    """Plan columns of one table whose origin is known, and note what is missing."""

    def __init__(self, ground: Ground, prod: Relation, test: Relation, source: str) -> None:
        self.ground, self.prod, self.test = ground, prod, test
        self.source = source  # as a person calls it
        self.rule: TableRule = ground.profile.rule_for(*test)
        self.missing: list[Missing] = []
        self.remarks: list[str] = []
        self.unfilled: dict[str, str] = {}  # columns that need a value, and why

    def _copy(self, column: Column, have: Column, rule: ColumnRule | None) -> ColumnPlan:
        name, prod, test = Name(have.name), self.ground.prod, self.ground.test
        conversion = convert(have, column, name, prod, test)
        labels = Labels.of(prod, test, have, column)
        changes = self._changes(column, labels, rule)
        select, added = self._adapted(conversion.select, name, changes, rule)
        if not added:
            self._notice_doubt(column, conversion)
        changed = conversion.changed or bool(added)
        if self.ground.auto and column.not_null and not have.not_null and not (rule and rule.fill is not None):
            self.unfilled[column.name] = f"is NOT NULL, and {self.source} has NULL in {have.name}"
        on_prod, on_test = checks(select, column, Name(column.name), prod, test, changed=changed)
        told = [f"from {have.name}"] * (have.name != column.name) + [conversion.how] * bool(conversion.how)
        return ColumnPlan(
            column.name,
            column.type,
            self._origin(column, have, conversion, rule),
            source=(have.name,),
            detail=", ".join([*told, *added]),
            select=select,
            plain=select is name and not have.generated,
            cast_from="" if added else conversion.cast_from,
            binary=travels_binary(have, column) and select is name,
            mapped=bool(changes),
            gone=() if rule and rule.mask else labels.gone(changes),
            prod_check=on_prod,
            test_check=on_test,
        )

    def _origin(self, column: Column, have: Column, conversion: Conversion, rule: ColumnRule | None) -> Origin:
        if rule and rule.fill is not None:
            return Origin.FILL
        if conversion.changed and bare(have.type) != bare(column.type):
            return Origin.CAST
        return Origin.COPY if have.name == column.name else Origin.RENAME

    def _adapted(
        self, select: sql.Composable, value: sql.Composable, changes: Mapping[str, Scalar], rule: ColumnRule | None
    ) -> tuple[sql.Composable, list[str]]:
        """Put `map` and `fill` on a value, and say what they do."""
        told = []
        if changes:
            select = mapped(select, value, changes)
            told.append(
                ", ".join(
                    f"{old!r} becomes {'NULL' if new is None else repr(spelt(new))}" for old, new in changes.items()
                )
            )
        if rule and rule.fill is not None:
            select = filled(select, text_literal(rule.fill))
            told.append(f"NULL becomes {spelt(rule.fill)!r}")
        return select, told

    def _changes(self, column: Column, labels: Labels, rule: ColumnRule | None) -> Mapping[str, Scalar]:
        """Tell which values become others: labels that are renamed, then what the rule says."""
        said = (rule.map if rule else None) or {}
        for text in labels.unknown(said):
            self._lacks(text, column.name, "map")
        return {**labels.renamed(self.ground.labels), **said}

    def _fixed(self, column: Column, value: Scalar, origin: Origin) -> ColumnPlan:
        """Give every row one value."""
        if value is None and column.not_null:
            line = line_for(self.test, column.name, f"value: {example(column, self.ground.test)}")
            self._lacks(f"{column.name!r} of {shown(self.test)} is NOT NULL", column.name, "value", line=line)
        detail = f"{'NULL' if value is None else repr(spelt(value))} in every row"
        text = None if value is None else spelt(value)
        return ColumnPlan(column.name, column.type, origin, detail=detail, text=text, select=text_literal(value))

    def _expression(self, column: Column, rule: ColumnRule) -> ColumnPlan:
        # On lines of its own, so that a comment at its end ends there.
        value: sql.Composable = verbatim(f"({rule.expr}\n)")
        select, told = self._adapted(value, value, rule.map or {}, rule)
        if not told and (column.type_kind in ("e", "c", "d") or not column.builtin):
            select = verbatim("{}::text").format(select)
        detail = ", ".join([str(rule.expr), *told])
        origin = Origin.FILL if rule.fill is not None else Origin.EXPRESSION
        return ColumnPlan(column.name, column.type, origin, detail=detail, select=select)

    def _masked(self, column: Column, rule: ColumnRule | None, plan: ColumnPlan) -> ColumnPlan:
        """Put the rule's mask on a column."""
        if rule is None or rule.mask is None:
            return plan
        try:
            return with_mask(plan, rule.mask, column, self.ground.test, self.ground.key, self.ground.unique_groups)
        except KraknError as exc:
            self._lacks(str(exc), column.name, "mask")
            return plan

    def _notice_doubt(self, column: Column, conversion: Conversion) -> None:
        """Remark on what a change of the type may mean otherwise."""
        if conversion.doubt:
            rule = line_for(self.test, column.name, f"expr: {json.dumps(conversion.instead, ensure_ascii=False)}")
            self.remarks.append(
                f"{shown(self.test)}.{column.name} ({conversion.how}) {conversion.doubt}, say for example {rule}"
            )

    def _lacks(self, what: str, *keys: str, line: str = "") -> None:
        """Note what is wrong with the rule that these keys lead to, and the line that would settle it."""
        self.missing.append(Missing(f"{self.ground.profile.place(*self.test, 'columns', *keys)}: {what}", line))


__all__ = ["ColumnPlans", "Ground"]
