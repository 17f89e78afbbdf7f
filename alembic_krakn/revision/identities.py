"""Which thing of prod is which thing of test: pairs of identities in, the renames that they amount to out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..names import Ident
from ..renames import RELATIONS, Renames

_FIRST = ("schema", *RELATIONS, "column", "sequence")  # what the others' paths are derived from


def renames_between(
    pairs: Iterable[tuple[Ident, Ident]], labels: Mapping[Ident, Mapping[str, str]] | None = None
) -> Renames:
    """Give the renames that pairs of prod's and test's identities amount to.

    A part of a renamed thing that keeps its own name is left out, as `Renames.now()` tells it. `labels` are by
    prod's identity of the enum.
    """
    said = {kind: number for number, kind in enumerate(_FIRST)}
    things: dict[Ident, Ident] = {}
    known: Renames | None = None
    level = -1
    for was, now in sorted(pairs, key=lambda pair: (said.get(pair[0].kind, len(said)), pair)):
        if known is None or said.get(was.kind, len(said)) != level:
            known, level = Renames(dict(things)), said.get(was.kind, len(said))
        if was.kind == now.kind and known.now(was) != now:
            things[was] = now
    told = {enum: changed for enum, renamed in (labels or {}).items() if (changed := _changed(renamed))}
    return Renames(things, told)


def _changed(labels: Mapping[str, str]) -> dict[str, str]:
    return {was: now for was, now in sorted(labels.items()) if was != now}
