"""Rules for the rarer kinds, most of which can only be created and dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from psycopg import sql

from ...catalog import (
    Aggregate,
    Cast,
    Collation,
    EventTrigger,
    Fact,
    Operator,
    Publication,
    Published,
    RewriteRule,
    SearchConfiguration,
    SearchDictionary,
    SearchParser,
    SearchTemplate,
    Statistics,
)
from ...names import Name, comma, names, verbatim
from .base import Rule, Sides, Work, on_table
from .functions import ENABLED

Parameters = Aggregate | Collation | Operator | SearchDictionary | SearchParser | SearchTemplate


class ParametersRule(Rule[Parameters]):
    """CREATE keyword name (PARAMETER = value, ...), for kinds that are made anew when anything changes."""

    def __init__(self, keyword: str, address: Callable[[Fact], sql.Composable] | None = None) -> None:
        self.keyword = keyword
        self._address = address

    def create(self, fact: Parameters, members: Sequence[Fact], sides: Sides) -> Work:
        name = Name(fact.schema, fact.name) if not isinstance(fact, Aggregate) else self.address(fact)
        if isinstance(fact, Operator):
            name = operator_name(fact)
        return Work([verbatim(f"CREATE {self.keyword} ") + name + sql.SQL(" (") + verbatim(fact.parameters + ")")])

    def address(self, fact: Fact) -> sql.Composable:
        return self._address(fact) if self._address else super().address(fact)  # type: ignore[arg-type]


def operator_name(fact: Fact) -> sql.Composable:
    """Compose `schema.+`: an operator's name has no quotes."""
    return sql.SQL("{}.").format(Name(fact.ident.path[0])) + verbatim(fact.ident.path[1])


def operator_address(fact: Fact) -> sql.Composable:
    """Compose an operator as DROP OPERATOR wants it, with the types on both sides."""
    return sql.Composed([operator_name(fact), verbatim(f" ({fact.ident.path[2]})")])


def aggregate_address(fact: Fact) -> sql.Composable:
    """Compose an aggregate as CREATE and DROP AGGREGATE want it, with its arguments."""
    return sql.Composed([Name(*fact.ident.path[:2]), verbatim(f"({fact.ident.path[2]})")])


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
        statements: list[sql.Composable] = []
        lead = sql.SQL("ALTER PUBLICATION {} SET ").format(Name(want.name))
        if (have.tables, have.schemas) != (want.tables, want.schemas):
            statements.append(lead + _published(want))
        if replace(have, tables=want.tables, schemas=want.schemas) != want:
            statements.append(lead + sql.SQL("({})").format(_options(want)))
        return Work(statements)


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


class SearchConfigurationRule(Rule[SearchConfiguration]):
    """CREATE TEXT SEARCH CONFIGURATION, and ALTER for the dictionaries of each token type."""

    keyword = "TEXT SEARCH CONFIGURATION"

    def create(self, fact: SearchConfiguration, members: Sequence[Fact], sides: Sides) -> Work:
        create = sql.SQL("CREATE TEXT SEARCH CONFIGURATION {} (PARSER = {})")
        first = create.format(Name(fact.schema, fact.name), verbatim(fact.parser))
        return Work([first, *(_mapping(fact, "ADD", *mapping) for mapping in fact.mappings)])

    def alter(self, have: SearchConfiguration, want: SearchConfiguration, sides: Sides) -> Work | None:
        if have.parser != want.parser:
            return None
        before, after = dict(have.mappings), dict(want.mappings)
        statements: list[sql.Composable] = []
        for token in before.keys() - after.keys():
            lead = sql.SQL("ALTER TEXT SEARCH CONFIGURATION {} DROP MAPPING FOR {}")
            statements.append(lead.format(Name(want.schema, want.name), Name(token)))
        for token, dictionaries in want.mappings:
            if before.get(token) != dictionaries:
                statements.append(_mapping(want, "ALTER" if token in before else "ADD", token, dictionaries))
        return Work(statements)


def _mapping(fact: SearchConfiguration, verb: str, token: str, dictionaries: str) -> sql.Composed:
    return sql.SQL("ALTER TEXT SEARCH CONFIGURATION {} {} MAPPING FOR {} WITH {}").format(
        Name(fact.schema, fact.name), verbatim(verb), Name(token), verbatim(dictionaries)
    )
