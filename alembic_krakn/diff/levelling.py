"""Bring two catalogs of different PostgreSQL versions to one level: what the older one cannot know is no difference."""

from __future__ import annotations

from dataclasses import replace

from ..catalog import Catalog, Column, Comment, DefaultPrivilege, Domain, Fact, Grant
from ..names import Ident

NAMED_NOT_NULLS = 180000  # the version from which on a table's NOT NULL is a constraint
NAMED_NOT_NULLS_OF_DOMAINS = 170000
MAINTAIN = 170000  # a privilege on tables, which comes with ALL
CLOSED_PUBLIC = 150000  # in whose new databases not everybody may create things in the schema public


def levelled(have: Catalog, want: Catalog) -> tuple[Catalog, Catalog]:
    """Give both catalogs without what only the newer server keeps."""
    version = min(have.version, want.version)
    if version >= NAMED_NOT_NULLS or have.version == want.version:
        return have, want
    have, want = _level(have, version), _level(want, version)
    return _opened(have, want), _opened(want, have)


def _level(catalog: Catalog, version: int) -> Catalog:
    named = _without_names(catalog, version)
    return _without_maintain(named) if version < MAINTAIN else named


def _opened(catalog: Catalog, other: Catalog) -> Catalog:
    """Let everybody create things in public if the other, older server let them from the beginning."""
    if other.version >= CLOSED_PUBLIC or catalog.version < CLOSED_PUBLIC:
        return catalog
    born, found = (_everybodys(each) for each in (other, catalog))
    if born is None or found is None or (born.privileges, found.privileges) != (("CREATE", "USAGE"), ("USAGE",)):
        return catalog
    return replace(catalog, facts={**catalog.facts, found.ident: born})


def _everybodys(catalog: Catalog) -> Grant | None:
    """Give what everybody may do in the schema public."""
    public = Ident("schema", ("public",))
    return next((fact for fact in catalog.of(Grant) if fact.on == public and fact.grantee == ""), None)


def _without_names(catalog: Catalog, version: int) -> Catalog:
    return replace(
        catalog,
        facts={
            ident: _plain(fact, version) for ident, fact in catalog.facts.items() if not _on_not_null(fact, version)
        },
    )


def _plain(fact: Fact, version: int) -> Fact:
    if isinstance(fact, Column) and fact.not_null:
        return replace(fact, not_null_name=None, not_null_heritable=True, not_null_validated=True)
    if isinstance(fact, Domain) and fact.not_null_name and version < NAMED_NOT_NULLS_OF_DOMAINS:
        return replace(fact, not_null_name=None)
    return fact


def _on_not_null(fact: Fact, version: int) -> bool:
    """Say whether a fact is a comment on the constraint of a NOT NULL."""
    if not isinstance(fact, Comment):
        return False
    held = (fact.on.kind, fact.holder.kind)
    return held == ("constraint", "column") or (
        held == ("domain constraint", "domain") and version < NAMED_NOT_NULLS_OF_DOMAINS
    )


def _without_maintain(catalog: Catalog) -> Catalog:
    """Leave out MAINTAIN, and privileges that are the usual ones without it."""
    facts: dict[Ident, Fact] = {}
    for ident, fact in catalog.facts.items():
        kept = fact
        if isinstance(fact, Grant | DefaultPrivilege):
            privileges, usual = _but_maintain(fact.privileges), _but_maintain(fact.usual)
            if privileges == usual:
                continue
            kept = replace(fact, privileges=privileges, usual=usual)
        facts[ident] = kept
    return replace(catalog, facts=facts)


def _but_maintain(privileges: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(privilege for privilege in privileges if privilege.rstrip("*") != "MAINTAIN")
