"""Rules for functions, procedures, aggregates and triggers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from psycopg import sql

from ...catalog import Aggregate, Fact, Function, Trigger, TriggerState
from ...names import Ident, Name, verbatim
from .base import Rule, Sides, Work, inputs, on_table


class FunctionRule(Rule[Function]):
    """CREATE OR REPLACE FUNCTION, unless its result, the names of its arguments or a lost default forbid that."""

    def create(self, fact: Function, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([verbatim(re.sub(r"^CREATE OR REPLACE", "CREATE", fact.definition).rstrip("\n"))])

    def drop(self, fact: Function, sides: Sides) -> Work:
        keyword = verbatim("PROCEDURE" if fact.procedure else "FUNCTION")
        return Work([sql.SQL("DROP {} {}").format(keyword, self.address(fact))])

    def alter(self, have: Function, want: Function, sides: Sides) -> Work | None:
        sorts = [(each.procedure, each.window, each.returns, each.signature, each.modes) for each in (have, want)]
        if sorts[0] != sorts[1] or have.defaults > want.defaults or not _keeps_names(have, want):
            return None
        return Work([verbatim(want.definition.rstrip("\n"))])

    def address(self, fact: Function) -> sql.Composable:
        return sql.SQL("{}({})").format(Name(fact.schema, fact.name), verbatim(inputs(fact, fact.arguments)))


def _keeps_names(have: Function, want: Function) -> bool:
    """Say whether arguments keep their names; input that has none may get one."""
    return all(
        was == now or (not was and mode in "iv")
        for was, now, mode in zip(have.names, want.names, want.modes, strict=True)
    )


class AggregateRule(Rule[Aggregate]):
    """CREATE AGGREGATE; CREATE OR REPLACE where its sort and its result stay."""

    keyword = "AGGREGATE"

    def create(self, fact: Aggregate, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([self._aggregate("CREATE", fact)])

    def alter(self, have: Aggregate, want: Aggregate, sides: Sides) -> Work | None:
        if (have.sort, have.returns, have.signature) != (want.sort, want.returns, want.signature):
            return None
        return Work([self._aggregate("CREATE OR REPLACE", want)])

    def _aggregate(self, verb: str, fact: Aggregate) -> sql.Composed:
        called = sql.SQL("{}({})").format(Name(fact.schema, fact.name), verbatim(fact.signature))
        return sql.SQL("{} AGGREGATE {} ({})").format(verbatim(verb), called, verbatim(fact.parameters))

    def address(self, fact: Aggregate) -> sql.Composable:
        return sql.SQL("{}({})").format(Name(fact.schema, fact.name), verbatim(fact.arguments))


class TriggerRule(Rule[Trigger]):
    """CREATE TRIGGER, DROP TRIGGER, and ALTER TABLE for whether it fires."""

    def create(self, fact: Trigger, members: Sequence[Fact], sides: Sides) -> Work:
        statements: list[sql.Composable] = [verbatim(fact.definition)]
        if fact.enabled != "O":
            statements.append(_enable(fact, fact.enabled))
        return Work(statements)

    def drop(self, fact: Trigger, sides: Sides) -> Work:
        return Work([sql.SQL("DROP TRIGGER {}").format(self.address(fact))])

    def alter(self, have: Trigger, want: Trigger, sides: Sides) -> Work | None:
        if replace(have, enabled=want.enabled) == want:
            return Work([_enable(want, want.enabled)])
        if want.constraint or have.constraint:
            return None
        statements: list[sql.Composable] = [verbatim(re.sub(r"^CREATE ", "CREATE OR REPLACE ", want.definition))]
        if want.enabled != "O":  # replacing enables it
            statements.append(_enable(want, want.enabled))
        return Work(statements)

    def blockers(self, have: Trigger, want: Trigger, sides: Sides) -> set[Ident]:
        return _copies(have, sides)

    def address(self, fact: Trigger) -> sql.Composable:
        return on_table(fact, fact.name)


ENABLED = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def _enable(fact: Trigger | TriggerState, enabled: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
        Name(fact.schema, fact.table), verbatim(ENABLED[enabled]), Name(fact.name)
    )


def _copies(fact: Trigger | TriggerState, sides: Sides) -> set[Ident]:
    """Give the copies that fire in another way; they would no longer, as what is altered is so in them as well."""
    return {ident for ident in sides.have.needed_by.get(fact.ident, ()) if ident.kind == TriggerState.kind}


class TriggerStateRule(Rule[TriggerState]):
    """ALTER TABLE of a partition, for whether its copy of a trigger fires."""

    def create(self, fact: TriggerState, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([_enable(fact, fact.enabled)])

    def drop(self, fact: TriggerState, sides: Sides) -> Work:
        return Work([_enable(fact, fact.usual)])

    def alter(self, have: TriggerState, want: TriggerState, sides: Sides) -> Work:
        return Work([_enable(want, want.enabled)])

    def blockers(self, have: TriggerState, want: TriggerState, sides: Sides) -> set[Ident]:
        return _copies(have, sides)
