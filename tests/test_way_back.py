"""What going back would lose is told beside the change that it undoes."""

from __future__ import annotations

import pytest
from databases import Databases

from alembic_krakn.diff import HazardKind, plan, with_way_back

LOSSES = [
    ("a table is added", "", "create table t (id int)", {"table": "every row of table public.t is lost"}),
    (
        "a column is added",
        "create table t (id int)",
        "create table t (id int, a text)",
        {"column": "every value of column public.t.a is lost"},
    ),
    (
        "a type grows",
        "create table t (id int)",
        "create table t (id bigint)",
        {"column": "fails when a value of column public.t.id does not fit integer"},
    ),
    (
        "an enum gets a label",
        "create type e as enum ('a'); create table t (e e)",
        "create type e as enum ('a', 'b'); create table t (e e)",
        {"enum": "fails when a row of table public.t still has 'b' in e"},
    ),
    (
        "nulls are taken, and the key, a check and a reference go",
        "create table p (id int primary key);"
        "create table t (id int primary key, a int not null check (a > 0), p int references p)",
        "create table p (id int primary key); create table t (id int not null, a int, p int)",
        {
            "column": "fails when column public.t.a holds a null",
            "constraint": "fails when two rows of table public.t have the same key, or one has a null in it",
            "check": "fails when a row of table public.t does not pass the check",
            "reference": "fails when a row of table public.t refers to a row that is not there",
        },
    ),
    (
        "a column that took no null goes",
        "create table t (id int, a int not null)",
        "create table t (id int)",
        {"column": "fails when table public.t has rows: column public.t.a takes no null and has no default"},
    ),
    ("a column that took null goes", "create table t (id int, a int)", "create table t (id int)", {}),
    ("an index is added", "create table t (a int)", "create table t (a int); create unique index i on t (a)", {}),
]


@pytest.mark.parametrize(("have", "want", "losses"), [pytest.param(*case, id=name) for name, *case in LOSSES])
def test_a_change_says_what_its_downgrade_loses(
    have: str, want: str, losses: dict[str, str], new_database: Databases
) -> None:
    before, after = new_database.catalog(have), new_database.catalog(want)
    up = with_way_back(plan(before, after), plan(after, before))
    said = {
        hazard.message.removeprefix("on a downgrade, ").removeprefix("a downgrade ")
        for change in up.changes
        for hazard in change.hazards
        if hazard.kind is HazardKind.DOWNGRADE
    }
    assert said == set(losses.values())


def test_what_is_dropped_and_created_again_loses_what_it_held(new_database: Databases) -> None:
    before = new_database.catalog("create table t (id int, at date)")
    after = new_database.catalog("create table t (id int, at date) partition by range (at)")
    (change,) = (each for each in plan(before, after).changes if each.ident.kind == "table")
    assert HazardKind.DATA_LOSS in {hazard.kind for hazard in change.hazards}
