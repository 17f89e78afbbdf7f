"""One table of test, the table of prod that fills it and the rules in; an answer for every column out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher, get_close_matches

from ..catalog import Column, Default
from ..mask.suggest import nearest
from .column_plans import ColumnPlans, Ground
from .lineage import references
from .lookup import lookup
from .missing import Missing, example, made_by_triggers
from .profile_rules import ColumnRule
from .profile_text import line_for, scalar
from .types import base
from .values import ColumnPlan, Origin, Relation, shown

_OFFERED = 3  # retired columns that one new column may be, at most


class Answers(ColumnPlans):
    """Find the answers for one table, and note what is missing."""

    def __init__(
        self, ground: Ground, prod: Relation, test: Relation, queried: tuple[Column, ...] | None = None
    ) -> None:
        """Take the columns of prod's table, or those that the profile's query for this table has."""
        self.queried = queried is not None
        source = f"prod's {shown(prod)}" if queried is None else "the query"
        super().__init__(ground, prod, test, source)
        columns = ground.prod.columns(*prod) if queried is None else queried
        self.have = {column.name: column for column in columns}
        self.want = {column.name: column for column in ground.test.columns(*test)}
        renamed = {name: ground.renamed(prod, name) for name in self.have} if queried is None else {}
        self._new_name = {name: renamed.get(name) or name for name in self.have}
        self._read = {rule.from_ for rule in self.rule.columns.values()}
        # New columns by whether they are filled, and the retired ones that they may be.
        self._perhaps: dict[tuple[bool, tuple[str, ...]], list[Column]] = {}

    def columns(self) -> tuple[ColumnPlan, ...]:
        """Answer every column of test, in its order."""
        for name in sorted(self.rule.columns.keys() - self.want.keys()):
            self._lacks(f"{shown(self.test)} has no column {name!r}{nearest(name, self.want)}", name)
        found = tuple(plan for column in self.want.values() if (plan := self._answer(column)) is not None)
        self.remarks.extend(self._ask(twins, new, filled=filled) for (filled, twins), new in self._perhaps.items())
        return found

    def _ask(self, twins: tuple[str, ...], new: list[Column], *, filled: bool) -> str:
        """Ask whether new columns are retired ones under another name."""
        names = f"{shown(self.test)}.{', '.join(column.name for column in new)}"
        pairs = [(column.name, twin) for column in new for twin in twins]
        likest = max(pairs, key=lambda pair: SequenceMatcher(None, *pair).ratio())
        line = line_for(self.test, likest[0], f"from: {scalar(likest[1])}")
        if len(new) == 1:
            becomes = f"{names} is new and {'is filled' if filled else 'stays NULL'}; should it be"
            return f"{becomes} {' or '.join(twins)} of prod, say {line}"
        becomes = f"{names} are new and {'are filled' if filled else 'stay NULL'}; should one of them be"
        return f"{becomes} {' or '.join(twins)} of prod, say for example {line}"

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
                self._lacks(f"test computes {column.name!r} itself (GENERATED ALWAYS AS)", column.name)
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
            what = f"{self.source} has no column {column.name!r}; say where the values come from"
            line = line_for(self.test, column.name, "from: ...")
            self._lacks(what, column.name, "mask" if rule.mask else "map", line=line)
            return None
        return self._new(column)

    def _refers_elsewhere(self, have: Column, column: Column) -> bool:
        """Tell whether the columns refer to different tables, and what prod's refers to is still there."""
        filled_from = self.ground.filled_from
        parents = {(parent.schema, parent.table) for _, parent in references(self.ground.prod, have)}
        was = parents & {*filled_from.values()}
        now = {filled_from.get((parent.schema, parent.table)) for _, parent in references(self.ground.test, column)}
        return bool(was and now) and not was & now

    def _source(self, column: Column, rule: ColumnRule | None) -> Column | None:
        """Find the column of prod that a column of test copies, if there is one."""
        if rule and rule.from_:
            if rule.from_ not in self.have:
                what = f"{self.source} has no column {rule.from_!r}{nearest(rule.from_, self.have)}"
                self._lacks(what, column.name, "from")
            return self.have.get(rule.from_)
        return next((have for have in self.have.values() if self._new_name[have.name] == column.name), None)

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
            if base(have) == base(column)
            and self._new_name[have.name] not in self.want
            and have.name not in self._read
            and not self._refers_elsewhere(have, column)
        ]
        alike = get_close_matches(column.name, twins, cutoff=0.5)
        auto = self.ground.auto and not alike
        if twins and (auto or not column.not_null):
            self._perhaps.setdefault((column.not_null, tuple(twins)), []).append(column)
        if not column.not_null:
            return ColumnPlan(column.name, column.type, Origin.NULL, detail="new in test")
        why = f"is NOT NULL without a default, and {self.source} has no such column"
        if auto:
            self.unfilled[column.name] = why
            return ColumnPlan(column.name, column.type, Origin.FILL)
        why += made_by_triggers(column, self.ground.test)
        lines = [line_for(self.test, column.name, rule) for rule in self._offers(column, twins)]
        self.missing.append(
            Missing(f"{shown(self.test)}.{column.name} ({column.type}) {why}", "\n      or ".join(lines))
        )
        return None

    def _offers(self, column: Column, twins: list[str]) -> Iterator[str]:
        """Write the rules that would fill a new column."""
        likest = sorted(twins, key=lambda twin: -SequenceMatcher(None, column.name, twin).ratio())[:_OFFERED]
        yield from (f"from: {scalar(twin)}" for twin in likest)
        found = lookup(column, self.prod, self.ground)
        if found and not self.queried:
            yield f"expr: {json.dumps(found, ensure_ascii=False)}"
        yield f"fill: {example(column, self.ground.test)}"


__all__ = ["Answers"]
