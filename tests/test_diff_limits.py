"""What a plan cannot do exactly: stories that are expected to fail, each with its reason; docs/limits.md tells more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stories import Story, check

LIMITS = {
    "no value for the rows that are there is known; --check-data counts them, and a default mends it": Story(
        "a column that takes no null and has no default is added to a table with rows",
        have="create table t (a int); insert into t values (1)",
        want="create table t (a int, b int not null)",
        hazards=None,
    ),
    "no ALTER TABLE touches the column that a table is partitioned by, and an enum loses a value by a new type": Story(
        "an enum that partitions a table loses a value",
        have="create type mood as enum ('sad', 'ok'); create table p (m mood) partition by list (m)",
        want="create type mood as enum ('sad'); create table p (m mood) partition by list (m)",
        hazards=None,
    ),
    "PostgreSQL cannot part what an heir and its parent have merged": Story(
        "an heir's own check is its parent's as well",
        have="create table a (x int constraint c check (x > 0)); create table b () inherits (a)",
        want="create table a (x int constraint c check (x > 0));"
        " create table b (constraint c check (x > 0)) inherits (a)",
        hazards=None,
    ),
    "a counter does not forget how far it has counted": Story(
        "a sequence gets a maximum below what it has counted to",
        have="create sequence s; select setval('s', 1000)",
        want="create sequence s maxvalue 100",
        hazards=None,
    ),
}


@pytest.mark.parametrize(
    "story",
    [pytest.param(story, marks=pytest.mark.xfail(strict=True, reason=reason)) for reason, story in LIMITS.items()],
    ids=str,
)
def test_what_cannot_be_done_exactly(story: Story, new_database: Callable[..., str]) -> None:
    check(story, new_database)
