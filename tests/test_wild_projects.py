"""Stories that the histories of real projects told, each in its smallest form."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

STORIES = [
    story(
        "a table gets another primary key while a table that refers to the former one goes",
        have="create table a (id int primary key, n int not null); create table r (a int references a)",
        want="create table a (id int, n int, constraint k primary key (n, id)); create table s (n int, a int, "
        "foreign key (n, a) references a)",
    ),
    story(
        "a table's name goes to another one, and the name of its primary key stays with it",
        have="create table a (id int primary key, t text); create table r (a int references a)",
        want="""create table a (n int, id int, constraint a_pkey1 primary key (n, id));
                create table b (id int constraint a_pkey primary key, t text);
                create table q (a int references b, n int, foreign key (n, a) references a)""",
    ),
    story(
        "a computed column gets a type that its own is not cast to by itself, and what stands on it comes back",
        have="""create table t (f json, n bytea generated always as (decode(f ->> 'n', 'escape')) stored,
                a int generated always as (length(f ->> 'n')) stored); create index i on t (n);
                create view v as select n, a from t""",
        want="""create table t (f json, n text generated always as (decode(f ->> 'n', 'escape')) stored,
                a text generated always as (length(f ->> 'n')) stored); create index i on t (n);
                create view v as select n, a from t""",
    ),
    story(
        "a partitioned table's computed column gets a type that its own is not cast to by itself",
        have="""create table p (id int, a text generated always as (id * 2) stored) partition by range (id);
                create table q partition of p default; comment on column q.a is 'c'""",
        want="""create table p (id int, a int generated always as (id * 2) stored) partition by range (id);
                create table q partition of p default; comment on column q.a is 'c'""",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)
