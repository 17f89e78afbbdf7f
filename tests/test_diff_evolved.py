"""Stories of changes that schemas in use see: what refers to each other changes together, tables leave and join."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

STORIES = [
    story(
        "both ends of foreign keys become numbers that only one way of referring has a cast for",
        have="""create table a (x int primary key, y int references a); create table b (x int references a);
                create table p (id int, x int); create table h (primary key (x)) inherits (p);
                create table r (x int references h); insert into a values (1, 1); insert into b values (1)""",
        want="""create table a (x numeric primary key, y numeric references a); create table b (x numeric references a);
                create table p (id int, x numeric); create table h (primary key (x)) inherits (p);
                create table r (x numeric references h)""",
    ),
    story(
        "both ends of a foreign key change to types that no cast leads to from the old ones",
        have="create table a (x time primary key); create table b (x time references a on delete cascade)",
        want="create table a (x timestamptz primary key); create table b (x timestamptz references a on delete cascade)",
    ),
    story(
        "a partition is partitioned by a column whose type and default change in the table above",
        have="""create table t (id int not null, x int default 1) partition by range (id);
                create table t1 partition of t for values from (0) to (10) partition by list (x);
                create table t11 partition of t1 default; insert into t values (1)""",
        want="""create table t (id int not null, x float8 default 1::float8) partition by range (id);
                create table t1 partition of t for values from (0) to (10) partition by list (x);
                create table t11 partition of t1 default""",
    ),
    story(
        "a column changes with a type of its own while its parent goes",
        have="""create type c as (q text, p int); create table p (id int, x c); create table t () inherits (p);
                alter table t alter x set not null""",
        want="create type c as (p int); create table t (id int, x c)",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)
