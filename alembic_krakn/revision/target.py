"""Build in a scratch database what the project says a schema shall be, its head or its models, and read that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.dialects import postgresql

from ..catalog import Catalog, Ownership
from ..connect import Address, engine, open_test
from ..errors import RevisionError
from ..names import Name
from .environment import TeamOptions
from .failures import explain
from .filters import wants_table
from .held import read
from .pending import upgrades
from .running import StepFailed, run_steps
from .scratch import build

if TYPE_CHECKING:
    from alembic.config import Config

# What acts on whatever is created, or on the whole database, stays away while the models' tables are.
_ACTING = frozenset({"event trigger", "publication", "default privileges"})


@dataclass(frozen=True)
class Models:
    """What the models build, and what was there before them; `schemas` are those that they speak for, None for all."""

    catalog: Catalog
    before: Catalog
    schemas: frozenset[str] | None


def build_head(config: Config, scratch: Address, options: TeamOptions) -> Catalog:
    """Run all revisions of the project in an empty scratch database."""
    try:
        run_steps(config, scratch, upgrades)
    except StepFailed as failed:
        raise RevisionError(
            f"{failed} in an empty scratch database; --to head needs revisions that run from the first one on"
        ) from None
    with open_test(scratch) as reader:
        return read(reader, options)


def build_models(scratch: Address, base: Catalog, options: TeamOptions) -> Models:
    """Create the tables of env.py's target_metadata, on what `base` has besides tables and what depends on them."""
    found = options.target_metadata
    every: list[sa.MetaData] = list(found) if isinstance(found, list | tuple) else [found] if found is not None else []
    if not any(metadata.tables for metadata in every):
        raise RevisionError(
            "env.py gives no target_metadata with tables, which --to models needs; let it import the models and hand"
            " their MetaData to context.configure()"
        )
    with open_test(scratch) as reader:
        build(reader, _without_tables(base, set(_types(every))))
        before = read(reader, options)
        for schema in sorted(
            {table.schema for metadata in every for table in metadata.tables.values() if table.schema}
        ):
            reader.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Name(schema)))
        with engine(scratch).begin() as connection:
            for metadata in every:
                tables = [table for table in metadata.sorted_tables if wants_table(table, options)]
                _create(metadata, tables, connection)
        catalog = read(reader, options)
    spoken = {ident.path[0] for ident in catalog.facts if ident.kind == "table"}
    return Models(catalog, before, None if options.include_schemas else frozenset(spoken))


def _create(metadata: sa.MetaData, tables: list[sa.Table], connection: sa.Connection) -> None:
    try:
        metadata.create_all(connection, tables=tables)
    except sa.exc.SQLAlchemyError as exc:
        raise RevisionError(
            f"the models cannot be created in a scratch database: {explain(exc)}; what they need besides tables is"
            " taken from prod and the pending revisions"
        ) from None


def _without_tables(base: Catalog, types: set[str]) -> Catalog:
    """Leave out tables, types that the models create, and all that depends on them."""
    gone = {
        ident
        for ident in base.facts
        if ident.kind in _ACTING
        or ident.kind == "table"
        or (ident.kind in ("enum", "domain", "sequence") and ident.path[1] in types)
    }
    gone |= {each.parent for each in base.of(Ownership)}  # a serial column brings its own
    queue = list(gone)
    while queue:
        ident = queue.pop()
        for dependent in (*base.needed_by.get(ident, ()), *base.children.get(ident, ())):
            if dependent not in gone:
                gone.add(dependent)
                queue.append(dependent)
    return base.keep(lambda fact: fact.ident not in gone)


def _types(every: Iterable[sa.MetaData]) -> Iterator[str]:
    """Name the types and sequences that the models create."""
    for metadata in every:
        for sequence in metadata._sequences.values():
            yield sequence.name
        for table in metadata.tables.values():
            for column in table.columns:
                yield from _named(column.type)


def _named(type_: Any) -> Iterator[str]:
    if isinstance(type_, sa.types.TypeDecorator):
        type_ = type_.load_dialect_impl(postgresql.dialect())  # type: ignore[no-untyped-call]
    if isinstance(type_, sa.ARRAY):
        yield from _named(type_.item_type)
    elif isinstance(type_, sa.types.SchemaType) and type_.name and getattr(type_, "create_type", True):
        yield type_.name
