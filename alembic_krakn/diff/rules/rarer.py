"""Rules for the rarer kinds, most of which can only be created and dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from psycopg import sql

from ...catalog import (
    Cast,
    EventTrigger,
    Fact,
    Publication,
    Published,
    RewriteRule,
    SearchParser,
    SearchTemplate,
    Statistics,
)
from ...names import Ident, Name, comma, names, verbatim
from .base import Rule, Sides, Work, on_table
from .functions import ENABLED


class ParametersRule(Rule[SearchParser | SearchTemplate]):
    """CREATE keyword name (PARAMETER = value, ...), for kinds that are made anew when anything changes."""

    def __init__(self, keyword: str) -> None:
        self.keyword = keyword

    def create(self, fact: SearchParser | SearchTemplate, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([verbatim(f"CREATE {self.keyword} ") + self.address(fact) + verbatim(f" ({fact.parameters})")])


class RewriteRuleRule(Rule[RewriteRule]):
    """CREATE OR REPLACE RULE."""

    def create(self, fact: RewriteRule, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([verbatim(fact.definition), *([_enable(fact)] if fact.enabled != "O" else [])])

    def drop(self, fact: RewriteRule, sides: Sides) -> Work:
        return Work([sql.SQL("DROP RULE {}").format(self.address(fact))])

    def alter(self, have: RewriteRule, want: RewriteRule, sides: Sides) -> Work:
        if have.definition == want.definition:
            return Work([_enable(want)])
        statements = [verbatim(want.definition.replace("CREATE RULE", "CREATE OR REPLACE RULE", 1))]
        return Work([*statements, *([_enable(want)] if want.enabled != have.enabled else [])])

    def address(self, fact: RewriteRule) -> sql.Composable:
        return on_table(fact, fact.name)


def _enable(fact: RewriteRule) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {} RULE {}").format(
        Name(fact.schema, fact.table), verbatim(ENABLED[fact.enabled]), Name(fact.name)
    )


class StatisticsRule(Rule[Statistics]):
    """CREATE STATISTICS, and ALTER STATISTICS for its target."""

    keyword = "STATISTICS"

    def create(self, fact: Statistics, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([verbatim(fact.definition), *([_target(fact)] if fact.target is not None else [])])

    def alter(self, have: Statistics, want: Statistics, sides: Sides) -> Work | None:
        return Work([_target(want)]) if have.definition == want.definition else None


def _target(fact: Statistics) -> sql.Composed:
    target = verbatim(str(-1 if fact.target is None else fact.target))
    return sql.SQL("ALTER STATISTICS {} SET STATISTICS {}").format(Name(fact.schema, fact.name), target)


class CastRule(Rule[Cast]):
    """CREATE CAST and DROP CAST."""

    keyword = "CAST"

    def create(self, fact: Cast, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([sql.SQL("CREATE CAST {} {}").format(self.address(fact), verbatim(fact.definition))])

    def address(self, fact: Cast) -> sql.Composable:
        return verbatim(f"({fact.source} AS {fact.target})")


class EventTriggerRule(Rule[EventTrigger]):
    """CREATE EVENT TRIGGER, and ALTER EVENT TRIGGER for whether it fires."""

    keyword = "EVENT TRIGGER"

    def create(self, fact: EventTrigger, members: Sequence[Fact], sides: Sides) -> Work:
        statement = sql.SQL("CREATE EVENT TRIGGER {} {}").format(Name(fact.name), verbatim(fact.definition))
        return Work([statement, *([self._enable(fact)] if fact.enabled != "O" else [])])

    def alter(self, have: EventTrigger, want: EventTrigger, sides: Sides) -> Work | None:
        return Work([self._enable(want)]) if have.definition == want.definition else None

    @staticmethod
    def _enable(fact: EventTrigger) -> sql.Composed:
        return sql.SQL("ALTER EVENT TRIGGER {} {}").format(Name(fact.name), verbatim(ENABLED[fact.enabled]))


class PublicationRule(Rule[Publication]):
    """CREATE PUBLICATION; ALTER PUBLICATION ... SET for its tables and options."""

    keyword = "PUBLICATION"

    def create(self, fact: Publication, members: Sequence[Fact], sides: Sides) -> Work:
        parts: list[sql.Composable] = [sql.SQL("CREATE PUBLICATION {}").format(Name(fact.name))]
        if fact.all_tables:
            parts.append(sql.SQL(" FOR ALL TABLES"))
        elif fact.tables or fact.schemas:
            parts.append(sql.SQL(" FOR {}").format(_published(fact)))
        parts.append(sql.SQL(" WITH ({})").format(_options(fact)))
        return Work([sql.Composed(parts)])

    def alter(self, have: Publication, want: Publication, sides: Sides) -> Work | None:
        if have.all_tables or want.all_tables:
            if have.all_tables != want.all_tables:
                return None
        elif not (want.tables or want.schemas):
            return None
        tables: list[sql.Composable] = []
        settings: list[sql.Composable] = []
        lead = sql.SQL("ALTER PUBLICATION {} SET ").format(Name(want.name))
        made_anew = any(Ident("table", (each.schema, each.table)) in sides.made for each in want.tables)
        if made_anew or (have.tables, have.schemas) != (want.tables, want.schemas):
            tables.append(lead + _published(want))
        if replace(have, tables=want.tables, schemas=want.schemas) != want:
            unsaid = [sql.SQL("publish_generated_columns = none")] if have.generated_columns else []
            said = _options(want) if want.generated_columns else comma([_options(want), *unsaid])
            settings.append(lead + sql.SQL("({})").format(said))
        # a partitioned table takes its WHERE only while the publication goes by the root
        return Work([*settings, *tables] if want.via_root else [*tables, *settings])


def _published(fact: Publication) -> sql.Composed:
    parts: list[sql.Composable] = []
    if fact.tables:
        parts.append(sql.SQL("TABLE {}").format(comma(map(_table, fact.tables))))
    if fact.schemas:
        parts.append(sql.SQL("TABLES IN SCHEMA {}").format(names(fact.schemas)))
    return comma(parts)


def _table(each: Published) -> sql.Composable:
    # ONLY: heirs that are published are among the tables themselves
    parts: list[sql.Composable] = [sql.SQL("ONLY {}").format(Name(each.schema, each.table))]
    if each.columns:
        parts.append(sql.SQL(" ({})").format(names(each.columns)))
    if each.predicate:
        parts.append(sql.SQL(" WHERE ({})").format(verbatim(each.predicate)))
    return sql.Composed(parts)


def _options(fact: Publication) -> sql.Composed:
    said: list[sql.Composable] = [sql.SQL("publish = {}").format(sql.Literal(fact.operations))]
    said.append(verbatim(f"publish_via_partition_root = {str(fact.via_root).lower()}"))
    if fact.generated_columns:
        said.append(sql.SQL("publish_generated_columns = stored"))
    return comma(said)
