"""One table of test, the table of prod that fills it and the rules in; an answer for every column out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from psycopg import sql

from ..catalog import Catalog, Column, Default
from ..errors import KraknError
from ..mask import MaskKey
from ..mask.suggest import nearest
from ..names import Ident, Name, verbatim
from .adapt import filled, mapped, spelt, text_literal
from .compared import checks
from .conversion import Conversion, convert
from .labels import Labels
from .masked import with_mask
from .missing import Missing, example, made_by_triggers
from .profile import Profile
from .profile_rules import ColumnRule, TableRule
from .profile_text import line_for
from .profile_words import Scalar
from .types import bare, base, travels_binary
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


class Answers:
    """Find the answers for one table, and note what is missing."""

    def __init__(
        self, ground: Ground, prod: Relation, test: Relation, queried: tuple[Column, ...] | None = None
    ) -> None:
        """Take the columns of prod's table, or those that the profile's query for this table has."""
        self.ground = ground
        self.prod, self.test = prod, test
        self.rule: TableRule = ground.profile.rule_for(*test)
        self.missing: list[Missing] = []
        self.remarks: list[str] = []
        self.unfilled: dict[str, str] = {}  # columns that need a value, and why
        columns = ground.prod.columns(*prod) if queried is None else queried
        self.have = {column.name: column for column in columns}
        self.want = {column.name: column for column in ground.test.columns(*test)}
        self.source = f"prod's {shown(prod)}" if queried is None else "the query"
        renamed = {name: ground.renamed(prod, name) for name in self.have} if queried is None else {}
        self._new_name = {name: renamed.get(name) or name for name in self.have}

    def columns(self) -> tuple[ColumnPlan, ...]:
        """Answer every column of test, in its order."""
        for name in sorted(self.rule.columns.keys() - self.want.keys()):
            self.missing.append(
                Missing(f"{self._place(name)}: {shown(self.test)} has no column {name!r}{nearest(name, self.want)}")
            )
        return tuple(plan for column in self.want.values() if (plan := self._answer(column)) is not None)

    def retired(self, columns: tuple[ColumnPlan, ...]) -> tuple[str, ...]:
        """List the columns of prod that no column of test is known to read."""
        read = {name for column in columns for name in column.source}
        texts = [rule.expr for rule in self.rule.columns.values() if rule.expr]
        return tuple(
            name
            for name, column in self.have.items()
            if name not in read
            and not any(re.search(rf"\b{re.escape(name)}\b", text) for text in texts)
            and self._name_of_twin(column) is None
        )

    def _name_of_twin(self, column: Column) -> str | None:
        twin = self.want.get(self._new_name[column.name])
        return twin.name if twin and twin.generated else None

    def _answer(self, column: Column) -> ColumnPlan | None:
        rule = self.rule.columns.get(column.name)
        if column.generated:
            if rule:
                self.missing.append(
                    Missing(f"{self._place(column.name)}: test computes {column.name!r} itself (GENERATED ALWAYS AS)")
                )
            return ColumnPlan(column.name, column.type, Origin.GENERATED, detail=column.generated)
        if rule and rule.has_value:
            return self._fixed(column, rule.value, Origin.VALUE)
        if rule and rule.expr:
            return self._masked(column, rule, self._expression(column, rule))
        have = self._source(column, rule)
        if have is not None:
            return self._masked(column, rule, self._copy(column, have, rule))
        if rule and rule.from_:
            return None  # said by _source
        if rule and rule.fill is not None:
            return self._masked(column, rule, self._fixed(column, rule.fill, Origin.FILL))
        if rule and (rule.mask or rule.map):
            place = self._place(column.name, "mask" if rule.mask else "map")
            self.missing.append(
                Missing(
                    f"{place}: {self.source} has no column {column.name!r}; say where the values come from",
                    line_for(self.test, column.name, "from: ..."),
                )
            )
            return None
        return self._new(column)

    def _source(self, column: Column, rule: ColumnRule | None) -> Column | None:
        """Find the column of prod that a column of test copies, if there is one."""
        if rule and rule.from_:
            if rule.from_ not in self.have:
                self.missing.append(
                    Missing(
                        f"{self._place(column.name, 'from')}: {self.source} has no column"
                        f" {rule.from_!r}{nearest(rule.from_, self.have)}"
                    )
                )
                return None
            return self.have[rule.from_]
        return next((have for have in self.have.values() if self._new_name[have.name] == column.name), None)

    def _copy(self, column: Column, have: Column, rule: ColumnRule | None) -> ColumnPlan:
        name = Name(have.name)
        conversion = convert(have, column, name, self.ground.prod, self.ground.test)
        labels = Labels.of(self.ground.prod, self.ground.test, have, column)
        changes = self._changes(column, labels, rule)
        select, added = self._adapted(conversion.select, name, changes, rule)
        if have.generated and not (rule and rule.mask):
            self._notice_taint(have, column)
        if not added:
            self._notice_doubt(column, conversion)
        changed = conversion.changed or bool(added)
        if self.ground.auto and column.not_null and not have.not_null and not (rule and rule.fill is not None):
            self.unfilled[column.name] = f"is NOT NULL, and {self.source} has NULL in {have.name}"
        check = checks(select, column, Name(column.name), self.ground.prod, changed=changed)
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
            prod_check=check[0] if check else None,
            test_check=check[1] if check else None,
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
        self.missing += [Missing(f"{self._place(column.name, 'map')}: {text}") for text in labels.unknown(said)]
        return {**labels.renamed(self.ground.labels), **said}

    def _fixed(self, column: Column, value: Scalar, origin: Origin) -> ColumnPlan:
        """Give every row one value."""
        if value is None and column.not_null:
            self.missing.append(
                Missing(
                    f"{self._place(column.name, 'value')}: {column.name!r} of {shown(self.test)} is NOT NULL",
                    line_for(self.test, column.name, f"value: {example(column, self.ground.test)}"),
                )
            )
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

    def _new(self, column: Column) -> ColumnPlan | None:
        """Answer a column that prod does not have."""
        if column.identity:
            return ColumnPlan(column.name, column.type, Origin.IDENTITY, detail="numbered by test")
        default = self.ground.test.get(Default, *self.test, column.name)
        if default:
            return ColumnPlan(column.name, column.type, Origin.DEFAULT, detail=default.expression)
        twins = [
            have.name
            for have in self.have.values()
            if base(have) == base(column) and self._new_name[have.name] not in self.want
        ]
        alike = get_close_matches(column.name, twins, cutoff=0.5)
        auto = self.ground.auto and not alike
        if twins and (auto or not column.not_null):
            becomes = "is filled" if column.not_null else "stays NULL"
            self.remarks.append(
                f"{shown(self.test)}.{column.name} is new and {becomes}; should it be"
                f" {' or '.join(twins)} of prod, say {line_for(self.test, column.name, f'from: {twins[0]}')}"
            )
        if not column.not_null:
            return ColumnPlan(column.name, column.type, Origin.NULL, detail="new in test")
        why = f"is NOT NULL without a default, and {self.source} has no such column"
        if auto:
            self.unfilled[column.name] = why
            return ColumnPlan(column.name, column.type, Origin.FILL)
        why += made_by_triggers(column, self.ground.test)
        lines = [line_for(self.test, column.name, f"from: {twin}") for twin in twins]
        lines.append(line_for(self.test, column.name, f"fill: {example(column, self.ground.test)}"))
        self.missing.append(
            Missing(
                f"{shown(self.test)}.{column.name} ({column.type}) {why}",
                "\n      or ".join(lines),
            )
        )
        return None

    def _masked(self, column: Column, rule: ColumnRule | None, plan: ColumnPlan) -> ColumnPlan:
        """Put the rule's mask on a column."""
        if rule is None or rule.mask is None:
            return plan
        try:
            return with_mask(plan, rule.mask, column, self.ground.test, self.ground.key)
        except KraknError as exc:
            self.missing.append(Missing(f"{self._place(column.name, 'mask')}: {exc}"))
            return plan

    def _notice_doubt(self, column: Column, conversion: Conversion) -> None:
        """Remark on what a change of the type may mean otherwise."""
        if conversion.doubt:
            rule = line_for(self.test, column.name, f'expr: "{conversion.instead}"')
            self.remarks.append(
                f"{shown(self.test)}.{column.name} ({conversion.how}) {conversion.doubt}, say for example {rule}"
            )

    def _notice_taint(self, have: Column, column: Column) -> None:
        """Refuse to carry over what prod computes from a column that is masked."""
        parts = [
            need.path[2]
            for need in self.ground.prod.needs.get(have.ident, frozenset())
            if need.kind == "column" and need.path[:2] == self.prod
        ]
        masked = sorted(name for name, rule in self.rule.columns.items() if rule.mask and (rule.from_ or name) in parts)
        if masked:
            self.missing.append(
                Missing(
                    f"{shown(self.test)}.{column.name}: prod computes it from {', '.join(masked)}, which is masked;"
                    " mask it too",
                    line_for(self.test, column.name, "mask: hash"),
                )
            )

    def _place(self, *keys: str) -> str:
        return self.ground.profile.place(*self.test, "columns", *keys)


__all__ = ["Answers", "Ground"]
