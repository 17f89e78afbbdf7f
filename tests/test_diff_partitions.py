"""Stories of partitions and of tables that inherit, attribute by attribute, both ways."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

STORIES = [
    # Partitions
    story(
        "a partition gets a default, a check and settings of its own",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p (b
        default 'x', c not null check(c>0)) for values in (1); alter table p1 alter b set statistics 33;
        alter table p1 alter b set storage external; alter table p1 alter b set (n_distinct=3); comment on
        column p1.b is 'hi'""",
    ),
    story(
        "a partition has another default than its parent",
        have="""create table p(a int, b text default 'p') partition by list(a); create table p1 partition of p for
        values in (1)""",
        want="""create table p(a int, b text default 'p') partition by list(a); create table p1 partition of p (b
        default 'q') for values in (1)""",
    ),
    story(
        "a partition loses the default that its parent has",
        have="""create table p(a int, b text default 'p') partition by list(a); create table p1 partition of p for
        values in (1)""",
        want="""create table p(a int, b text default 'p') partition by list(a); create table p1 partition of p for
        values in (1); alter table p1 alter b drop default""",
    ),
    story(
        "partitions whose columns stand in another order are attached",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1(c int, b text, a
        int not null); alter table p attach partition p1 for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1(c int, b text, a
        int not null); alter table p attach partition p1 for values in (1,2); create table p2(x int, c int,
        b text, a int not null); alter table p2 drop x; alter table p attach partition p2 for values in (3)""",
    ),
    story(
        "a column of all partitions changes its type",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index on p(c)""",
        want="""create table p(a int not null, b varchar(30), c bigint) partition by list(a); create table p1
        partition of p for values in (1); create index on p(c)""",
    ),
    story(
        "columns of all partitions come and go",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, d int default 4 not null) partition by list(a); create table
        p1 partition of p for values in (1)""",
    ),
    story(
        "a column of all partitions takes no null",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text not null, c int) partition by list(a); create table p1
        partition of p for values in (1)""",
    ),
    story(
        "the index of a partition has another fill factor",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p(b)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p(b); alter index p1_b_idx set (fillfactor=50)""",
    ),
    story(
        "the index of a partition has another statistics target",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p((c+1))""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p((c+1)); alter index p1_expr_idx alter column 1 set statistics
        40""",
    ),
    story(
        "keys of a partitioned table",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create unique index i on p(a,b); alter table p add primary key(a)""",
    ),
    story(
        "comments on the key of a partition, and on its index",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table p add constraint k primary key(a)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table p add constraint k primary key(a); comment on constraint p1_pkey on
        p1 is 'x'; comment on index p1_pkey is 'y'""",
    ),
    story(
        "checks of a partitioned table and of a partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table p add constraint ck check(c>0); alter table p1 add constraint own
        check(c>1)""",
    ),
    story(
        "a table becomes a partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1(a int not null, b
        text, c int)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1(a int not null, b
        text, c int); alter table p attach partition p1 for values in (1)""",
    ),
    story(
        "a table becomes a partition with its keys, checks and indexes",
        have="""create table p(a int not null primary key, b text, c int, constraint ck check(c>0)) partition by
        list(a); create index i on p(b); create table p1(a int not null primary key, b text, c int,
        constraint ck check(c>0)); create index j on p1(b)""",
        want="""create table p(a int not null primary key, b text, c int, constraint ck check(c>0)) partition by
        list(a); create index i on p(b); create table p1(a int not null primary key, b text, c int,
        constraint ck check(c>0)); create index j on p1(b); alter table p attach partition p1 for values in
        (1)""",
    ),
    story(
        "partitions of partitions, with a default one",
        want="""create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)
        partition by range(b); create table p11 partition of p1 for values from (1) to (10); create table
        p1d partition of p1 default; create index i on p(b); alter table p add unique(a,b); comment on table
        p11 is 'x'""",
    ),
    story(
        "a partition with partitions is added to a table that has an index",
        have="create table p(a int, b int) partition by list(a); create index i on p(b)",
        want="""create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)
        partition by range(b); create table p11 partition of p1 for values from (1) to (10); create index i
        on p(b)""",
    ),
    story(
        "partitions get other bounds",
        have="""create table p(a int) partition by range(a); create table p1 partition of p for values from (1) to
        (10); create table p2 partition of p for values from (10) to (20)""",
        want="""create table p(a int) partition by range(a); create table p1 partition of p for values from (1) to
        (5); create table p2 partition of p for values from (5) to (20)""",
    ),
    story(
        "partitions swap their bounds",
        have="""create table p(a int) partition by range(a); create table p1 partition of p for values from (1) to
        (10); create table p2 partition of p for values from (10) to (20)""",
        want="""create table p(a int) partition by range(a); create table p2 partition of p for values from (1) to
        (10); create table p1 partition of p for values from (10) to (20)""",
    ),
    story(
        "a partition with a view gets other bounds",
        have="""create table p(a int primary key) partition by range(a); create table p1 partition of p for values
        from (1) to (10); create view v as select * from p1; comment on constraint p1_pkey on p1 is 'x'""",
        want="""create table p(a int primary key) partition by range(a); create table p1 partition of p for values
        from (1) to (20); create view v as select * from p1; comment on constraint p1_pkey on p1 is 'x'""",
    ),
    story(
        "a partition key with an expression, a collation and an operator class",
        want="""create table t(a int, b text) partition by range((a+1), b collate "C" text_pattern_ops); create
        table t1 partition of t for values from (minvalue, minvalue) to (3, maxvalue)""",
    ),
    story(
        "a serial of a partitioned table",
        have="""create table p(a int not null, b int) partition by list(b); create table p1 partition of p for
        values in (1)""",
        want="""create table p(a serial, b int) partition by list(b); create table p1 partition of p for values in
        (1)""",
    ),
    story(
        "an identity of a partitioned table changes",
        have="""create table p(a int generated always as identity, b int) partition by list(b); create table p1
        partition of p for values in (1)""",
        want="""create table p(a int generated by default as identity (increment 5), b int) partition by list(b);
        create table p1 partition of p for values in (1)""",
        version=17,
    ),
    story(
        "a column of a partitioned table becomes an identity",
        have="""create table p(a int not null, b int) partition by list(b); create table p1 partition of p for
        values in (1)""",
        want="""create table p(a int generated by default as identity (increment 5), b int) partition by list(b);
        create table p1 partition of p for values in (1)""",
        version=17,
    ),
    story(
        "triggers of a partitioned table and of a partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create trigger g after insert on p for each row execute function f(); create
        trigger h before update on p1 for each row execute function f(); comment on trigger g on p is 'x'""",
        given="create function f() returns trigger language plpgsql as 'begin return new; end';",
    ),
    story(
        "a trigger of a partitioned table changes",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1);create trigger g after insert on p for each row execute function f();""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create trigger g after insert on p for each row when (new.a>0) execute function
        f()""",
        given="create function f() returns trigger language plpgsql as 'begin return new; end';",
    ),
    story(
        "foreign keys to and from partitioned tables",
        have="""create table p(a int primary key, r int) partition by list(a); create table p1 partition of p for
        values in (1); create table q(x int primary key); create table z(a int)""",
        want="""create table q(x int primary key); create table p(a int primary key, r int references q) partition
        by list(a); create table p1 partition of p for values in (1); create table z(a int references p on
        delete cascade)""",
    ),
    story(
        "a foreign key of one partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table p1 add foreign key (c) references q""",
        given="create table q(x int primary key)",
    ),
    story(
        "statistics and policies of a partitioned table and of a partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create statistics s on a,c from p; create policy po on p using (a>0); alter table
        p enable row level security; create policy pp on p1 using (a>1)""",
    ),
    story(
        "a partition with settings of its own",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1) with (fillfactor=50); alter table p1 set unlogged; alter table p1 replica identity
        full""",
    ),
    story(
        "a partition in another schema",
        have="create schema s;create table p(a int not null, b text, c int) partition by list(a);",
        want="""create schema s;create table p(a int not null, b text, c int) partition by list(a);create table s.p1
        partition of p for values in (1); create index on p(b)""",
    ),
    story(
        "a generated column of all partitions changes",
        have="""create table p(a int, b int generated always as (a*2) stored) partition by list(a); create table p1
        partition of p for values in (1)""",
        want="""create table p(a int, b int generated always as (a*3) stored) partition by list(a); create table p1
        partition of p for values in (1)""",
    ),
    story(
        "a partition becomes a partitioned table",
        have="create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)",
        want="""create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)
        partition by range(b); create table p11 partition of p1 default""",
    ),
    story(
        "a table becomes a partitioned one",
        have="""create table t(a int primary key, b text default 'x'); create index i on t(b); create view v as
        select a from t; comment on table t is 'c'; grant select on t to public""",
        want="""create table t(a int primary key, b text default 'x') partition by range(a); create table t1
        partition of t default; create index i on t(b); create view v as select a from t; comment on table t
        is 'c'; grant select on t to public""",
    ),
    story(
        "another partition key, under partitions that keep their rows",
        have="create table t(a int, b int) partition by range(a); create table t1 partition of t default",
        want="create table t(a int, b int) partition by range(b); create table t1 partition of t default",
    ),
    # Inheritance
    story(
        "a column of an heir that is its own as well is no difference",
        have="create table a(x int); create table c(x int, w int) inherits(a)",
        want="create table a(x int); create table c(w int) inherits(a)",
    ),
    story(
        "a table becomes an heir",
        have="create table a(x int); create table c(x int, w int)",
        want="create table a(x int); create table c(w int) inherits(a)",
    ),
    story(
        "a table gets columns to become an heir",
        have="create table a(x int, y text); create table c(x int, w int)",
        want="create table a(x int, y text); create table c(w int) inherits(a)",
    ),
    story(
        "an heir becomes a table",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int); create table c(w int)",
    ),
    story(
        "an heir gets another parent",
        have="create table a(x int); create table b(x int); create table c(w int) inherits(a)",
        want="create table a(x int); create table b(x int); create table c(w int) inherits(b)",
    ),
    story(
        "an heir gets a second parent",
        have="create table a(x int); create table b(x int, y int); create table c(w int) inherits(a)",
        want="create table a(x int); create table b(x int, y int); create table c(w int) inherits(a, b)",
    ),
    story(
        "an heir has its parents in another order",
        have="create table a(x int, y int); create table b(x int, z int); create table c(w int) inherits(a,b)",
        want="create table a(x int, y int); create table b(x int, z int); create table c(w int) inherits(b,a)",
    ),
    story(
        "a parent gains a column",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int, z text default 'q' not null); create table c(w int) inherits(a)",
    ),
    story(
        "a parent gains a column that the heir has",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int, w int); create table c(w int) inherits(a)",
    ),
    story(
        "a parent loses a column that the heir keeps",
        have="create table a(x int, w int); create table c(w int) inherits(a)",
        want="create table a(x int); create table c(w int) inherits(a)",
    ),
    story(
        "a parent's column changes its type, for the heirs of heirs as well",
        have="""create table a(x int); create table c(w int) inherits(a); create table d() inherits (c); create view
        v as select * from c""",
        want="""create table a(x bigint); create table c(w int) inherits(a); create table d() inherits (c); create
        view v as select * from c""",
    ),
    story(
        "an heir has another default",
        have="create table a(x int default 1); create table c(w int) inherits(a)",
        want="""create table a(x int default 1); create table c(w int) inherits(a); alter table c alter x set
        default 2""",
    ),
    story(
        "a parent's default changes",
        have="create table a(x int default 1); create table c(w int) inherits(a)",
        want="create table a(x int default 3); create table c(w int) inherits(a)",
    ),
    story(
        "a parent gains a check",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int, constraint k check(x>0)); create table c(w int) inherits(a)",
    ),
    story(
        "a parent gains a check that the heir has",
        have="create table a(x int); create table c(w int, constraint k check(x>0)) inherits(a)",
        want="""create table a(x int, constraint k check(x>0)); create table c(w int, constraint k check(x>0))
        inherits(a)""",
    ),
    story(
        "a parent's check changes",
        have="create table a(x int, constraint k check(x>0)); create table c(w int) inherits(a)",
        want="create table a(x int, constraint k check(x>1)); create table c(w int) inherits(a)",
    ),
    story(
        "heirs of heirs, with checks and defaults",
        want="""create table a(x int primary key, y text not null default 'q'); create table b(z int check(z>0))
        inherits(a); create table c(x int, w int) inherits(b); create table d() inherits(b,a)""",
    ),
    story(
        "a parent goes, its heir stays",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table c(x int, w int)",
    ),
    story(
        "a new parent for an old table",
        have="create table c(x int, w int)",
        want="create table a(x int); create table c(w int) inherits(a)",
    ),
    story(
        "a parent's column takes no null",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int not null); create table c(w int) inherits(a)",
    ),
    story(
        "only the heir's column takes no null",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int); create table c(w int) inherits(a); alter table c alter x set not null",
    ),
    story(
        "a generated column of parent and heir changes",
        have="create table a(x int, g int generated always as (x*2) stored); create table c(w int) inherits(a)",
        want="create table a(x int, g int generated always as (x*3) stored); create table c(w int) inherits(a)",
    ),
    story(
        "an heir has settings of its own",
        have="create table a(x text); create table c(w int) inherits(a)",
        want="""create table a(x text); create table c(w int) inherits(a); alter table c alter x set statistics 9;
        alter table c alter x set storage external""",
    ),
    story(
        "a parent has settings of its own",
        have="create table a(x text); create table c(w int) inherits(a)",
        want="""create table a(x text); alter table a alter x set statistics 9;alter table a alter x set storage
        external; create table c(w int) inherits(a)""",
    ),
    story(
        "an heir becomes a partition",
        have="create table a(x int); create table c() inherits(a)",
        want="create table a(x int) partition by list(x); create table c partition of a default",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)
