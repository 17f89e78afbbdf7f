"""Count what differs, and what comes with it: arranged differences in, numbers out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..diff import Answer, HazardKind, Verb
from .differences import Difference

if TYPE_CHECKING:
    from ..api import DiffResult


@dataclass(frozen=True)
class Summary:
    """How much differs."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    rebuilt: int = 0
    explained: int | None = None  # by pending revisions; None: nobody looked
    drift: int | None = None
    hazards: tuple[tuple[str, int], ...] = ()
    asked: tuple[int, int, int] | None = None  # doubts that prod said are none, that rows are in the way of, and others
    undone: tuple[tuple[str, int], ...] = ()  # what is new and can hold rows, by kind: a downgrade drops it

    @property
    def differences(self) -> int:
        """Count all of them."""
        return self.added + self.changed + self.removed


def summarize(result: DiffResult, tree: Iterable[Difference]) -> Summary:
    """Count what differs."""
    tree = list(tree)
    counted = list(_counted(tree))
    verbs = Counter(each.verb for each in counted)
    looked = result.explained is not None
    drift = sum(not each.explained_by for each in counted)
    everything = list(_all(tree))
    hazards = Counter(hazard.kind for each in everything for hazard in each.hazards)
    undone = Counter(each.ident.kind for each in everything for hazard in each.hazards if each.undoes(hazard))
    return Summary(
        added=verbs[Verb.CREATE],
        changed=verbs[Verb.ALTER] + verbs[Verb.REPLACE] + verbs[Verb.RENAME],
        removed=verbs[Verb.DROP],
        rebuilt=sum(each.because is not None for each in everything),
        explained=len(counted) - drift if looked else None,
        drift=drift if looked else None,
        hazards=tuple((kind.value, hazards[kind]) for kind in HazardKind if hazards[kind]),
        asked=_asked([hazard.answer for each in everything for hazard in each.hazards if hazard.answer]),
        undone=tuple(sorted(undone.items(), reverse=True)),
    )


def _asked(answers: list[Answer]) -> tuple[int, int, int] | None:
    """Count the answers: no row is in the way, some are, nobody knows."""
    unknown = sum(answer.rows is None for answer in answers)
    safe = sum(answer.rows == 0 for answer in answers)
    return (safe, len(answers) - safe - unknown, unknown) if answers else None


def _all(tree: Iterable[Difference]) -> Iterator[Difference]:
    for each in tree:
        yield each
        yield from _all(each.parts)


def _counted(tree: Iterable[Difference]) -> Iterator[Difference]:
    for each in tree:
        if each.counts:
            yield each
        if each.verb not in (Verb.CREATE, Verb.DROP):
            yield from _counted(each.parts)
