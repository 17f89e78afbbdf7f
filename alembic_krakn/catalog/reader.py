"""Read a catalog: run the named queries of `sql/` in one transaction and turn their rows into facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources

from ..names import Ident
from . import facts as f
from .attached import Address, address_of, at, comments, grants, inheritances, typings
from .making import Made, Maker, Row
from .model import Catalog

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
    "trigger_states": f.TriggerState,
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
# What several kinds have alike is asked once, and told at the addresses of the things that have it.
SHARED = ("foreign_options", "operator_members")
OWNERS = "owners"  # on request
# The columns of both ends of a dependency.
ENDS = (("classids", "objids", "objsubids"), ("refclassids", "refobjids", "refobjsubids"))
OTHERS = ("server", "members", "comments", "grants", "dependencies", "casts", "uncompared", *SHARED)
# Of these there is something in every database, or it cannot be known beforehand.
ALWAYS = frozenset((*OTHERS, "schemas", "extensions")) - frozenset(SHARED)


def present() -> str:
    """Give the query that says which of the others have anything to find; it takes no parameters either."""
    return _query("present")


def queries(found: Sequence[Row]) -> Mapping[str, str]:
    """Give the catalog queries that have anything to find, as the rows of `present` say, by name.

    They take no parameters and run in any order.
    """
    asked = {*ALWAYS, *(row["name"] for row in found)}
    return {name: _query(name) for name in (*OTHERS, *KINDS) if name in asked}


@cache
def _query(name: str) -> str:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def read_catalog(fetch: Callable[[str], Sequence[Row]], *, owners: bool = False, maker: Maker | None = None) -> Catalog:
    """Read the catalog with `fetch`, which runs one query in a REPEATABLE READ transaction and gives its rows.

    The transaction's search_path must be pg_catalog alone, or definitions come out differently. Catalogs that are
    compared come faster of one `maker`.
    """
    return _assemble(_asking(fetch), maker or Maker(), owners=owners)[0]


def read_addresses(fetch: Callable[[str], Sequence[Row]]) -> tuple[Catalog, Mapping[Address, Ident]]:
    """Read the catalog, and which of its things PostgreSQL knows by which address, whatever it is called."""
    catalog, places = _assemble(_asking(fetch), Maker())
    return catalog, {address: ident for address, ident in places.items() if ident in catalog.facts}


def assemble(rows: Mapping[str, Sequence[Row]]) -> Catalog:
    """Turn the rows that each query gave into a catalog."""
    return _assemble(lambda name: rows.get(name, ()), Maker(), owners=OWNERS in rows)[0]


def _asking(fetch: Callable[[str], Sequence[Row]]) -> Callable[[str], Sequence[Row]]:
    """Ask a query by its name, unless it has nothing to find."""
    asked = {**queries(fetch(present())), OWNERS: _query(OWNERS)}
    return lambda name: fetch(asked[name]) if name in asked else ()


def _assemble(
    rows: Callable[[str], Sequence[Row]], maker: Maker, *, owners: bool = False
) -> tuple[Catalog, Mapping[Address, Ident]]:
    """Make the catalog, and say what is at which address; the rows of a query are asked for when they are needed."""
    version = rows("server")[0]["version"]
    members = {(row["classid"], row["objid"]) for row in rows("members")}
    shared = {address_of(row): row for name in SHARED for row in rows(name)}
    made: dict[Ident, Made] = {}
    places: dict[Address, Ident] = {}
    for name, kind in KINDS.items():
        for row in rows(name):
            address = address_of(row)
            if address[:2] not in members:
                one = maker.make(kind, {**row, **shared[address]} if address in shared else row, version)
                made[one.ident] = one
                places[address] = one.ident
    tables = [each.fact for each in made.values() if isinstance(each.fact, f.Table)]
    for fact in (
        *inheritances(tables),
        *typings(tables),
        *comments(rows("comments"), places),
        *grants(rows("grants"), places),
    ):
        made[fact.ident] = Made(fact, fact.ident, fact.parent)
    for row in rows(OWNERS) if owners else ():
        if (on := places.get(address_of(row))) is not None:
            owner = f.Owner(on=on, role=row["role"])
            made[owner.ident] = Made(owner, owner.ident, owner.parent)
    _root(made)
    found = {ident: each.fact for ident, each in made.items()}
    catalog = Catalog(
        facts=found,
        needs=_needs(made, rows("dependencies"), places),
        version=version,
        casts={(row["source"], row["target"]): row["context"] for row in rows("casts")},
        uncompared={**{row["kind"]: row["count"] for row in rows("uncompared")}, **_unreadable(found)},
    )
    return catalog, places


def _unreadable(found: Mapping[Ident, f.Fact]) -> dict[str, int]:
    """Count the user mappings whose options this role may not see."""
    count = sum(isinstance(fact, f.UserMapping) and fact.foreign_options is None for fact in found.values())
    return {"unreadable user mappings": count} if count else {}


def _root(made: dict[Ident, Made]) -> None:
    """Leave out what is part of something that is no fact: an index of an extension's table, say."""
    while orphans := [each.ident for each in made.values() if each.parent is not None and each.parent not in made]:
        for ident in orphans:
            del made[ident]


def _needs(
    made: Mapping[Ident, Made], rows: Sequence[Row], places: Mapping[Address, Ident]
) -> dict[Ident, frozenset[Ident]]:
    """Map each fact to the facts that it depends on."""
    needs: dict[Ident, list[Ident]] = {}
    for ident, (fact, _, parent) in made.items():
        needs[ident] = [need for need in fact.needs if need in made and need != ident]
        if parent:
            needs[ident].append(parent)
    for row in rows:
        dependents, referenced = (zip(*(row[name] or () for name in names), strict=True) for names in ENDS)
        for one, other in zip(dependents, referenced, strict=True):
            own, need = at(places, one), at(places, other)
            if own is None or need is None or own == need or own not in made or need not in made:
                continue
            if own.kind == "table" and need.kind == "composite type":
                own = Ident(f.Typing.kind, own.path)
            if not (own.kind == "sequence" and need.kind == "column"):  # its ownership tells that
                needs[own].append(need)
    for part, parents in _of_parents(made):
        needs[part].append(parents)
    return {ident: frozenset(wanted) for ident, wanted in needs.items()}


def _of_parents(made: Mapping[Ident, Made]) -> Iterator[tuple[Ident, Ident]]:
    """Pair columns and defaults of a table with those of its parents, which PostgreSQL changes together."""
    under = {each.fact.ident.path: each.fact.parents for each in made.values() if isinstance(each.fact, f.Inheritance)}
    for ident in made if under else ():
        if ident.kind in ("column", "default"):
            for parent in under.get(ident.path[:2], ()):
                above = Ident(ident.kind, (*parent, ident.path[2]))
                if above in made:
                    yield ident, above
