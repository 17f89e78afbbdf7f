"""The names that a schema has once: a fact in, what it is called in pg_class or pg_type out."""

from __future__ import annotations

from ...catalog import Column, Constraint, Fact

_NAMED = frozenset(
    {
        *("table", "view", "materialized view", "index", "sequence"),
        *("enum", "domain", "composite type", "range type", "base type", "shell type"),
    }
)


def relation_names(fact: Fact) -> list[tuple[str, str]]:
    """List the names that a fact takes in pg_class or pg_type, which a schema has once."""
    path = fact.ident.path
    if fact.kind in _NAMED:
        return [(path[0], path[1])]
    if isinstance(fact, Constraint) and fact.type in ("p", "u", "x"):
        return [(fact.schema, fact.name)]
    if isinstance(fact, Column) and fact.identity:
        return [(fact.identity.sequence_schema, fact.identity.sequence_name)]
    return []


__all__ = ["relation_names"]
