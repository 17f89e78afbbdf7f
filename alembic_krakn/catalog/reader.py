"""Read a catalog: run the named queries of `sql/` in one transaction and turn their rows into facts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from importlib import resources
from typing import Any

from ..names import Ident
from . import facts as f
from .model import Catalog
from .settle import settled
from .views import unprefixed

Row = Mapping[str, Any]
Address = tuple[int, int, int]  # pg_depend's: classid, objid, objsubid

# A new kind is a query file, its class in facts.py and a line here.
KINDS: Mapping[str, type[f.Fact]] = {
    "schemas": f.Schema,
    "extensions": f.Extension,
    "wrappers": f.Wrapper,
    "servers": f.ForeignServer,
    "user_mappings": f.UserMapping,
    "tables": f.Table,
    "columns": f.Column,
    "defaults": f.Default,
    "constraints": f.Constraint,
    "indexes": f.Index,
    "replica_identities": f.ReplicaIdentity,
    "clusterings": f.Clustering,
    "sequences": f.Sequence,
    "sequence_ownerships": f.Ownership,
    "enums": f.Enum,
    "domains": f.Domain,
    "domain_constraints": f.DomainConstraint,
    "composites": f.Composite,
    "ranges": f.Range,
    "collations": f.Collation,
    "shell_types": f.ShellType,
    "base_types": f.BaseType,
    "languages": f.Language,
    "access_methods": f.AccessMethod,
    "transforms": f.Transform,
    "conversions": f.Conversion,
    "views": f.View,
    "materialized_views": f.MaterializedView,
    "functions": f.Function,
    "aggregates": f.Aggregate,
    "operators": f.Operator,
    "operator_families": f.OperatorFamily,
    "operator_classes": f.OperatorClass,
    "casts_created": f.Cast,
    "triggers": f.Trigger,
    "event_triggers": f.EventTrigger,
    "statistics": f.Statistics,
    "search_parsers": f.SearchParser,
    "search_templates": f.SearchTemplate,
    "search_dictionaries": f.SearchDictionary,
    "search_configurations": f.SearchConfiguration,
    "publications": f.Publication,
    "rules": f.RewriteRule,
    "policies": f.Policy,
    "default_privileges": f.DefaultPrivilege,
}
FIELDS = {kind: frozenset(item.name for item in fields(kind)) for kind in KINDS.values()}
DEPARSED = frozenset({"definition", "expression", "generated", "predicate", "using", "check"})
# What several kinds have alike is asked once, and told at the addresses of the things that have it.
SHARED = ("foreign_options", "operator_members")
OWNERS = "owners"  # on request
OTHERS = ("server", "members", "comments", "grants", "dependencies", "casts", "uncompared", *SHARED)

# Fields that a query gives as JSON, and what their values are made of.
PARTS: Mapping[tuple[type[f.Fact], str], Callable[[Any], Any]] = {
    (f.Column, "identity"): lambda value: f.Identity(**value),
    (f.Index, "keys"): lambda value: tuple(f.IndexKey(**key) for key in value),
    (f.MaterializedView, "settings"): lambda value: tuple(f.ColumnSetting(**setting) for setting in value),
    (f.View, "columns"): lambda value: tuple(f.ViewColumn(**column) for column in value),
    (f.Composite, "attributes"): lambda value: tuple(f.Attribute(**attribute) for attribute in value),
    (f.SearchConfiguration, "mappings"): lambda value: tuple((token, dictionaries) for token, dictionaries in value),
    (f.Publication, "tables"): lambda value: tuple(
        f.Published(**{**table, "columns": _frozen(table["columns"])}) for table in value
    ),
    (f.BaseType, "parameters"): lambda value: tuple((name, text) for name, text in value),
    **{
        (kind, "members"): lambda value: tuple(f.OperatorMember(**member) for member in value)
        for kind in (f.OperatorFamily, f.OperatorClass)
    },
}


@cache
def queries() -> Mapping[str, str]:
    """Give every catalog query by name; they take no parameters and run in any order."""
    return {name: _query(name) for name in (*OTHERS, *KINDS)}


def _query(name: str) -> str:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def read_catalog(fetch: Callable[[str], Sequence[Row]], *, owners: bool = False) -> Catalog:
    """Read the catalog with `fetch`, which runs one query in a REPEATABLE READ transaction and gives its rows.

    The transaction's search_path must be pg_catalog alone, or definitions come out differently.
    """
    rows = {name: fetch(query) for name, query in queries().items()}
    return assemble({**rows, OWNERS: fetch(_query(OWNERS))} if owners else rows)


def read_addresses(fetch: Callable[[str], Sequence[Row]]) -> tuple[Catalog, Mapping[Address, Ident]]:
    """Read the catalog, and which of its things PostgreSQL knows by which address, whatever it is called."""
    catalog, places = _assemble({name: fetch(query) for name, query in queries().items()})
    return catalog, {address: ident for address, ident in places.items() if ident in catalog.facts}


def assemble(rows: Mapping[str, Sequence[Row]]) -> Catalog:
    """Turn the rows that each query gave into a catalog."""
    return _assemble(rows)[0]


def _assemble(rows: Mapping[str, Sequence[Row]]) -> tuple[Catalog, Mapping[Address, Ident]]:
    version = rows["server"][0]["version"]
    members = {(row["classid"], row["objid"]) for row in rows["members"]}
    shared = {_address(row): row for name in SHARED for row in rows[name]}
    found: dict[Ident, f.Fact] = {}
    places: dict[Address, Ident] = {}
    for name, kind in KINDS.items():
        for row in rows[name]:
            if (row["classid"], row["objid"]) not in members:
                address = _address(row)
                fact = _fact(kind, {**row, **shared[address]} if address in shared else row, version)
                ident = fact.ident
                found[ident] = fact
                places[address] = ident
    for fact in (*_inheritances(found), *_comments(rows["comments"], places), *_grants(rows["grants"], places)):
        found[fact.ident] = fact
    for row in rows.get(OWNERS, ()):
        if (on := places.get(_address(row))) is not None:
            owner = f.Owner(on=on, role=row["role"])
            found[owner.ident] = owner
    found = _rooted(found)
    catalog = Catalog(
        facts=found,
        needs=_needs(found, rows["dependencies"], places),
        version=version,
        casts={(row["source"], row["target"]): row["context"] for row in rows["casts"]},
        uncompared={**{row["kind"]: row["count"] for row in rows["uncompared"]}, **_unreadable(found)},
    )
    return catalog, places


def _address(row: Row) -> Address:
    return row["classid"], row["objid"], row["objsubid"]


def _fact(kind: type[f.Fact], row: Row, version: int) -> f.Fact:
    """Make a fact from the row that its query gave; null is "not said", so the field's default holds."""
    values: dict[str, Any] = {}
    for name in FIELDS[kind]:
        value = row.get(name)
        if value is None:
            continue
        if isinstance(value, list):
            value = _frozen(value)
        elif (kind, name) in PARTS:
            value = PARTS[kind, name](json.loads(value))
        elif name in DEPARSED and row.get("parsed", True):  # a function's body in quotes is its author's own text
            value = settled(value)
            if version < 160000 and name == "definition" and kind in (f.View, f.MaterializedView):
                value = unprefixed(value)
        values[name] = value
    return kind(**values)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _inheritances(found: Mapping[Ident, f.Fact]) -> list[f.Inheritance]:
    """Make the facts that say what a table is under, of what the tables' own query told."""
    return [
        f.Inheritance(
            schema=table.schema,
            table=table.name,
            partition_of=table.partition_of,
            bound=table.bound,
            inherits=table.inherits,
        )
        for table in found.values()
        if isinstance(table, f.Table) and (table.partition_of or table.inherits)
    ]


def _comments(rows: Sequence[Row], places: Mapping[Address, Ident]) -> Iterator[f.Comment]:
    """Make the comments whose object is a fact, or a column of one that is a view."""
    for row in rows:
        if (found := _annotated(row, places)) is not None:
            on, holder = found
            if row["of_index"]:
                on = Ident("index", (holder.path[0], holder.path[2]))
            if row["constraint"] is not None:
                kind = "domain constraint" if holder.kind == "domain" else "constraint"
                on = Ident(kind, (*holder.path[:2], row["constraint"]))
            yield f.Comment(on=on, text=row["text"], holder=holder)


def _grants(rows: Sequence[Row], places: Mapping[Address, Ident]) -> Iterator[f.Grant]:
    """Make the privileges on what is a fact, or on a column of one that is a view."""
    for row in rows:
        if (found := _annotated(row, places)) is not None:
            on, holder = found
            yield f.Grant(
                on=on,
                grantee="<owner>" if row["owned"] else row["grantee"],
                privileges=tuple(row["privileges"]),
                usual=tuple(row["usual"]),
                type=row["type"],
                role=row["grantee"],
                holder=holder,
            )


def _unreadable(found: Mapping[Ident, f.Fact]) -> dict[str, int]:
    """Count the user mappings whose options this role may not see."""
    count = sum(isinstance(fact, f.UserMapping) and fact.foreign_options is None for fact in found.values())
    return {"unreadable user mappings": count} if count else {}


def _annotated(row: Row, places: Mapping[Address, Ident]) -> tuple[Ident, Ident] | None:
    """Give what a comment or a privilege is on, and the fact that it goes away with."""
    holder = _at(places, row["classid"], row["objid"], row["objsubid"])
    if holder is None:
        return None
    if row["subname"] is not None and holder.kind != "column":
        return Ident("column", (*holder.path, row["subname"])), holder
    return holder, holder


def _rooted(found: dict[Ident, f.Fact]) -> dict[Ident, f.Fact]:
    """Leave out what is part of something that is no fact: an index of an extension's table, say."""
    while orphans := [ident for ident, fact in found.items() if fact.parent is not None and fact.parent not in found]:
        for ident in orphans:
            del found[ident]
    return found


def _needs(
    found: Mapping[Ident, f.Fact], rows: Sequence[Row], places: Mapping[Address, Ident]
) -> dict[Ident, frozenset[Ident]]:
    """Map each fact to the facts that it depends on."""
    needs: dict[Ident, set[Ident]] = defaultdict(set)
    for row in rows:
        ident = _at(places, row["classid"], row["objid"], row["objsubid"])
        need = _at(places, row["refclassid"], row["refobjid"], row["refobjsubid"])
        if ident and need and not (ident.kind == "sequence" and need.kind == "column"):  # its ownership tells that
            needs[ident].add(need)
    for ident, fact in found.items():
        needs[ident].update(fact.needs)
        if fact.parent:
            needs[ident].add(fact.parent)
    for own, parents in _of_parents(found):
        needs[own].add(parents)
    return {
        ident: frozenset(need for need in wanted if need in found and need != ident)
        for ident, wanted in needs.items()
        if ident in found
    }


def _of_parents(found: Mapping[Ident, f.Fact]) -> Iterator[tuple[Ident, Ident]]:
    """Pair columns and defaults of a table with those of its parents, which PostgreSQL changes together."""
    for ident in found:
        if ident.kind in ("column", "default"):
            under = found.get(Ident(f.Inheritance.kind, ident.path[:2]))
            for parent in under.parents if isinstance(under, f.Inheritance) else ():
                yield ident, Ident(ident.kind, (*parent, ident.path[2]))


def _at(places: Mapping[Address, Ident], classid: int, objid: int, objsubid: int) -> Ident | None:
    """Give the fact at an address, or the one whose part that address is (a column of a view)."""
    return places.get((classid, objid, objsubid)) or places.get((classid, objid, 0))
