"""Which tables a subset reduces, and in what order they are decided, out of rules and references; no database here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ..values import Relation
from .values import Choice, Ground

Neighbours = Callable[[Relation], Iterable[Relation]]


@dataclass(frozen=True)
class Stage:
    """Tables that follow what is decided already, group by group, and then those that their rows refer to."""

    groups: tuple[tuple[Relation, ...], ...]  # tables of one group refer to one another in a cycle
    above: tuple[Relation, ...]


@dataclass(frozen=True)
class Course:
    """The order in which tables are decided."""

    starts: frozenset[Relation]  # whose rows the profile's rule chooses by itself
    alone: frozenset[Relation]  # of these, the tables whose rule says all of what is chosen
    stages: tuple[Stage, ...]

    @property
    def reduced(self) -> frozenset[Relation]:
        """Give the tables that may lose rows."""
        return frozenset(table for stage in self.stages for group in (*stage.groups, stage.above) for table in group)


def course_of(ground: Ground) -> Course:
    """Decide which tables are reduced and when.

    A rule starts a subset unless another rule stands above it, whose chosen rows it then narrows. Tables beneath what
    is decided follow it, parents first; tables above that are still open are left with the rows that are referred
    to, and the tables beneath those follow in the next stage.
    """
    graph = _Graph(ground)
    ruled = [table for table, choice in sorted(ground.choices.items()) if choice.reduces]
    reduced = graph.reduced(ruled)
    group_of = {table: group for group in _groups(reduced, graph.followed) for table in group}
    starts = frozenset(table for table in ruled if not graph.rules_above(table, group_of[table]))
    stages, decided, origin = [], set[Relation](), set(starts)
    while decided < reduced:
        beneath = reach(origin, graph.followers) & reduced - decided
        above = (reach(beneath, graph.parents) & reduced) - decided - beneath
        if not beneath and not above:
            above = reduced - decided  # they follow nothing
        stages.append(Stage(tuple(_groups(beneath, graph.followed)), tuple(sorted(above))))
        decided |= beneath | above
        origin = set(decided)
    alone = frozenset(table for table in starts if _alone(table, ground, reduced))
    return Course(starts, alone, tuple(stages))


def _alone(table: Relation, ground: Ground, reduced: Collection[Relation]) -> bool:
    """Tell whether the rule can stand for the rows: nobody adds to them or follows them.

    A condition of the profile may mean other rows in another transaction, `now()` is another moment there; rows that
    bring others along are therefore told by their places.
    """
    choice = ground.choices[table]
    fixed = choice.where is None or not any(
        reference.child == table and reference.parent in reduced for reference in ground.references
    )
    return fixed and choice.limit is None and not any(reference.parent == table for reference in ground.references)


class _Graph:
    """The references as a graph of tables, in which those that come whole have nobody beneath them."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.choices = ground, ground.choices
        self._parents: dict[Relation, set[Relation]] = {}
        self._above: dict[Relation, set[Relation]] = {}  # of these, the ones that rows follow
        self._children: dict[Relation, set[Relation]] = {}
        for reference in ground.references:
            if not self.choices[reference.parent].whole and not self.choices[reference.child].whole:
                self._parents.setdefault(reference.child, set()).add(reference.parent)
                if not reference.filled:
                    self._above.setdefault(reference.child, set()).add(reference.parent)
                    self._children.setdefault(reference.parent, set()).add(reference.child)

    def parents(self, table: Relation) -> Collection[Relation]:
        """List the tables that a table refers to."""
        return self._parents.get(table, ())

    def followed(self, table: Relation) -> Collection[Relation]:
        """List the tables whose chosen rows bring rows of this one."""
        return [parent for parent in self._above.get(table, ()) if follows(self.choices[table], parent)]

    def followers(self, table: Relation) -> Collection[Relation]:
        """List the tables that follow a table."""
        return [child for child in self._children.get(table, ()) if follows(self.choices[child], table)]

    def reduced(self, ruled: Iterable[Relation]) -> set[Relation]:
        """Give the tables that rules reduce, and those that are reduced along with them."""
        if self.ground.parents_whole:
            return reach(ruled, lambda table: self._children.get(table, ()))
        return reach(ruled, lambda table: {*self._children.get(table, ()), *self.parents(table)})

    def rules_above(self, table: Relation, group: Collection[Relation]) -> bool:
        """Tell whether a table follows another one with a rule, outside its own cycle."""
        above = reach([table], self.followed)
        return any(self.choices[other].reduces for other in above if other not in group)


def follows(choice: Choice, parent: Relation) -> bool:
    """Tell whether rows come along with those of a parent that they refer to."""
    return choice.follows is None or parent in choice.follows


def reach(start: Iterable[Relation], neighbours: Neighbours) -> set[Relation]:
    """Give all that can be reached, and the start itself."""
    found = set(start)
    queue = list(found)
    while queue:
        fresh = set(neighbours(queue.pop())) - found
        found |= fresh
        queue += fresh
    return found


def _groups(tables: Collection[Relation], parents: Neighbours) -> list[tuple[Relation, ...]]:
    """Part tables into groups that refer to one another in cycles, each group after those that it refers to."""
    inside: Mapping[Relation, list[Relation]] = {
        table: sorted(set(parents(table)) & set(tables)) for table in sorted(tables)
    }
    left: list[Relation] = []  # Kosaraju: whoever is left last has everything beneath it still in front
    seen: set[Relation] = set()
    for table in inside:
        stack = [(table, iter(inside[table]))] if table not in seen else []
        seen.add(table)
        while stack:
            fresh = next((parent for parent in stack[-1][1] if parent not in seen), None)
            if fresh is None:
                left.append(stack.pop()[0])
            else:
                seen.add(fresh)
                stack.append((fresh, iter(inside[fresh])))
    # Depth first along parents leaves a group's parents before the group itself.
    beneath: dict[Relation, list[Relation]] = {table: [] for table in inside}
    for table, above in inside.items():
        for parent in above:
            beneath[parent].append(table)
    found: list[tuple[Relation, ...]] = []
    grouped: set[Relation] = set()
    for table in reversed(left):
        if table not in grouped:
            group = reach([table], lambda at: set(beneath[at]) - grouped)
            grouped.update(group)
            found.append(tuple(sorted(group)))
    return found[::-1]


__all__ = ["Course", "Stage", "course_of", "follows", "reach"]
