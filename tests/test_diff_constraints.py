"""Stories of constraints and domains, attribute by attribute, both ways."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

STORIES = [
    # Constraints
    story(
        "a constraint trigger is deferred",
        have="create constraint trigger g after insert on t for each row execute function f()",
        want="""create constraint trigger g after insert on t deferrable initially deferred for each row execute
        function f()""",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int)""",
    ),
    story(
        "a constraint trigger for another table gets a condition",
        have="create constraint trigger g after insert on t from p for each row execute function f()",
        want="""create constraint trigger g after insert or update on t from p deferrable for each row when
        (new.a>0) execute function f()""",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int); create table p(a int)""",
    ),
    story(
        "comments on a constraint trigger, as trigger and as constraint",
        want="""create constraint trigger g after insert on t for each row execute function f(); comment on trigger
        g on t is 'a'; comment on constraint g on t is 'b'""",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int)""",
    ),
    story(
        "the comment on the constraint of a trigger changes",
        have="""create constraint trigger g after insert on t for each row execute function f(); comment on
        constraint g on t is 'b'""",
        want="""create constraint trigger g after insert on t for each row execute function f(); comment on
        constraint g on t is 'c'""",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int)""",
    ),
    story(
        "a constraint trigger becomes a plain one",
        have="create constraint trigger g after insert on t for each row execute function f()",
        want="create trigger g after insert on t for each row execute function f()",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int)""",
    ),
    story(
        "exclusion constraints with all clauses",
        have="create table t(a int, r int4range, b boolean)",
        want="""create table t(a int, r int4range, b boolean, constraint x exclude using gist (r with &&) where (b)
        deferrable initially deferred, exclude using btree (a with =))""",
    ),
    story(
        "an exclusion constraint gets a condition, it and its index a comment",
        have="create table t(a int, r int4range, constraint x exclude using gist (r with &&))",
        want="""create table t(a int, r int4range, constraint x exclude using gist (r with &&) where (a>1)); comment
        on constraint x on t is 'c'; comment on index x is 'd'""",
    ),
    story(
        "the index of an exclusion constraint gets another fill factor",
        have="create table t(a int, r int4range, constraint x exclude using gist (r with &&))",
        want="create table t(a int, r int4range, constraint x exclude using gist (r with &&) with (fillfactor=70))",
    ),
    story(
        "an exclusion constraint with operator classes, a collation and an expression",
        have="create table t(a text, constraint x exclude using btree (a with =))",
        want="""create table t(a text, constraint x exclude using btree (a text_pattern_ops with =, (lower(a))
        collate "C" with =) include (a))""",
    ),
    story(
        "only some columns are set to null",
        have="create table t(a int, b int, foreign key (a,b) references p on delete set null)",
        want="create table t(a int, b int, foreign key (a,b) references p on delete set null (b))",
        given="create table p(a int, b int, primary key(a,b))",
        version=15,
    ),
    story(
        "a foreign key with every clause",
        have="create table t(a int, b int)",
        want="""create table t(a int, b int, constraint k foreign key (a,b) references p match full on update
        cascade on delete set default (a) deferrable not valid)""",
        given="create table p(a int, b int, primary key(a,b))",
        version=15,
    ),
    story(
        "a foreign key matches in full",
        have="create table t(a int, b int, foreign key (a,b) references p)",
        want="create table t(a int, b int, foreign key (a,b) references p match full)",
        given="create table p(a int, b int, primary key(a,b))",
    ),
    story(
        "a foreign key to its own table, with a comment",
        have="create table t(a int primary key)",
        want="""create table t(a int primary key, b int references t on delete set default); comment on constraint
        t_b_fkey on t is 'x'""",
    ),
    story(
        "a foreign key is validated, and the other way round",
        have="create table t(a int); alter table t add constraint k foreign key (a) references p not valid",
        want="create table t(a int, constraint k foreign key (a) references p)",
        given="create table p(a int primary key)",
    ),
    story(
        "a foreign key refers to another column",
        have="create table t(a int references p(a))",
        want="create table t(a int, foreign key (a) references p(b))",
        given="create table p(a int primary key, b int unique)",
    ),
    story(
        "a foreign key that needs a unique index of no constraint",
        have="create table p(a int, b int); create unique index i on p(b); create table t(a int references p(b))",
        want="""create table p(a int, b int); create unique index i on p(b); create table t(a bigint references p(b)
        on delete cascade)""",
    ),
    story(
        "the key that a foreign key needs becomes the primary one",
        have="create table p(a int unique); create table t(a int references p(a))",
        want="create table p(a int primary key); create table t(a int references p)",
    ),
    story(
        "a foreign key is no longer deferred from the start",
        have="create table t(a int references p deferrable initially deferred)",
        want="create table t(a int references p deferrable)",
        given="create table p(a int primary key)",
    ),
    story(
        "a check is not for the heirs any longer",
        have="create table t(a int, constraint c check(a>0)); create table u() inherits(t)",
        want="create table t(a int, constraint c check(a>0) no inherit); create table u() inherits(t)",
    ),
    story(
        "a check that need not hold for old rows",
        have="create table t(a int, constraint c check(a>0))",
        want="create table t(a int); alter table t add constraint c check(a>0) not valid",
    ),
    story(
        "a check that is neither for heirs nor for old rows",
        have="create table t(a int)",
        want="create table t(a int); alter table t add constraint c check(a>0) no inherit not valid",
    ),
    story(
        "a check changes and gets a comment",
        have="create table t(a int, constraint c check(a>0))",
        want="create table t(a int, constraint c check(a>1)); comment on constraint c on t is 'x'",
    ),
    story(
        "a check has another name",
        have="create table t(a int, constraint c check(a>0))",
        want="create table t(a int, constraint d check(a>0))",
    ),
    story(
        "a unique key takes one null, and another column with it",
        have="create table t(a int, b int, unique(a))",
        want="create table t(a int, b int, unique nulls not distinct (a) include (b))",
        version=15,
    ),
    story(
        "the index of a key gets a fill factor",
        have="create table t(a int, unique(a))",
        want="create table t(a int, unique(a) with (fillfactor=70))",
    ),
    story(
        "a unique key with every clause",
        have="create table t(a int, b int)",
        want="""create table t(a int, b int, unique(a) include(b) with (fillfactor=70, deduplicate_items=off)
        deferrable initially deferred)""",
    ),
    story(
        "a unique key can be deferred",
        have="create table t(a int, unique(a))",
        want="create table t(a int, unique(a) deferrable)",
    ),
    story(
        "a unique key has its columns in another order",
        have="create table t(a int, b int, unique(a,b))",
        want="create table t(a int, b int, unique(b,a))",
    ),
    story(
        "comments on a key and on its index survive that it is made anew",
        have="""create table t(a int, unique(a)); comment on index t_a_key is 'x'; comment on constraint t_a_key on
        t is 'y'""",
        want="""create table t(a int, unique(a) deferrable); comment on index t_a_key is 'x'; comment on constraint
        t_a_key on t is 'y'""",
    ),
    story(
        "a unique key becomes a unique index of the same name",
        have="create table t(a int, constraint u unique(a))",
        want="create table t(a int); create unique index u on t(a)",
    ),
    story(
        "a primary key includes another column",
        have="create table t(a int, b int, primary key(a))",
        want="create table t(a int, b int, primary key(a) include(b))",
    ),
    story(
        "a primary key that a foreign key needs has another name",
        have="create table t(a int primary key); create table c(a int references t)",
        want="create table t(a int constraint pk primary key); create table c(a int references t)",
    ),
    story(
        "two keys swap their names",
        have="create table t(a int not null, b int not null, constraint x primary key(a), constraint y unique(b))",
        want="create table t(a int not null, b int not null, constraint y primary key(a), constraint x unique(b))",
    ),
    story(
        "indexes with statistics of their expressions",
        want="""create table t(a int, b int4range); create index i on t((a+1),(a+2)); alter index i alter column 2
        set statistics 44; create index j on t (a)""",
    ),
    story(
        "the statistics target of an index's expression changes",
        have="create table t(a int); create index i on t((a+1)); alter index i alter column 1 set statistics 44",
        want="create table t(a int); create index i on t((a+1)); alter index i alter column 1 set statistics 77",
    ),
    story(
        "NOT NULL with a name, and without one",
        want="create table t(a int constraint nn not null, b int not null)",
        version=18,
    ),
    story(
        "NOT NULL gets another name",
        have="create table t(a int constraint nn not null, b int constraint mm not null)",
        want="create table t(a int not null, b int constraint kk not null)",
        version=18,
    ),
    story(
        "NOT NULL is added with a name",
        have="create table t(a int)",
        want="create table t(a int constraint nn not null)",
        version=18,
    ),
    story(
        "a column comes with a named NOT NULL",
        have="create table t(a int)",
        want="create table t(a int, b int constraint nn not null default 3)",
        version=18,
    ),
    story(
        "NOT NULL is not for heirs",
        have="create table t(a int not null)",
        want="create table t(a int not null no inherit)",
        version=18,
    ),
    story(
        "NOT NULL goes from the heirs, and stays in the parent",
        have="create table t(a int not null); create table u() inherits(t)",
        want="create table t(a int not null no inherit); create table u() inherits(t)",
        version=18,
    ),
    story(
        "a named NOT NULL that is not for heirs",
        have="create table t(a int)",
        want="create table t(a int constraint nn not null no inherit)",
        version=18,
    ),
    story(
        "NOT NULL that need not hold for old rows",
        have="create table t(a int)",
        want="create table t(a int); alter table t add constraint nn not null a not valid",
        version=18,
    ),
    story(
        "NOT NULL without a name that need not hold for old rows",
        have="create table t(a int)",
        want="create table t(a int); alter table t add not null a not valid",
        version=18,
    ),
    story(
        "NOT NULL is validated",
        have="create table t(a int); alter table t add constraint nn not null a not valid",
        want="create table t(a int constraint nn not null)",
        version=18,
    ),
    story(
        "a comment on a NOT NULL",
        have="create table t(a int not null)",
        want="create table t(a int not null); comment on constraint t_a_not_null on t is 'x'",
        version=18,
    ),
    story(
        "a comment on a named NOT NULL that is new",
        have="create table t(a int)",
        want="create table t(a int constraint nn not null); comment on constraint nn on t is 'x'",
        version=18,
    ),
    story(
        "a named NOT NULL goes with its comment",
        have="create table t(a int constraint nn not null); comment on constraint nn on t is 'x'",
        want="create table t(a int)",
        version=18,
    ),
    story(
        "the NOT NULL of a primary key has a name",
        have="create table t(a int primary key)",
        want="create table t(a int constraint nn not null, primary key(a))",
        version=18,
    ),
    story(
        "names so long that PostgreSQL cuts the one of their NOT NULL",
        want="""create table a23456789012345678901234567890123456789012345678901234567890123
        (b23456789012345678901234567890123456789012345678901234567890123 int not null)""",
        version=18,
    ),
    story(
        "a name that NOT NULL has from before the table was renamed is no difference",
        have="create table t(a int not null)",
        want="create table x(a int not null); alter table x rename to t",
        version=18,
    ),
    story(
        "the parent's column takes no null, as the heir's does already",
        have="create table p(a int); create table c(a int not null) inherits(p)",
        want="create table p(a int not null); create table c(a int not null) inherits(p)",
        version=18,
    ),
    story(
        "a partition's own NOT NULL has a name",
        have="create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)",
        want="""create table p(a int, b int) partition by list(a); create table p1 partition of p (b constraint nn
        not null) for values in (1)""",
        version=18,
    ),
    story(
        "the NOT NULL of an identity has a name",
        have="create table t(a int)",
        want="create table t(a int constraint nn not null generated always as identity)",
        version=18,
    ),
    story(
        "the NOT NULL of a serial has a name",
        have="create table t(a int)",
        want="create table t(a serial constraint nn not null)",
        version=18,
    ),
    story(
        "a check is not enforced",
        have="create table t(a int, constraint c check(a>0))",
        want="create table t(a int, constraint c check(a>0) not enforced)",
        version=18,
    ),
    story(
        "a foreign key is not enforced",
        have="create table t(a int, constraint c foreign key(a) references p)",
        want="create table t(a int, constraint c foreign key(a) references p not enforced)",
        given="create table p(a int primary key)",
        version=18,
    ),
    story(
        "a foreign key is not enforced and deferrable",
        have="create table t(a int, constraint c foreign key(a) references p)",
        want="create table t(a int, constraint c foreign key(a) references p deferrable not enforced)",
        given="create table p(a int primary key)",
        version=18,
    ),
    story(
        "a foreign key that is not valid is not enforced either",
        have="create table t(a int); alter table t add constraint c foreign key(a) references p not valid",
        want="create table t(a int, constraint c foreign key(a) references p not enforced)",
        given="create table p(a int primary key)",
        version=18,
    ),
    story(
        "new constraints that are not enforced",
        want="""create table p(a int primary key); create table t(a int, constraint c foreign key(a) references p
        not enforced, check(a>0) not enforced)""",
        version=18,
    ),
    story(
        "a foreign key of a partitioned table is not enforced",
        have="""create table t(a int, constraint c foreign key(a) references p) partition by list(a); create table
        t1 partition of t for values in (1)""",
        want="""create table t(a int, constraint c foreign key(a) references p not enforced) partition by list(a);
        create table t1 partition of t for values in (1)""",
        given="create table p(a int primary key)",
        version=18,
    ),
    story(
        "keys without overlaps, and a foreign key by period",
        have="create table t(a int4range, r daterange)",
        want="""create table t(a int4range, r daterange, primary key(a, r without overlaps)); create table c(a
        int4range, r daterange, foreign key(a, period r) references t(a, period r))""",
        version=18,
    ),
    story(
        "a unique key takes no overlaps",
        have="create table t(a int4range, r daterange, constraint k unique(a, r))",
        want="create table t(a int4range, r daterange, constraint k unique(a, r without overlaps))",
        version=18,
    ),
    story(
        "a foreign key of a partitioned table need not hold for old rows",
        have="create table t(a int) partition by list(a); create table t1 partition of t for values in (1)",
        want="""create table t(a int) partition by list(a); create table t1 partition of t for values in (1); alter
        table t add constraint k foreign key(a) references p not valid""",
        given="create table p(a int primary key)",
        version=18,
    ),
    # Domains
    story(
        "a domain with a named NOT NULL",
        have="create domain d as int",
        want="create domain d as int constraint nn not null",
        version=17,
    ),
    story(
        "the NOT NULL of a domain gets a name",
        have="create domain d as int not null; create table t(a d)",
        want="create domain d as int constraint nn not null; create table t(a d)",
        version=17,
    ),
    story(
        "a comment on the NOT NULL of a domain",
        have="create domain d as int",
        want="create domain d as int constraint nn not null; comment on constraint nn on domain d is 'x'",
        version=17,
    ),
    story(
        "comments on constraints of a domain",
        have="create domain d as int constraint c check(value>0); comment on constraint c on domain d is 'y'",
        want="""create domain d as int constraint c check(value>0) constraint d check(value<9); comment on
        constraint c on domain d is 'x'; comment on constraint d on domain d is 'z'""",
    ),
    story(
        "a check of a domain changes, and keeps its comment",
        have="create domain d as int constraint c check(value>0); comment on constraint c on domain d is 'y'",
        want="create domain d as int constraint c check(value>1); comment on constraint c on domain d is 'y'",
    ),
    story(
        "a check of a domain need not hold for old values",
        have="create domain d as int",
        want="create domain d as int; alter domain d add constraint c check(value>0) not valid",
    ),
    story(
        "a check of a domain is validated",
        have="create domain d as int; alter domain d add constraint c check(value>0) not valid",
        want="create domain d as int constraint c check(value>0)",
    ),
    story(
        "a check of a domain has another name",
        have="create domain d as int constraint c check(value>0)",
        want="create domain d as int constraint e check(value>0)",
    ),
    story(
        "a domain in use is over another type",
        have="""create domain d as int check(value>0); create table t(a d default 3, b d[], c int); create view v as
        select a from t; create index i on t(a); comment on domain d is 'x'""",
        want="""create domain d as bigint check(value>0); create table t(a d default 3, b d[], c int); create view v
        as select a from t; create index i on t(a); comment on domain d is 'x'""",
    ),
    story(
        "a domain in use gets a collation",
        have="create domain d as text; create table t(a d)",
        want='create domain d as text collate "C"; create table t(a d)',
    ),
    story(
        "a domain that another one is over changes its type",
        have="create domain d as int; create domain e as d check(value>0); create table t(a e)",
        want="create domain d as bigint; create domain e as d check(value>0); create table t(a e)",
    ),
    story(
        "a domain that functions and defaults use changes its type",
        have="""create domain d as int; create function f(a d) returns d language sql as 'select 1::d'; create table
        t(a int default f(1))""",
        want="""create domain d as bigint; create function f(a d) returns d language sql as 'select 1::d'; create
        table t(a int default f(1))""",
    ),
    story(
        "a domain in a composite type changes its type",
        have="create domain d as int; create type c as (x d); create table t(a c)",
        want="create domain d as text; create type c as (x d); create table t(a c)",
    ),
    story(
        "a domain over an array changes its elements",
        have="create domain d as int[]; create table t(a d)",
        want="create domain d as bigint[] check(array_length(value,1)<3) ; create table t(a d)",
    ),
    story(
        "a column leaves its domain",
        have="create domain d as int; create table t(a d)",
        want="create table t(a int)",
    ),
    story(
        "a domain that a range is of changes its type",
        have="create domain d as int; create type r as range(subtype=d); create table t(a r)",
        want="create domain d as bigint; create type r as range(subtype=d); create table t(a r)",
    ),
    story(
        "a domain whose check calls a function that takes the domain",
        want="""create domain d as int; create function ok(d) returns boolean language sql immutable as 'select
        $1>0'; alter domain d add constraint c check(ok(value))""",
    ),
    story(
        "a column gets another domain",
        have="create domain d as int; create domain e as int; create table t(a d)",
        want="create domain d as int; create domain e as int; create table t(a e)",
    ),
    story(
        "a NOT NULL is called as PostgreSQL would call another table's, which is called so as well",
        want="""create table a (x int constraint b_x_not_null not null);
                create table b (x int constraint b_x_not_null not null);
                comment on constraint b_x_not_null on b is 'x'""",
        version=18,
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)
