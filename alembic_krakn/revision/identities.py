"""Which thing of prod is which thing of test: pairs of identities in, the renames that they amount to out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

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
    things: dict[Ident, Ident] = {}
    for _, alike in groupby(sorted(pairs, key=lambda pair: (_rank(pair), pair)), key=_rank):
        known = Renames(dict(things))
        things |= {was: now for was, now in alike if was.kind == now.kind and known.now(was) != now}
    told = {enum: changed for enum, renamed in (labels or {}).items() if (changed := _changed(renamed))}
    return Renames(things, told)


def _rank(pair: tuple[Ident, Ident]) -> int:
    kind = pair[0].kind
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _changed(labels: Mapping[str, str]) -> dict[str, str]:
    return {was: now for was, now in sorted(labels.items()) if was != now}
