"""What a scratch database holds, read; and told as prod's server would tell it."""

from __future__ import annotations

from dataclasses import replace

from ..catalog import Catalog, Extension, read_catalog
from ..connect import Address, WritableConnection, open_test
from .environment import TeamOptions
from .filters import without_version_table
from .scratch import build


def read(reader: WritableConnection, options: TeamOptions) -> Catalog:
    """Read what a scratch database holds, without Alembic's own table."""
    with reader.snapshot():
        return without_version_table(read_catalog(reader.ask), options)


def told_as(have: Catalog, built: Catalog, found: Catalog) -> Catalog:
    """Give `found` with `have`'s own facts where it has what the same server makes of `have`, which is `built`.

    Another version of PostgreSQL may print a definition in other words, and have another version of an extension. One
    that the server cannot have at all is as `have` has it.
    """
    same = {ident for ident, fact in found.facts.items() if ident in have.facts and built.facts.get(ident) == fact}
    facts = {ident: have.facts[ident] if ident in same else fact for ident, fact in found.facts.items()}
    nowhere = {each.ident for each in have.of(Extension)} - built.facts.keys() - found.facts.keys()
    left_out = {ident: fact for ident, fact in have.facts.items() if ident in nowhere or fact.parent in nowhere}
    facts.update(left_out)
    needs = {**found.needs, **{ident: have.needs.get(ident, frozenset()) & facts.keys() for ident in left_out}}
    return replace(found, facts=facts, needs=needs, version=have.version, uncompared=have.uncompared)


def tells_alike(have: Catalog, found: Catalog) -> bool:
    """Say whether two servers print definitions alike, and have the same versions of extensions."""
    extensions = [ident for ident in have.facts.keys() & found.facts.keys() if ident.kind == "extension"]
    same = all(have.facts[ident] == found.facts[ident] for ident in extensions)
    return have.version // 10_000 == found.version // 10_000 and same


def build_like(scratch: Address, have: Catalog, options: TeamOptions) -> Catalog:
    """Build a schema in an empty scratch database, and give it as that server tells it."""
    with open_test(scratch) as reader:
        build(reader, have)
        return read(reader, options)
