"""Two catalogs and the planned tables in; columns and tables that share a name, but may be different things, out.

A revision that drops a column and adds another one of the same name leaves traces: the new one stands at the end, has
another type, refers to another table. One trace may be chance; what is remarked has the strongest, or two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..catalog import Catalog, Column, Comment, Constraint, Default
from ..names import Ident, Name, text_of
from ..renames import NOTHING_MADE, Made
from .lineage import references
from .missing import example
from .order_of_columns import Pair, appends, migrated, pair_of
from .portion import primary_key
from .profile import Profile
from .profile_text import line_for, table_line_for
from .types import JSON, STRINGS, base, enum_of
from .values import Relation, TablePlan, shown

_DEFAULT = "its default is another one"


@dataclass(frozen=True)
class _Doubt:
    """A column, and what tells that it may have been dropped and made anew."""

    have: Column
    want: Column
    signs: tuple[str, ...]
    sure: bool  # enough by itself

    @property
    def change(self) -> tuple[str, str, str]:
        """Give what the same change of another table's column has in common with this one."""
        return self.want.name, self.have.type, self.want.type


def namesakes(
    prod: Catalog, test: Catalog, tables: Iterable[TablePlan], profile: Profile, made: Made = NOTHING_MADE
) -> list[str]:
    """Remark on what has a namesake on the other side, with the line that would leave it out.

    Where it is known what revisions `made`, nothing is guessed.
    """
    told: list[str] = []
    doubts: list[_Doubt] = []
    pairs = [pair_of(prod, test, table) for table in tables if not table.from_query]
    names = {pair.table.prod: pair.table.test for pair in pairs}
    traces = _Traces(prod, test, made, names, migrated(pairs), appends(pairs))
    for pair in pairs:
        relation = pair.table.test
        rule = profile.rule_for(*relation)
        if pair.table.prod == relation and not rule.rename_from and (signs := traces.of_table(pair)):
            told.append(_say_table(relation, signs))
            continue
        for column in pair.want:
            have = pair.copied.get(column.name)
            if have and have.name == column.name and column.name not in rule.columns:
                doubts.append(traces.of_column(pair, have, column))
    # Where many tables refer to one that was changed, the last column of one of them has nowhere to move to.
    found = [doubt for doubt in doubts if doubt.sure and doubt.have.type != doubt.want.type]
    changes, anew = {doubt.change for doubt in found}, {doubt.want.ident for doubt in found}
    for doubt in doubts:
        refers = any(parent.ident in anew for _, parent in references(test, doubt.want))  # to what is there no longer
        if doubt.signs and (doubt.sure or refers or doubt.change in changes):
            told.append(_say(doubt, test))
    return told


@dataclass(frozen=True)
class _Traces:
    """What tells that a table or a column was dropped and made anew."""

    prod: Catalog
    test: Catalog
    made: Made
    names: Mapping[Relation, Relation]  # of prod's tables in test
    by_migrations: bool  # the order of test's columns is their work
    at_end: bool  # new columns stand there

    def of_table(self, pair: Pair) -> list[str]:
        """List the signs of a table, if they are enough."""
        signs = self._by_revision(Ident("table", pair.table.test))
        return signs if signs or self.made.known else self._guessed(pair)

    def of_column(self, pair: Pair, have: Column, want: Column) -> _Doubt:
        """Gather the signs of a column that prod has under the same name."""
        signs = self._by_revision(want.ident)
        if signs or self.made.known:
            return _Doubt(have, want, tuple(signs), sure=True)
        moved = self.by_migrations and want.name in pair.appended
        signs, sure = self._of_values(have, want, moved=moved)
        overtaken = self.at_end and want.name in pair.overtaken
        if (moved and signs) or overtaken:
            signs, sure = ["it stands behind others now", *signs], True
        # One ALTER says both: a column that may be NULL now needs another default, or none that means something.
        eased = signs == ["it was NOT NULL", _DEFAULT]
        return _Doubt(have, want, tuple(signs), sure or (len(signs) > 1 and not eased))

    def _by_revision(self, ident: Ident) -> list[str]:
        return ["a revision made it anew"] if ident in self.made.things else []

    def _guessed(self, pair: Pair) -> list[str]:
        """List what a table itself tells, if there is more than one sign."""
        signs = []
        relation, names, prod, test = pair.table.test, self.names, self.prod, self.test
        behind = pair.appended if self.at_end else set()
        needed = [
            column.name
            for column in pair.want
            if column.not_null
            and column.name not in pair.copied
            and not (column.identity or column.generated or test.get(Default, *relation, column.name))
        ]
        if needed:
            signs.append(f"{', '.join(needed)} {'is' if len(needed) == 1 else 'are'} new and NOT NULL")
        was, now = _targets(prod, pair.table.prod, names), _targets(test, relation, {})
        if (lost := was - now) and (gained := now - was):
            signs.append(f"it refers to {_list(gained)} instead of {_list(lost)}")
        # Foreign keys are given up, too, where a table only grows: it has all of its columns, and new ones behind them.
        grown = len(pair.copied) == len(pair.have) and not pair.appended
        left = set() if grown else _referrers(prod, pair.table.prod, names)
        if needed and left and not left & _referrers(test, relation, {}):
            signs.append(f"{_list(left)} {'does' if len(left) == 1 else 'do'} not refer to it any longer")
        old, new = primary_key(prod, pair.table.prod), primary_key(test, relation)
        kept = [name for name in new if name in pair.copied and pair.copied[name].name in old]
        joined = needed and old and len(kept) == len(old)  # a new column became part of it
        if len(old) != len(new) and not joined:
            signs.append("its primary key is another one")
        if len(behind) * 2 > len(pair.copied):
            signs.append("most columns stand behind new ones")
        if len(pair.copied) * 2 < len(pair.have):
            signs.append("most columns are gone")
        return signs if len(signs) > 1 else []

    def _of_values(self, have: Column, want: Column, *, moved: bool) -> tuple[list[str], bool]:
        """List what else than its place tells of a column, and whether that is enough by itself."""
        signs, strong, prod, test, names = [], False, self.prod, self.test, self.names
        was, now = _target(prod, have, names), _target(test, want, {})
        if was and now and was != now:
            signs.append(f"it refers to {_list({now})} instead of {_list({was})}")
            strong = True
        old, new = set(_labels(prod, have)), set(_labels(test, want))
        if old and new and not old & new:
            signs.append("its labels are all others")
            strong = True
        # By an enum of another name; a change of type leaves the column where it stands.
        replaced = len(old & new) * 2 >= len(old) > 0 and not moved
        if have.type != want.type and (_family(have) != _family(want) or old or new) and not replaced:
            signs.append(f"it was {have.type} and is {want.type}")
        if have.not_null != want.not_null:
            signs.append("it was NOT NULL" if have.not_null else "it is NOT NULL")
        defaults = [catalog.get(Default, c.schema, c.table, c.name) for catalog, c in ((prod, have), (test, want))]
        if defaults[0] and defaults[1] and defaults[0].expression != defaults[1].expression and have.type == want.type:
            signs.append(_DEFAULT)
        comments = [catalog.get(Comment, c.ident.kind, *c.ident.path) for catalog, c in ((prod, have), (test, want))]
        if comments[0] and comments[1] and comments[0].text != comments[1].text:
            signs.append("its comment is another one")
        return signs, strong


def _say_table(relation: Relation, signs: Sequence[str]) -> str:
    return (
        f"{shown(relation)} may be another table than prod's of that name: {', '.join(signs)}; if its rows do not"
        f" belong there, say {table_line_for(relation, 'skip: true')}"
    )


def _say(doubt: _Doubt, test: Catalog) -> str:
    column = doubt.want
    relation = (column.schema, column.table)
    value = f"value: {example(column, test) if column.not_null else 'null'}"
    return (
        f"{shown(relation)}.{column.name} may be another column than prod's of that name: {', '.join(doubt.signs)};"
        f" if its values do not belong there, say {line_for(relation, column.name, value)}"
    )


def _labels(catalog: Catalog, column: Column) -> tuple[str, ...]:
    enum = enum_of(catalog, column)
    return enum.labels if enum else ()


def _family(column: Column) -> str:
    name = base(column)
    if name in STRINGS | JSON:
        return "string" if name in STRINGS else "json"
    return name if column.category == "U" else column.category


def _targets(catalog: Catalog, relation: Relation, names: Mapping[Relation, Relation]) -> set[Relation]:
    """Name the tables that a table refers to, as test calls them."""
    keys = catalog.parts(Ident("table", relation), Constraint)
    return {names.get(key.references, key.references) for key in keys if key.references}


def _referrers(catalog: Catalog, relation: Relation, names: Mapping[Relation, Relation]) -> set[Relation]:
    """Name the other tables that refer to a table, as test calls them."""
    found = {(key.schema, key.table) for key in catalog.of(Constraint) if key.references == relation}
    return {names.get(each, each) for each in found - {relation}}


def _target(catalog: Catalog, column: Column, names: Mapping[Relation, Relation]) -> Relation | None:
    """Name the table that a column alone refers to, as test calls it."""
    for key in catalog.parts(Ident("table", (column.schema, column.table)), Constraint):
        if key.references and key.columns == (column.name,):
            return names.get(key.references, key.references)
    return None


def _list(relations: Iterable[Relation]) -> str:
    return ", ".join(text_of(Name(*relation)) for relation in sorted(relations))


__all__ = ["namesakes"]
