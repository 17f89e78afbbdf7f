"""Plan the way from one catalog to another in stages, so that no transaction on the way holds a lock for long.

Between `have` and `want` lie catalogs of which each is the next one's start:

1. everything that is quick, and what PostgreSQL can do in no other way. New foreign keys and checks are there, but NOT
   VALID; new indexes and keys are missing, old ones still there; a column that is to be NOT NULL has a check instead,
   which is not valid yet.
2. The indexes and keys are those of `want`, and what depends on them is there.
3. The constraints are validated, the columns NOT NULL.
4. What could only follow on that, such as a foreign key to a primary key over such a column.

Each transition is the ordinary plan of its two catalogs, and its downgrade the same plan with the sides swapped.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..catalog import Catalog, Constraint, Index
from ..names import Ident
from ..renames import NO_RENAMES, Renames
from .changes import Hazard, Verb
from .compare import compare
from .course import QUICK, Course
from .phases import BLOCKING, Phases, split
from .planning import plan
from .renaming import rename
from .rules import relation_names
from .way_back import plan_back


@dataclass(frozen=True)
class Stage:
    """One revision: the catalogs before and after it, and the way there and back."""

    have: Catalog
    want: Catalog
    up: Phases
    down: Phases

    @property
    def title(self) -> str:
        """Say in a word or two what the stage is about."""
        indexes = any(step.concurrently for step in self.up.alone)
        checks = any(not step.concurrently for step in self.up.alone)
        said = ["validation"] * checks + ["indexes concurrently"] * indexes
        return " and ".join(said) or ("changes" if self.locks else "quick changes")

    @property
    def locks(self) -> list[Hazard]:
        """List what the upgrade still does under a lock that others wait for."""
        return [hazard for step in self.up.together for hazard in step.hazards if hazard.kind in BLOCKING]


def stages(have: Catalog, want: Catalog, renames: Renames = NO_RENAMES) -> list[Stage]:
    """Plan how `have` becomes `want`, a stage for each revision; none where nothing differs.

    What is renamed is renamed by the first one.
    """
    found = []
    before = have
    for after in between(rename(have, want, renames).have, want):
        known = renames if before is have else NO_RENAMES
        if up := plan(before, after, known):
            down = plan_back(before, after, known)
            found.append(Stage(before, after, split(up, before, after), split(down, after, before)))
            before = after
    return found


def between(have: Catalog, want: Catalog) -> list[Catalog]:
    """Choose the catalogs on the way, in their order; the last one is what is wanted."""
    course = Course(have, want)
    while True:
        first = course.catalog(QUICK)
        lost = _lost(course, first)
        if not lost:
            break
        course = Course(have, want, course.at_once | lost)
    return [first, *(course.catalog(level) for level in range(QUICK + 1, course.last)), course.goal()]


def _lost(course: Course, first: Catalog) -> set[Ident]:
    """Find what was to stay until it is built anew, or dropped, but cannot, as the quick changes take it along."""
    replaced = {change.ident for change in compare(course.have, first) if change.verb is Verb.REPLACE}
    waiting = {
        ident
        for ident, level in course.levels.items()
        if level > QUICK and ident in course.have.facts and isinstance(course.have.facts[ident], Index | Constraint)
    }
    names = {
        name
        for ident, fact in first.facts.items()
        if course.levels.get(ident, QUICK) == QUICK
        for name in relation_names(fact)
    }
    return {
        ident
        for ident in waiting - course.at_once
        if ident in replaced
        or ident not in first.facts
        or not names.isdisjoint(relation_names(course.have.facts[ident]))
    }


__all__ = ["Stage", "between", "stages"]
