"""Find the checks of heirs that are to be their parents' alone, which PostgreSQL has merged: both catalogs in."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..catalog import Constraint, Inheritance
from ..names import Ident
from .rules import Sides
from .rules.inheritance import above


def parted(kept: Collection[Ident], sides: Sides) -> Mapping[Ident, list[Ident]]:
    """Map those checks to the same ones of the tables above, which must be away while the heir's own is dropped.

    No ALTER TABLE takes away what an heir has of a check by itself while the heir has it from a parent, too.
    """
    found: dict[Ident, list[Ident]] = {}
    for ident in sorted(kept):
        was, now = sides.have.facts[ident], sides.want.facts[ident]
        if not (isinstance(was, Constraint) and isinstance(now, Constraint) and was.type == now.type == "c"):
            continue
        place = Ident(Inheritance.kind, (was.schema, was.table))
        under = sides.have.facts.get(place)
        stays = isinstance(under, Inheritance) and under == sides.want.facts.get(place) and not under.partition_of
        if stays and now.inherited and not was.inherited:
            checks = (Ident(Constraint.kind, (*table, was.name)) for table in above(was.parent.path, sides.have))
            found[ident] = [
                check for check in checks if all(_is_own(side.facts.get(check)) for side in (sides.have, sides.want))
            ]
    return found


def _is_own(fact: object) -> bool:
    return isinstance(fact, Constraint) and not fact.inherited
