"""Leave out of both catalogs what the team's env.py leaves out of autogenerate, and Alembic's own version table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from ..catalog import Catalog, Column, Constraint, Fact, Index
from ..catalog.own import own_tables
from ..diff.leaving import Left, leave_out
from ..errors import RevisionError
from ..names import Ident
from ..version_tables import version_tables, without_tables
from .constraints import targets
from .environment import TeamOptions
from .failures import explain
from .types import schema_argument, sqlalchemy_type

_CONSTRAINTS = {"u": "unique_constraint", "f": "foreign_key_constraint"}


def without_version_table(catalog: Catalog, options: TeamOptions) -> Catalog:
    """Leave out krakn's own tables and Alembic's, which is in any schema where env.py names none."""
    own = version_tables(catalog, options.version_table_schema, options.version_table) | own_tables(catalog)
    return without_tables(catalog, own)


def as_the_team_filters(have: Catalog, want: Catalog, options: TeamOptions) -> Left:
    """Leave out of both sides what include_name and include_object of env.py refuse.

    The hooks hear what autogenerate would tell them, with `want` in the place of the models and `have` in
    that of the database. They hear of schemas, tables, columns, indexes, unique constraints and foreign
    keys, which is what autogenerate knows, but of nothing inside a refused schema or table: that is left out with it,
    as is what could not be made without.
    """
    if not (options.include_name or options.include_object):
        return Left(have, want, ())
    schemas = _refused_schemas(have, want, options)
    facts = {ident: fact for ident, fact in {**have.facts, **want.facts}.items() if ident.schema not in schemas}
    refused = {ident for ident in sorted(facts) if ident.kind == "table" and _refuses(have, want, options, ident)}
    refused |= {
        ident
        for ident in sorted(facts)
        if ident.kind in ("column", "index", "constraint")
        and facts[ident].parent not in refused
        and _refuses(have, want, options, ident)
    }

    def wanted(fact: Fact) -> bool:
        return fact.ident not in refused and fact.ident.schema not in schemas

    return leave_out(have, want, wanted)


def wants_table(table: sa.Table, options: TeamOptions) -> bool:
    """Ask include_object about a table of the models, as autogenerate would where the database does not have it."""
    return options.include_object is None or _ask(options.include_object, table, table.name, "table", False, None)


def _refused_schemas(have: Catalog, want: Catalog, options: TeamOptions) -> set[str]:
    hook = options.include_name
    if not (hook and options.include_schemas):
        return set()
    names = {name for ident in (*have.facts, *want.facts) if (name := ident.schema)}
    return {name for name in sorted(names) if not _ask(hook, schema_argument(name), "schema", {})}


def _refuses(have: Catalog, want: Catalog, options: TeamOptions, ident: Ident) -> bool:
    """Ask both hooks about one thing."""
    was, becomes = have.facts.get(ident), want.facts.get(ident)
    fact = becomes or was
    kind = _CONSTRAINTS.get(fact.type) if isinstance(fact, Constraint) else ident.kind
    if fact is None or kind is None:
        return False
    name, table = ident.path[-1], getattr(fact, "table", None)
    if options.include_name:
        schema = schema_argument(ident.path[0])
        qualified = ".".join(filter(None, (schema, table or name)))
        parents = {"schema_name": schema, "schema_qualified_table_name": qualified}
        if not _ask(options.include_name, name, kind, parents | ({"table_name": table} if table else {})):
            return True
    if options.include_object:
        before = _item(was, have) if was else None
        after = _item(becomes, want) if becomes else None
        arguments = (after, name, kind, False, before) if after is not None else (before, name, kind, True, None)
        return not _ask(options.include_object, *arguments)
    return False


def _ask(hook: Any, *arguments: Any) -> bool:
    try:
        return bool(hook(*arguments))
    except Exception as exc:
        raise RevisionError(
            f"the hook {getattr(hook, '__name__', hook)!r} of env.py failed with {explain(exc)} when it was asked about"
            f" a {next(each for each in arguments if isinstance(each, str))!r}"
        ) from None


def _item(fact: Fact, catalog: Catalog) -> SchemaItem:
    """Make SQLAlchemy's object for a fact, on its table with all columns."""
    schema, name = fact.ident.path[0], getattr(fact, "table", fact.ident.path[-1])
    columns = [
        sa.Column(each.name, sqlalchemy_type(each.type, each.collation, catalog), nullable=not each.not_null)
        for each in catalog.columns(schema, name)
    ]
    table = sa.Table(name, sa.MetaData(), *columns, schema=schema_argument(schema))
    match fact:
        case Column():
            return table.columns[fact.name]
        case Index():
            return sa.Index(fact.name, *_keys(fact, table), unique=fact.unique)
        case Constraint(type="u"):
            unique = sa.UniqueConstraint(*fact.columns, name=fact.name)
            table.append_constraint(unique)
            return unique
        case Constraint(type="f"):
            key = sa.ForeignKeyConstraint(list(fact.columns), targets(fact), name=fact.name)
            table.append_constraint(key)
            return key
    return table


def _keys(index: Index, table: sa.Table) -> Iterator[Any]:
    for key in index.keys:
        yield table.columns[key.column] if key.column and key.column in table.columns else sa.text(key.expression)
