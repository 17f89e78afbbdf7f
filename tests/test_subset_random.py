"""Random tables, references and rules: a sync chooses what a slow search in memory does, and no row dangles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from randomly import examples
from syncing import KEY, addresses, catalog, execute, orphans, query

from alembic_krakn.catalog import Constraint
from alembic_krakn.names import Name
from alembic_krakn.renames import Renames
from alembic_krakn.sync.order import Order
from alembic_krakn.sync.portion import sampled
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.run import run_sync
from alembic_krakn.sync.subset.closure import Closure
from alembic_krakn.sync.subset.course import course_of
from alembic_krakn.sync.subset.rowids import RowIds
from alembic_krakn.sync.subset.values import Choice, Ground, Reference


@dataclass
class Link:
    """A foreign key: which rows of the child refer to which of the parent, None to none."""

    child: int
    parent: int
    columns: tuple[str, ...]  # of the child
    key: tuple[str, ...]  # of the parent
    to: list[int | None]

    @property
    def reference(self) -> Reference:
        return Reference(
            name(self.child), name(self.parent), tuple(map(Name, self.columns)), tuple(map(Name, self.key))
        )


@dataclass
class World:
    """Tables `t0`, `t1`, ... with rows that are numbered from 1 on, links between them, and rules."""

    rows: list[int]
    wide: list[bool]  # whether the primary key is (part, id)
    links: list[Link] = field(default_factory=list)
    rules: dict[int, dict[str, Any]] = field(default_factory=dict)
    parents_whole: bool = False

    @property
    def schema(self) -> str:
        made, keys = [], []
        for at, wide in enumerate(self.wide):
            columns = ["id int not null unique", "part int not null", "code text not null unique"]
            columns.append("primary key (part, id)" if wide else "primary key (id)")
            for link in self.links:
                if link.child == at:
                    kinds = {"code": "text"}
                    needed = "" if None in link.to else " not null"
                    columns += [
                        f"{column} {kinds.get(key, 'int')}{needed}"
                        for column, key in zip(link.columns, link.key, strict=True)
                    ]
            made.append(f"create table t{at} ({', '.join(columns)});")
        for link in self.links:
            keys.append(
                f"alter table t{link.child} add foreign key ({', '.join(link.columns)})"
                f" references t{link.parent} ({', '.join(link.key)});"
            )
        return "\n".join([*made, "/* keys */", *keys])

    @property
    def inserts(self) -> str:
        found = []
        for at, count in enumerate(self.rows):
            own = [link for link in self.links if link.child == at]
            names = ["id", "part", "code", *(column for link in own for column in link.columns)]
            for row in range(1, count + 1):
                values = [*told(row, ("id", "part", "code"))]
                for link in own:
                    to = link.to[row - 1]
                    values += ["null"] * len(link.key) if to is None else told(to, link.key)
                found.append(f"insert into t{at} ({', '.join(names)}) values ({', '.join(values)});")
        return "\n".join(found)

    @property
    def profile(self) -> dict[str, Any]:
        said: dict[str, Any] = {"tables": {f"t{at}": rule for at, rule in self.rules.items()}}
        return {**said, "subset": {"parents": "whole"}} if self.parents_whole else said


def told(row: int, key: tuple[str, ...]) -> list[str]:
    values = {"id": str(row), "part": str(row % 3), "code": f"'c{row}'"}
    return [values[column] for column in key]


def name(at: int) -> tuple[str, str]:
    return "public", f"t{at}"


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(2, 6))
    world = World(
        draw(st.lists(st.integers(1, 25), min_size=count, max_size=count)),
        draw(st.lists(st.booleans(), min_size=count, max_size=count)),
    )
    tables = st.integers(0, count - 1)
    for number in range(draw(st.integers(1, count + 4))):
        child, parent = draw(tables), draw(tables)
        key = draw(st.sampled_from([("part", "id") if world.wide[parent] else ("id",), ("code",)]))
        to: Any = st.integers(1, world.rows[parent])
        if draw(st.booleans()):
            to = st.none() | to
        columns = tuple(f"l{number}_{column}" for column in key)
        rows = draw(st.lists(to, min_size=world.rows[child], max_size=world.rows[child]))
        world.links.append(Link(child, parent, columns, key, rows))
    for at in draw(st.lists(tables, min_size=1, max_size=3, unique=True)):
        world.rules[at] = draw(
            st.sampled_from(
                [{"where": "id % 3 = 1"}, {"limit": 3}, {"sample": "30%"}, {"where": "id % 2 = 1", "limit": 4}]
            )
        )
    for at in draw(st.lists(tables, max_size=2)):
        above = sorted({f"t{link.parent}" for link in world.links if link.child == at})
        follows = draw(st.lists(st.sampled_from(above), unique=True)) if above else []
        if draw(st.booleans()):
            world.rules[at] = {**world.rules.get(at, {}), "follows": follows}
        elif at not in world.rules:
            world.rules[at] = {"whole": True}
    world.parents_whole = draw(st.integers(0, 3)) == 0
    return world


class Memory:
    """Answer a closure's questions by looking at every row."""

    def __init__(self, world: World, prod: str) -> None:
        self.world, self.prod = world, prod
        self.links = {(link.child, link.columns): link for link in world.links}

    def ground(self) -> Ground:
        choices = {}
        for at in range(len(self.world.rows)):
            rule = self.world.rules.get(at, {})
            follows = None if "follows" not in rule else frozenset(("public", each) for each in rule["follows"])
            label = ", ".join(key for key in ("where", "sample", "limit") if key in rule)
            choices[name(at)] = Choice(
                where=rule.get("where"),
                limit=rule.get("limit"),
                whole=rule.get("whole", False),
                follows=follows,
                label=label,
            )
        references = tuple(link.reference for link in self.world.links)
        return Ground({}, choices, references, parents_whole=self.world.parents_whole)

    def allowed(self, at: int) -> set[int]:
        rule = self.world.rules.get(at, {})
        condition = rule.get("where", "true")
        if "sample" in rule:
            key = ("part", "id") if self.world.wide[at] else ("id",)
            condition += f" and {sampled(key, Decimal(rule['sample'].rstrip('%'))).as_string()}"
        return {row for (row,) in query(self.prod, f"select id from t{at} where {condition}")}

    def chosen(self, table: tuple[str, str]) -> RowIds:
        at = int(table[1][1:])
        rows = RowIds.of(sorted(self.allowed(at)))
        limit = self.world.rules[at].get("limit")
        return rows if limit is None else self.first(table, rows, limit)

    def first(self, table: tuple[str, str], rows: RowIds, limit: int) -> RowIds:
        wide = self.world.wide[int(table[1][1:])]
        return RowIds.of(sorted(rows.numbers, key=lambda row: (row % 3 if wide else 0, row))[:limit])

    def parents(self, reference: Reference, rows: RowIds | None) -> RowIds:
        link = self._link(reference)
        held = self.allowed(link.child) if rows is None else set(rows.numbers)
        return RowIds.of([to for row, to in self._pairs(link) if row in held])

    def children(self, reference: Reference, rows: RowIds) -> RowIds:
        link = self._link(reference)
        held, allowed = set(rows.numbers), self.allowed(link.child)
        return RowIds.of([row for row, to in self._pairs(link) if to in held and row in allowed])

    def without(self, reference: Reference, rows: RowIds, allowed: RowIds) -> RowIds:
        held = set(allowed.numbers)
        return rows - RowIds.of([row for row, to in self._pairs(self._link(reference)) if to not in held])

    def _link(self, reference: Reference) -> Link:
        return next(link for link in self.world.links if link.reference == reference)

    @staticmethod
    def _pairs(link: Link) -> Iterator[tuple[int, int]]:
        return ((row, to) for row, to in enumerate(link.to, 1) if to is not None)


def ids(url: str, at: int) -> set[int]:
    return {row for (row,) in query(url, f"select id from t{at}")}


def unfounded(world: World, memory: Memory, held: list[set[int]], reduced: set[int]) -> list[tuple[int, int]]:
    """List rows that no rule chose, that refer to no row, and that no row refers to."""
    found = []
    for at in reduced:
        founded = memory.allowed(at) if world.rules.get(at, {}).keys() & {"where", "sample", "limit"} else set()
        for link in world.links:
            for row, to in enumerate(link.to, 1):
                if to is not None and row in held[link.child] and to in held[link.parent]:
                    founded |= {row} if link.child == at else set()
                    founded |= {to} if link.parent == at else set()
        found += [(at, row) for row in held[at] - founded]
    return found


@pytest.fixture
def both(new_database: Callable[..., str]) -> tuple[str, str]:
    return new_database(), new_database()


@examples(15)
@given(world=worlds())
def test_what_is_chosen_is_whole_and_no_more(both: tuple[str, str], world: World) -> None:
    prod, test = both
    note(f"{world.schema}\n{world.inserts}\n{world.profile}")
    tables, _, keys = world.schema.partition("/* keys */")
    clean = "drop schema public cascade; create schema public;"
    execute(prod, f"{clean}{tables}{world.inserts}{keys}")
    execute(test, f"{clean}{world.schema}")
    profile = parse_profile(world.profile, source="krakn.yaml")
    result = run_sync(Order(*addresses(prod, test), profile, Renames(), KEY))

    schema = catalog(test)
    assert [
        key.name for key in schema.of(Constraint) if key.references and query(test, orphans(schema, key)) != [(0,)]
    ] == []
    memory = Memory(world, prod)
    ground = memory.ground()
    course = course_of(ground)
    closure = Closure(ground, course, memory)
    closure.close()
    held = [ids(test, at) for at in range(len(world.rows))]
    for at, count in enumerate(world.rows):
        if name(at) in course.alone:
            assert held[at] == memory.allowed(at)
        elif name(at) in course.reduced:
            assert held[at] == set(closure.rows[name(at)].numbers)
        else:
            assert len(held[at]) == count
    assert unfounded(world, memory, held, {int(table[1:]) for _, table in course.reduced}) == []
    assert {table.test: table.rows for table in result.tables} == {name(at): len(rows) for at, rows in enumerate(held)}
    assert all(sum(table.paths.values()) == table.rows for table in result.tables)
