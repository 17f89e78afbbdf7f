"""The course and someone who answers questions in; the chosen rows of every reduced table, and their paths, out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from ...errors import SyncError
from ..values import Relation, shown
from .course import Course, follows
from .rowids import RowIds
from .values import Ground, Reference

MOST_ROWS = 5_000_000  # which keeps the process under 250 MB


class Asked(Protocol):
    """Whoever knows the rows of prod."""

    def chosen(self, table: Relation) -> RowIds:
        """Find the rows that a table's rule chooses by itself."""

    def parents(self, reference: Reference, rows: RowIds | None) -> RowIds:
        """Find the rows that rows of the child refer to; None are all that its rule chooses."""

    def children(self, reference: Reference, rows: RowIds) -> RowIds:
        """Find the rows that refer to rows of the parent, as far as the child's own rule allows."""

    def without(self, reference: Reference, rows: RowIds, allowed: RowIds) -> RowIds:
        """Leave out those rows of the child that refer to something beyond the allowed rows of the parent."""

    def first(self, table: Relation, rows: RowIds, limit: int) -> RowIds:
        """Keep the first rows by the primary key."""


class Closure:
    """Choose rows stage by stage: rules, what follows them, and what all of these refer to."""

    def __init__(self, ground: Ground, course: Course, ask: Asked) -> None:
        self.ground, self.course, self.ask = ground, course, ask
        tables = course.reduced - course.alone
        self.rows: dict[Relation, RowIds] = {table: RowIds() for table in tables}
        self.paths: dict[Relation, Counter[str]] = {table: Counter() for table in tables}
        self._bring: dict[Relation, RowIds] = {}  # rows of decided tables whose children come along
        self._fresh: dict[Relation, RowIds] = {}  # rows whose parents nobody has asked for yet
        self._upward: dict[Relation, list[Reference]] = defaultdict(list)  # by child: to tables that are reduced
        self._downward: dict[Relation, list[Reference]] = defaultdict(list)  # of these, from tables that are reduced
        for reference in ground.references:
            if reference.parent in self.rows:
                self._upward[reference.child].append(reference)
                if reference.child in self.rows and not reference.filled:
                    self._downward[reference.child].append(reference)

    def close(self) -> None:
        """Choose until no chosen row refers to a row that is not."""
        for stage in self.course.stages:
            for group in stage.groups:
                self._follow(group)
            self._pull()
            for table in stage.above:
                self._bring[table] = self.rows[table]
        for table in sorted(self._upward.keys() - self.rows.keys()):
            for reference in self._upward[table]:  # from tables that come whole, or as a condition says
                self._add(reference.parent, self.ask.parents(reference, None), f"parent of {shown(table)}")
        self._pull()

    def _follow(self, group: tuple[Relation, ...]) -> None:
        """Decide the tables of one group: by their rules, and by what they refer to outside and then inside of it."""
        fresh: dict[Relation, RowIds] = {}
        for table in group:
            self._bring[table] = RowIds()
        for table in sorted(set(group) - self.course.alone):
            if table in self.course.starts:
                fresh[table] = self._take(table, self.ask.chosen(table), self.ground.choices[table].label)
                continue
            for reference in self._followed(table):
                if reference.parent in self._bring and reference.parent not in group:
                    found = self._candidates(reference, self._bring[reference.parent], group)
                    fresh[table] = fresh.get(table, RowIds()) | self._take(table, found, _child_of(reference))
        while fresh:
            fresh = self._round(group, fresh)

    def _round(self, group: tuple[Relation, ...], fresh: Mapping[Relation, RowIds]) -> dict[Relation, RowIds]:
        """Take what refers to rows that came in the round before."""
        found: dict[Relation, RowIds] = {}
        for table in group:
            for reference in self._followed(table) if table not in self.course.starts else ():
                if rows := fresh.get(reference.parent):
                    taken = self._take(table, self._candidates(reference, rows, group), _child_of(reference))
                    found[table] = found.get(table, RowIds()) | taken
        return {table: rows for table, rows in found.items() if rows}

    def _followed(self, table: Relation) -> list[Reference]:
        choice = self.ground.choices[table]
        return [reference for reference in self._downward[table] if follows(choice, reference.parent)]

    def _candidates(self, by: Reference, rows: RowIds, group: Iterable[Relation]) -> RowIds:
        """Find the rows that come along with those of a parent, and refer to no row that was left out.

        Inside a group nothing is decided yet: what a row refers to there comes along with it, as it does where the
        profile says which tables are followed.
        """
        found = self.ask.children(by, rows) - self._bring[by.child]
        if self.ground.choices[by.child].follows is not None:
            return found
        for reference in self._downward[by.child]:
            decided = reference.parent in self._bring and reference.parent not in group
            if found and decided and reference != by:
                found = self.ask.without(reference, found, self.rows[reference.parent])
        return found

    def _take(self, table: Relation, found: RowIds, path: str) -> RowIds:
        """Decide on rows, as many of them as a limit leaves room for, and give those that are new."""
        fresh = found - self._bring[table]
        limit = self.ground.choices[table].limit
        if limit is not None and table not in self.course.starts:
            fresh = self.ask.first(table, fresh, limit - len(self._bring[table]))
        as_chosen = self._bring[table] is self.rows[table] or not len(self.rows[table])
        self._add(table, fresh, path)
        self._bring[table] = self.rows[table] if as_chosen else self._bring[table] | fresh  # one copy where it can be
        return fresh

    def _add(self, table: Relation, found: RowIds, path: str) -> None:
        """Note rows that are not chosen yet, and the path that they came by."""
        fresh = found - self.rows[table]
        if not fresh:
            return
        self.rows[table] |= fresh
        self.paths[table][path] += len(fresh)
        if table in self._upward:
            self._fresh[table] = self._fresh.get(table, RowIds()) | fresh
        if sum(map(len, self.rows.values())) > MOST_ROWS:
            raise SyncError(
                f"the subset has more than {MOST_ROWS:,} rows, which is as many as krakn keeps in mind;"
                f" {most(self.paths)}; choose fewer, let tables be `whole: true`, or say `subset: {{parents: whole}}`;"
                " test is as it was"
            )

    def _pull(self) -> None:
        """Bring in what chosen rows refer to, in rounds, until nothing new comes."""
        while self._fresh:
            fresh, self._fresh = self._fresh, {}
            for table in sorted(fresh):
                for reference in self._upward[table]:
                    self._add(reference.parent, self.ask.parents(reference, fresh[table]), f"parent of {shown(table)}")


def most(paths: Mapping[Relation, Mapping[str, int]]) -> str:
    """Say by which path most rows came."""
    rows, table, path = max((rows, table, path) for table, each in paths.items() for path, rows in each.items())
    return f"most came to {shown(table)} as {path} ({rows:,})"


def _child_of(reference: Reference) -> str:
    return f"child of {shown(reference.parent)}"


__all__ = ["Asked", "Closure", "most"]
