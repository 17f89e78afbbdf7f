"""Checks that heirs have of their parents, by themselves, or both: there and back."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

A = "create table a (x int constraint c check (x > 0)); comment on constraint c on a is 'of a'; "
INHERITED, OWN = "create table b () inherits (a); ", "create table b (constraint c check (x > 0)) inherits (a); "
ON_B = "comment on constraint c on b is 'of b'; "


STORIES = [
    story(
        "an enum is made anew under defaults of which partitions and heirs have some of their own, or none",
        have="""create type e as enum ('a', 'b', 'c'); create table p (id int, x e default 'a') partition by range (id);
                create table p1 partition of p default; create table p2 partition of p for values from (1) to (2);
                create table p3 partition of p for values from (2) to (3) partition by list (id);
                create table p31 partition of p3 default; alter table p2 alter x set default 'b';
                alter table p31 alter x drop default; create table h (x e default 'a');
                create table h1 () inherits (h); create table h2 (x e default 'a') inherits (h);
                create table h21 () inherits (h2);
                alter table h1 alter x drop default""",
        want="""create type e as enum ('b', 'a'); create table p (id int, x e default 'a') partition by range (id);
                create table p1 partition of p default; create table p2 partition of p for values from (1) to (2);
                create table p3 partition of p for values from (2) to (3) partition by list (id);
                create table p31 partition of p3 default; alter table p2 alter x drop default;
                create table h (x e default 'b'); create table h1 () inherits (h);
                create table h2 (x e default 'a') inherits (h); create table h21 () inherits (h2);
                alter table h2 alter x drop default""",
    ),
    story(
        "a function is made anew that tables' defaults call, and partitions and heirs have numbers or nothing instead",
        have="""create function f(a int) returns int language sql as 'select 1';
                create table p (id int, x int default f(1)) partition by range (id);
                create table p1 partition of p default; alter table p1 alter x drop default;
                create table h (x int default f(2)); create table h1 (x int default 3) inherits (h)""",
        want="""create function f(b int) returns int language sql as 'select 1';
                create table p (id int, x int default f(1)) partition by range (id);
                create table p1 partition of p default; alter table p1 alter x drop default;
                create table h (x int default f(2)); create table h1 (x int default 3) inherits (h)""",
    ),
    story(
        "a NOT NULL that nobody has proved stays unproven while its column changes in other ways",
        have="""create table t (a int, b int, c int); alter table t add constraint n not null a not valid,
                add constraint m not null b not valid, add not null c not valid""",
        want="""create table t (a int, b int, c bigint); alter table t add constraint n not null a not valid,
                add constraint o not null b not valid, add not null c not valid, alter a set statistics 7""",
        version=18,
    ),
    story(
        "partitions prove a NOT NULL that comes, or is back, without a proof in the table above",
        have="""create table t (id int, a int, b int, c int) partition by range (id);
                alter table t add constraint n not null b; alter table t add constraint o not null c not valid;
                create table t1 partition of t default""",
        want="""create table t (id int, a int, b int, c bigint) partition by range (id);
                alter table t add not null a not valid, add not null b not valid, add constraint o not null c not valid;
                create table t1 partition of t default""",
        version=18,
    ),
    story(
        "a partition joins, or leaves, with a NOT NULL that has its name from above, and has lost its proof",
        have="""create table t (id int, a int) partition by range (id);
                create table t1 partition of t default; alter table t add constraint n not null a;
                alter table t rename constraint n to o; alter table t detach partition t1""",
        want="""create table t (id int, a int) partition by range (id);
                create table t1 partition of t default; alter table t add constraint n not null a not valid""",
        version=18,
    ),
    story(
        "a NOT NULL loses its proof that is called by the table's former name",
        have="create table t (a int not null)",
        want="""create table u (a int); alter table u add not null a not valid; alter table u rename to t""",
        version=18,
    ),
    story(
        "an heir's check is its parent's alone",
        OWN,
        INHERITED,
        A,
    ),
    story(
        "an heir's check is its parent's alone, and another one's its own as well",
        OWN + ON_B + "create table b2 () inherits (a)",
        INHERITED + ON_B + "create table b2 (constraint c check (x > 0)) inherits (a)",
        A,
    ),
    story(
        "an heir and its own heir have their checks from above",
        OWN + "create table b1 (constraint c check (x > 0)) inherits (b)",
        INHERITED + "create table b1 () inherits (b)",
        A,
    ),
    story(
        "an heir has its check from two parents",
        "create table b () inherits (a, a2)",
        "create table b (constraint c check (x > 0)) inherits (a, a2)",
        A + "create table a2 (x int constraint c check (x > 0));",
    ),
    story("an heir's own check becomes its parent's", "create table a (x int); " + OWN, A + INHERITED),
    story(
        "a check changes, and is an heir's own no longer",
        A + OWN,
        "create table a (x int constraint c check (x > 1)); " + INHERITED,
    ),
    story(
        "a check changes, and its copy in an heir keeps the comment",
        A + INHERITED + ON_B,
        "create table a (x int constraint c check (x > 1)); " + INHERITED + ON_B,
    ),
    story(
        "a check changes, and its copy in a partition keeps the comment",
        "create table a (x int constraint c check (x > 0)) partition by list (x);"
        " create table b partition of a default; " + ON_B,
        "create table a (x int constraint c check (x > 1)) partition by list (x);"
        " create table b partition of a default; " + ON_B,
    ),
    story(
        "a table joins a parent that has its check",
        "create table b (x int constraint c check (x > 0)); " + ON_B,
        "create table b (x int) inherits (a); " + ON_B,
        A + "create table h () inherits (a);",
    ),
    story(
        "new partitions and heirs compute a column in another way than the table above does",
        want="""create table p (id int, c int, g int generated always as (c * 2) stored) partition by range (id);
                create table p1 partition of p (g generated always as (c * 3) stored) for values from (1) to (2);
                create table p2 partition of p (g generated always as (c * 4) stored) default partition by list (c);
                create table p3 partition of p2 default; create index on p3 (g);
                create table q (c int not null, g int generated always as (c * 2) stored not null, check (g > 0));
                create table h (g int generated always as (c * 5) stored) inherits (q)""",
        version=16,
    ),
    story(
        "a new partition computes a virtual column in another way than the table above, under a check of it",
        given="""create table p (id int, c int, g int generated always as (c * 2) virtual not null, check (g > 0))
                     partition by range (id)""",
        want="create table p1 partition of p (g generated always as (c * 3) virtual) for values from (1) to (2)",
        version=18,
    ),
    story(
        "an heir and a partition with defaults come under tables of another schema",
        given="create schema x; create schema y",
        have="""create table x.t (id int, c int not null default 7); create table h () inherits (x.t);
                create table x.p (id int, c int default 8) partition by list (id);
                create table p1 partition of x.p for values in (1); insert into p1 values (1)""",
        want="""create table y.t (id int, c int not null default 7); create table h () inherits (y.t);
                create table y.p (id int, c int default 8) partition by list (id);
                create table p1 partition of y.p for values in (1)""",
    ),
    story(
        "a check that an heir has by itself as well gets another name in both, or in the parent alone",
        have="""create table p (a int, constraint k check (a > 0)); create table q (b int, constraint k check (b > 0));
                create table h (a int, constraint k check (a > 0)) inherits (p);
                create table i (b int, constraint k check (b > 0)) inherits (q)""",
        want="""create table p (a int, constraint l check (a > 0)); create table q (b int, constraint l check (b > 0));
                create table h (a int, constraint l check (a > 0)) inherits (p); create table i (b int) inherits (q)""",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_there_and_back(story: Story, new_database: Databases) -> None:
    check(story, new_database)
