"""Bring two catalogs of different PostgreSQL versions to one level: what the older one cannot know is no difference."""

from __future__ import annotations

from dataclasses import replace

from ..catalog import Catalog, Column, Comment, Domain, Fact

NAMED_NOT_NULLS = 180000  # the version from which on a table's NOT NULL is a constraint
NAMED_NOT_NULLS_OF_DOMAINS = 170000


def levelled(have: Catalog, want: Catalog) -> tuple[Catalog, Catalog]:
    """Give both catalogs without what only the newer server keeps."""
    version = min(have.version, want.version)
    if version >= NAMED_NOT_NULLS or have.version == want.version:
        return have, want
    return _without_names(have, version), _without_names(want, version)


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
