"""Planned tables with columns that nothing fills in; the same with values that types, checks and keys take, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psycopg import sql

from ..catalog import Catalog, Column, Constraint
from ..names import Ident, Name, comma, text_of, verbatim
from ..names import names as sql_names
from .adapt import filled, text_literal
from .asking import Prod, own_path
from .compared import checks
from .lineage import unique_keys
from .missing import Missing, example
from .portion import primary_key, sampled
from .profile import Profile
from .profile_text import line_for
from .trial import Trial
from .values import WHOLE, Origin, Part, Relation, TablePlan, shown


@dataclass(frozen=True)
class Fill:
    """What a column gets."""

    select: sql.Composable  # on prod, as text
    told: str
    text: str | None = None  # where it is the same in every row, and no value of prod's
    numbered: bool = False
    own_sql: bool = False  # the profile has SQL in it


@dataclass
class Filler:
    """Finds what may stand where prod has nothing."""

    prod: Prod
    want: Catalog
    trial: Trial
    profile: Profile
    missing: list[Missing] = field(default_factory=list)

    def settle(
        self, tables: Sequence[TablePlan], unfilled: Mapping[Relation, Mapping[str, str]], emptied: set[Relation]
    ) -> list[TablePlan]:
        """Fill the `unfilled` columns, each with the reason why it needs it; note what cannot be filled."""
        planned = {table.test: table for table in tables}
        settled = []
        for table in tables:
            for name, why in unfilled.get(table.test, {}).items():
                table = self._settled(table, name, why, planned, emptied)
            settled.append(table)
        return settled

    def _settled(
        self, table: TablePlan, name: str, why: str, planned: Mapping[Relation, TablePlan], emptied: set[Relation]
    ) -> TablePlan:
        plan = next(column for column in table.columns if column.name == name)
        if plan.select is not None and not self._any(table, sql.SQL("({}) IS NULL").format(plan.select)):
            return table
        column = self.want.get(Column, *table.test, name)
        assert column is not None
        found = self._fill(table, column, planned, emptied)
        if isinstance(found, str):
            line = line_for(table.test, name, f"fill: {example(column, self.want)}")
            self.missing.append(Missing(f"{shown(table.test)}.{name} ({column.type}) {why}; {found}", line))
            return table
        select, told = found.select, f"{found.told} in every row"
        on_prod = on_test = None
        if plan.select is not None:
            select, told = filled(plan.select, found.select), f"NULL becomes {found.told}"
            if found.text is not None and not plan.mask:
                on_prod, on_test = checks(select, column, Name(name), self.prod.catalog, self.want, changed=True)
        new = replace(
            plan,
            origin=Origin.FILL,
            select=select,
            text=None if plan.source else found.text,
            detail=", ".join(filter(None, (plan.detail, told))),
            plain=False,
            binary=False,
            numbered=found.numbered,
            prod_check=on_prod,
            test_check=on_test,
        )
        return replace(
            table,
            columns=tuple(new if column is plan else column for column in table.columns),
            own_sql=table.own_sql or found.own_sql,
        )

    def _fill(
        self, table: TablePlan, column: Column, planned: Mapping[Relation, TablePlan], emptied: set[Relation]
    ) -> Fill | str:
        """Find what fills a column, or say why nothing does."""
        distinct = self._distinct(table, column)
        number = self._number(table)
        for key in self._keys(table, column):
            return self._of_key(table, column, key, planned, emptied, number if distinct else None)
        known = {other.name: other.text for other in table.columns if other.text is not None}
        if distinct:
            expression = self.trial.numbered(column, known)
            if expression is None:
                return "it is unique, and krakn has no value for each row that its type and checks take"
            select = verbatim(expression.replace("$n", f"({text_of(number)})"))
            return Fill(select, "another value", numbered=True)
        text = self.trial.constant(column, known)
        if text is None:
            return "krakn found no value that its type and checks take"
        return Fill(text_literal(text), repr(text), text)

    def _of_key(
        self,
        table: TablePlan,
        column: Column,
        key: Constraint,
        planned: Mapping[Relation, TablePlan],
        emptied: set[Relation],
        number: sql.Composable | None,
    ) -> Fill | str:
        """Take a key that is there: the smallest, or another one for each row."""
        assert key.references is not None
        at = key.columns.index(column.name)
        parent = planned.get(key.references)
        if parent is None:
            kept = None if key.references in emptied else self.trial.smallest(key.references, key.referenced_columns)
            if kept is None or number is not None:
                return f"it refers to {shown(key.references)}, which has no rows to refer to"
            return Fill(text_literal(kept[at]), f"the smallest key of {shown(key.references)}", kept[at])
        ends = {each.name: each for each in parent.columns}
        keys = [ends[name] for name in key.referenced_columns if name in ends]
        selects = [
            each.select for each in keys if each.select is not None and not each.mask and each.origin is not Origin.FILL
        ]
        if len(selects) < len(key.referenced_columns):
            return f"it refers to {shown(key.references)}, whose keys are masked or made by test"
        if not self._any(parent, sql.SQL("true"), self._chosen(parent)) and self._any(table, sql.SQL("true")):
            return f"it refers to {shown(key.references)}, of which prod has no rows"
        names = [sql.SQL(f"k{place}") for place in range(len(selects))]
        rows = parent.rows_of_prod(
            comma(sql.SQL("{} AS {}").format(*pair) for pair in zip(selects, names, strict=True)),
            self._chosen(parent),
        )
        sorted_keys = sql.SQL("SELECT {}::text FROM ({}) AS krakn_parent WHERE {} IS NOT NULL ORDER BY {}").format(
            names[at], rows, names[at], comma(names)
        )
        if number is None:
            select = sql.SQL("({} LIMIT 1)").format(sorted_keys)
            return Fill(select, f"the smallest key of {shown(key.references)}", own_sql=parent.own_sql)
        if len(selects) > 1:
            return "it is unique, and a part of a key"
        return Fill(
            sql.SQL("(ARRAY({}))[{}]").format(sorted_keys, number),
            f"another key of {shown(key.references)}",
            numbered=True,
            own_sql=parent.own_sql,
        )

    def _chosen(self, table: TablePlan) -> Part:
        """Give the rows of a table that its rule chooses, so that no other one is referred to."""
        rule, key = self.profile.rule_for(*table.test), primary_key(self.prod.catalog, table.prod)
        if not key:
            return WHOLE  # what needs one is refused elsewhere
        sample = None if rule.sample is None else sampled(key, rule.sample)
        if rule.limit is None:
            return Part(sample)
        columns = sql.SQL("{}" if len(key) == 1 else "ROW({})").format(sql_names(key))
        first = table.rows_of_prod(columns, Part(sample)) + sql.SQL(" ORDER BY {} LIMIT {}").format(
            sql_names(key), rule.limit
        )
        return Part(sql.SQL("{} IN ({})").format(columns, first))

    def _keys(self, table: TablePlan, column: Column) -> Iterator[Constraint]:
        """List the foreign keys of a column that its value must fit; a key with NULL in it refers to nothing."""
        origins = {each.name: each.origin for each in table.columns}
        for key in self.want.parts(Ident("table", table.test), Constraint):
            if key.references and column.name in key.columns:
                if key.match == "s" and Origin.NULL in [origins[name] for name in key.columns]:
                    continue
                yield key

    def _distinct(self, table: TablePlan, column: Column) -> bool:
        """Tell whether the column must have another value in each row."""
        copied = {each.name: each.source[0] for each in table.columns if each.source}
        unique = [] if table.from_query else list(unique_keys(self.prod.catalog, table.prod))
        for key in unique_keys(self.want, table.test):
            rest = frozenset(copied[name] for name in key.columns - {column.name} if name in copied)
            if key.reads(column.name) and not any(other.within(rest) for other in unique):
                return True
        return False

    def _number(self, table: TablePlan) -> sql.Composable:
        """Compose the number of a row, the same one each time where the table has a primary key."""
        key = () if table.from_query else primary_key(self.prod.catalog, table.prod)
        order = sql.SQL("ORDER BY {}").format(sql_names(key)) if key else sql.SQL("")
        return sql.SQL("pg_catalog.row_number() OVER ({})").format(order)

    def _any(self, table: TablePlan, condition: sql.Composable, part: Part = WHOLE) -> bool:
        """Ask prod whether any of a table's rows is like that."""
        rows = table.rows_of_prod(sql.SQL("{} AS found").format(condition), part)
        query = sql.SQL("SELECT EXISTS (SELECT FROM ({}) AS krakn_some WHERE found) AS found").format(rows)
        with own_path(self.prod.reader, self.prod.path_for(table)):
            return bool(self.prod.reader.fetch(query)[0]["found"])
