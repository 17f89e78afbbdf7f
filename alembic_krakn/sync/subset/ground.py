"""Both catalogs, the plan and the profile in; what the choosing of rows goes by, or all that is wrong with it, out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...catalog import Catalog
from ..missing import Missing
from ..plan import refusal
from ..portion import primary_key, sampled
from ..profile import Profile
from ..profile_rules import TableRule
from ..profile_words import parse_table
from ..values import Relation, SyncPlan, TablePlan, shown
from .references import References
from .values import Choice, Ground, Reference


def ground_of(prod: Catalog, test: Catalog, plan: SyncPlan, profile: Profile) -> Ground | None:
    """Find what the choosing goes by; None where every table comes whole."""
    found = References(prod, test, plan, profile)
    references = found.all()
    rules = {table.test: profile.rule_for(*table.test) for table in plan.tables}
    missing = [*found.missing]
    for table in plan.tables:
        missing += _not_followed(table, rules[table.test], references, profile)
        missing += _without_key(table, rules[table.test], prod, profile)
    if missing:
        raise refusal(profile, missing)
    ground = Ground(
        tables={table.test: replace(table, where=None) for table in plan.tables},
        choices={
            table.test: _choice(table, rules[table.test], primary_key(prod, table.prod), found.beyond)
            for table in plan.tables
        },
        references=references,
        parents_whole=profile.subset.parents == "whole",
    )
    return ground if any(choice.reduces for choice in ground.choices.values()) else None


def _choice(table: TablePlan, rule: TableRule, key: tuple[str, ...], beyond: set[Relation]) -> Choice:
    """Put a rule into terms of prod's rows.

    The rows of a query have no places, so they come as the query says; and a table that test refers to by values of
    its own, a default say, must come whole.
    """
    if table.from_query or rule.whole or (table.test in beyond and not rule.reduces and rule.follows is None):
        return Choice(where=rule.where, whole=True)
    told = {"where": rule.where and "where", "sample": rule.sample is not None and f"sample {rule.sample}%"}
    told["limit"] = rule.limit is not None and f"limit {rule.limit}"
    return Choice(
        where=rule.where,
        sample=None if rule.sample is None else sampled(key, rule.sample),
        limit=rule.limit,
        order=key,
        follows=None if rule.follows is None else frozenset(map(parse_table, rule.follows)),
        label=", ".join(str(part) for part in told.values() if part),
    )


def _without_key(table: TablePlan, rule: TableRule, prod: Catalog, profile: Profile) -> Iterator[Missing]:
    for word, value in (("sample", rule.sample), ("limit", rule.limit)):
        if value is not None and not primary_key(prod, table.prod):
            yield Missing(
                f"{profile.place(*table.test, word)}: `{word}` goes by the primary key, and prod's {shown(table.prod)}"
                " has none; choose its rows with `where`"
            )


def _not_followed(
    table: TablePlan, rule: TableRule, references: tuple[Reference, ...], profile: Profile
) -> Iterator[Missing]:
    parents: set[Relation] = {each.parent for each in references if each.child == table.test}
    for number, name in enumerate(rule.follows or ()):
        if parse_table(name) not in parents:
            known = f"it refers to {', '.join(map(shown, sorted(parents)))}" if parents else "it refers to no table"
            yield Missing(
                f"{profile.place(*table.test, 'follows', str(number))}: {shown(table.test)} cannot follow {name!r};"
                f" {known} (`references` can say more)"
            )


__all__ = ["ground_of"]
