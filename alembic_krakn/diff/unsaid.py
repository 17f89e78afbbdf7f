"""Compare with models: what SQLAlchemy's metadata cannot say stays as the database has it.

In go the database, what the models build, and what was in the scratch database before them; out comes what the models
want of this database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields, replace

from ..catalog import Catalog, Column, Constraint, Default, Fact, Index, Inheritance, Ownership, Table
from ..names import Ident
from .choice import mixed
from .keeping import lead_heirs

# Kinds that models say all of: what they do not have goes.
_SAID = frozenset({"table", "column", "default", "constraint", "index"})
_MADE = frozenset({"enum", "domain"})  # made for columns, and gone with the last of them
# What models say only of some things, or never: where they are silent, it stays as the database has it.
_SILENT: Mapping[type[Fact], tuple[str, ...]] = {
    Table: (
        *("persistence", "partition_key", "of_type", "options", "method", "tablespace", "row_security"),
        *("force_row_security", "server", "foreign_options"),
    ),
    Column: ("storage", "compression", "statistics", "options"),
    Constraint: ("options", "tablespace"),
    Index: ("options", "tablespace"),
}


def as_models_say(
    have: Catalog, models: Catalog, before: Catalog, schemas: Collection[str] | None
) -> tuple[Catalog, set[Ident]]:
    """Give what the models make of `have`, and which things they speak for; `schemas` are theirs, None for all.

    Of tables, columns, defaults, keys, checks and indexes, what they do not have goes; of all else, nothing does. A
    partition belongs to its table, and a sequence to the column that owns it.
    """
    said = {ident for ident, fact in models.facts.items() if ident.kind in _SAID or fact != before.facts.get(ident)}
    said |= _dropped(have, models, schemas)
    facts = {
        ident: _with_silence(fact, have.facts[ident]) if ident in have.facts else fact
        for ident, fact in models.facts.items()
    }
    found = mixed(have, replace(models, facts=facts), said)
    unused = {
        ident
        for ident in have.facts
        if ident.kind in _MADE
        and ident not in said
        and _used(ident, have)
        and not any(ident in needs for other, needs in found.needs.items() if found.facts[other].parent != ident)
    }
    found = found.keep(lambda fact: fact.ident not in unused)
    kept, needs = dict(found.facts), dict(found.needs)
    lead_heirs(kept, needs, {ident for ident in kept if ident not in said})
    return replace(found, facts=kept, needs=needs, version=have.version, uncompared=have.uncompared), said | unused


def _dropped(have: Catalog, models: Catalog, schemas: Collection[str] | None) -> set[Ident]:
    """List what models could say and do not."""
    found: set[Ident] = set()
    for table in have.of(Table):
        under = have.get(Inheritance, table.schema, table.name)
        if (schemas is not None and table.schema not in schemas) or table.server or (under and under.partition_of):
            continue
        found |= have.closure([table.ident]) if table.ident not in models.facts else set()
        for ident in have.children.get(table.ident, ()):
            fact = have.facts[ident]
            if ident.kind not in _SAID or (isinstance(fact, Constraint) and fact.type not in "pufcx"):
                continue
            gone = [ident] if ident not in models.facts else []
            found |= have.closure(gone)
            if isinstance(fact, Column):
                found |= {each.ident for each in have.parts(ident, Default) if each.ident not in models.facts}
    owned = [each for each in have.of(Ownership) if each.parent not in models.facts]
    for each in owned:
        if (schemas is None or each.table_schema in schemas) and _loses(each, found, models):
            found |= have.closure([each.parent])
    return found


def _loses(sequence: Ownership, dropped: set[Ident], models: Catalog) -> bool:
    """Say whether the column that owns a sequence goes, or has no use for it in the models."""
    column = Ident("column", (sequence.table_schema, sequence.table, sequence.column))
    return column in dropped or column in models.facts


def _with_silence(fact: Fact, have: Fact) -> Fact:
    """Give what the models say of one thing, with what they leave to others as `have` has it."""
    names = _SILENT.get(type(fact), ()) if type(fact) is type(have) else ()
    usual = {each.name: None if each.default is MISSING else each.default for each in fields(fact)}
    silent = {name: getattr(have, name) for name in names if getattr(fact, name) == usual[name]}
    return replace(fact, **silent) if silent else fact


def _used(ident: Ident, catalog: Catalog) -> bool:
    return any(other.kind == "column" for other in catalog.needed_by.get(ident, ()))


__all__ = ["as_models_say"]
