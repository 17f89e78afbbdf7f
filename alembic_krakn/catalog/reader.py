"""Read a catalog: run the named queries of `sql/` in one transaction and turn their rows into facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from importlib import resources
from typing import Any

from ..names import Ident
from . import facts as f
from .attached import address_of, at, comments, grants, inheritances, typings
from .making import Address, Answer, Made, Maker
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
NOTHING = Answer()
Ask = Callable[[str], tuple[Sequence[str], Sequence[tuple[Any, ...]]]]  # a query in; its columns and its rows out
# The columns of both ends of a dependency.
ENDS = (("classids", "objids", "objsubids"), ("refclassids", "refobjids", "refobjsubids"))
OTHERS = ("server", "members", "comments", "grants", "dependencies", "casts", "uncompared", *SHARED)
# Of these there is something in every database, or it cannot be known beforehand.
ALWAYS = frozenset((*OTHERS, "schemas", "extensions")) - frozenset(SHARED)


def present() -> str:
    """Give the query that says which of the others have anything to find; it takes no parameters either."""
    return _query("present")


def queries(found: Answer) -> Mapping[str, str]:
    """Give the catalog queries that have anything to find, as the answer to `present` says, by name.

    They take no parameters and run in any order.
    """
    asked = {*ALWAYS, *(name for (name,) in found.rows)}
    return {name: _query(name) for name in (*OTHERS, *KINDS) if name in asked}


@cache
def _query(name: str) -> str:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def read_catalog(ask: Ask, *, owners: bool = False, maker: Maker | None = None) -> Catalog:
    """Read the catalog with `ask`, which runs one query in a REPEATABLE READ transaction.

    The transaction's search_path must be pg_catalog alone, or definitions come out differently. Catalogs that are
    compared come faster of one `maker`.
    """
    return _assemble(_asking(ask), maker or Maker(), owners=owners)[0]


def read_addresses(ask: Ask) -> tuple[Catalog, Mapping[Address, Ident]]:
    """Read the catalog, and which of its things PostgreSQL knows by which address, whatever it is called."""
    catalog, places = _assemble(_asking(ask), Maker())
    return catalog, places


def assemble(answers: Mapping[str, Answer]) -> Catalog:
    """Turn what each query gave into a catalog."""
    return _assemble(lambda name: answers.get(name, NOTHING), Maker(), owners=OWNERS in answers)[0]


def _asking(ask: Ask) -> Callable[[str], Answer]:
    """Ask a query by its name, unless it has nothing to find."""
    asked = {**queries(Answer(*ask(present()))), OWNERS: _query(OWNERS)}
    return lambda name: Answer(*ask(asked[name])) if name in asked else NOTHING


def _assemble(
    ask: Callable[[str], Answer], maker: Maker, *, owners: bool = False
) -> tuple[Catalog, Mapping[Address, Ident]]:
    """Make the catalog, and say what is at which address; a query is asked when its answer is needed."""
    (server,) = ask("server").named()
    version = server["version"]
    members = set(ask("members").rows)
    shared = [ask(name) for name in SHARED]
    made: dict[Ident, Made] = {}
    places: dict[Address, Ident] = {}
    for name, kind in KINDS.items():
        for address, one in maker.make(kind, _widened(ask(name), kind, shared), version):
            if address[:2] not in members:
                made[one.ident] = one
                places[address] = one.ident
    tables = [each.fact for each in made.values() if isinstance(each.fact, f.Table)]
    for fact in (
        *inheritances(tables),
        *typings(tables),
        *comments(ask("comments"), places),
        *grants(ask("grants"), places),
    ):
        made[fact.ident] = maker.ask(fact)
    for row in ask(OWNERS).named() if owners else ():
        if (on := places.get(address_of(row))) is not None:
            owner = f.Owner(on=on, role=row["role"])
            made[owner.ident] = maker.ask(owner)
    if _root(made):
        places = {address: ident for address, ident in places.items() if ident in made}
    found = {ident: each.fact for ident, each in made.items()}
    catalog = Catalog(
        facts=found,
        needs=_needs(made, ask("dependencies"), places),
        version=version,
        encoding=server["encoding"],
        casts={(row["source"], row["target"]): row["context"] for row in ask("casts").named()},
        uncompared={**{row["kind"]: row["count"] for row in ask("uncompared").named()}, **_unreadable(found)},
    )
    return catalog, places


def _widened(answer: Answer, kind: type[f.Fact], shared: Sequence[Answer]) -> Answer:
    """Add to each row what is told elsewhere about the thing at its address, where this kind has a word for that."""
    names = {each.name for each in fields(kind)}
    for other in shared:
        more = other.columns[3:]
        if other.rows and answer.rows and not names.isdisjoint(more):
            told, untold = {row[:3]: row[3:] for row in other.rows}, (None,) * len(more)
            rows = [(*row, *told.get(row[:3], untold)) for row in answer.rows]
            answer = Answer((*answer.columns, *more), rows)
    return answer


def _unreadable(found: Mapping[Ident, f.Fact]) -> dict[str, int]:
    """Count the user mappings whose options this role may not see."""
    count = sum(isinstance(fact, f.UserMapping) and fact.foreign_options is None for fact in found.values())
    return {"unreadable user mappings": count} if count else {}


def _root(made: dict[Ident, Made]) -> bool:
    """Leave out what is part of something that is no fact, an index of an extension's table, say; tell if there is."""
    count = len(made)
    while gone := frozenset().union(*{each.above for each in made.values()}) - made.keys():
        for ident in [each.ident for each in made.values() if not each.above.isdisjoint(gone)]:
            del made[ident]
    return len(made) < count


def _needs(
    made: Mapping[Ident, Made], answer: Answer, places: Mapping[Address, Ident]
) -> dict[Ident, frozenset[Ident]]:
    """Map each fact to the facts that it depends on."""
    told: dict[Ident, list[Ident]] = defaultdict(list)
    for row in answer.named():
        dependents, referenced = (zip(*(row[name] or () for name in names), strict=True) for names in ENDS)
        for one, other in zip(dependents, referenced, strict=True):
            own = places.get(one) or at(places, one)
            need = places.get(other) or at(places, other)
            if own is None or need is None or own == need:
                continue
            if own.kind == "table" and need.kind == "composite type":
                own = Ident(f.Typing.kind, own.path)
            if not (own.kind == "sequence" and need.kind == "column"):  # its ownership tells that
                told[own].append(need)
    for part, parents in _of_parents(made):
        told[part].append(parents)
    needs: dict[Ident, frozenset[Ident]] = {}
    for ident, (_, _, above, others) in made.items():
        more = told.get(ident, ())
        if others:
            more = [*more, *(need for need in others if need in made and need != ident)]
        needs[ident] = above.union(more) if more else above
    return needs


def _of_parents(made: Mapping[Ident, Made]) -> Iterator[tuple[Ident, Ident]]:
    """Pair columns and defaults of a table with those of its parents, which PostgreSQL changes together."""
    under = {each.fact.ident.path: each.fact.parents for each in made.values() if isinstance(each.fact, f.Inheritance)}
    for ident in made if under else ():
        if ident.kind in ("column", "default"):
            for parent in under.get(ident.path[:2], ()):
                above = Ident(ident.kind, (*parent, ident.path[2]))
                if above in made:
                    yield ident, above
