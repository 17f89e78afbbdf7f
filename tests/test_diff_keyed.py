"""Tables whose partition key is of a type that must be made anew: the partitions keep their rows; there and back."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check

THREE = "create type mood as enum ('sad', 'ok', 'gay'); "
TWO = "create type mood as enum ('sad', 'ok'); "
TURNED = "create type mood as enum ('gay', 'ok', 'sad'); "
LISTS = (
    "create table p (m mood, a int) partition by list (m); create table p1 partition of p for values in ('sad');"
    " create table p2 partition of p for values in ('ok'); "
)
ROWS = "insert into p (m, a) values ('sad', 1), ('ok', 2)"
KEPT = ("select tableoid::regclass::text, m::text, a from p order by 2",)
LADEN = (
    "create table p (m mood not null default 'sad', a int, primary key (m, a)) partition by list (m);"
    " create table p1 partition of p for values in ('sad'); create table pd partition of p default;"
    " create index i on p (a); create table r (m mood, a int, foreign key (m, a) references p);"
    " create view v as select * from p; create publication all_p for table p; create publication one for table p1;"
    " create function f() returns trigger language plpgsql as 'begin return new; end';"
    " create trigger tr before insert on p for each row execute function f();"
    " comment on table p is 'moods'; comment on column p.m is 'the mood';"
    " alter table p enable row level security; create policy sad on p using (m = 'sad'); "
)
SERIAL = (
    "create table p (m mood, a serial) partition by list (m); create table p1 partition of p for values in ('sad'); "
)
SUBS = (
    "create table p (m mood, a int) partition by list (a); create table p2 partition of p for values in (2);"
    " create table p1 partition of p for values in (1) partition by list (m);"
    " create table p1a partition of p1 for values in ('sad'); "
)
DEEPER = (
    "create table p (m mood, a int) partition by list (m); create table p2 partition of p for values in ('ok');"
    " create table p1 partition of p for values in ('sad') partition by list (a);"
    " create table p1a partition of p1 for values in (1); "
)
RANGE = (
    "create table p (m mood, a int) partition by range (m, a);"
    " create table p1 partition of p for values from ('sad', 1) to ('ok', 1);"
    " create table p2 partition of p for values from ('ok', 1) to ('ok', maxvalue); "
)
EXPRESSION = (
    "create table p (m mood, a int) partition by list ((m is null));"
    " create table p1 partition of p for values in (true); create table p2 partition of p for values in (false); "
)
CHECKED = (
    "create table p (a int generated always as (1 + 1) stored, m mood, check (m <> 'ok')) partition by list (m);"
    " create table p1 partition of p for values in ('sad'); alter table p1 add constraint own check (m = 'sad');"
    " create index i on p1 (m) where m = 'sad'; "
)
DOMAIN = (
    "create domain d as mood; create table p (m d, a int) partition by list (m);"
    " create table p1 partition of p for values in ('sad', 'ok'); "
)


def story(name: str, have: str, want: str, keeps: tuple[str, ...] = KEPT) -> Story:
    return Story(name, have=have, want=want, hazards=None, keeps=keeps)


STORIES = [
    story("an enum that lists partitions loses a value", THREE + LISTS + ROWS, TWO + LISTS),
    story(
        "an enum that lists partitions loses a value together with its partition",
        THREE + LISTS + "create table p3 partition of p for values in ('gay'); " + ROWS,
        TWO + LISTS,
    ),
    story(
        "an enum that lists partitions loses a value, which was one of a partition's",
        THREE + LISTS.replace("('sad')", "('sad', 'gay')") + ROWS,
        TWO + LISTS,
    ),
    story(
        "an enum that lists partitions is turned round, under all that a table can have",
        THREE + LADEN + ROWS + "; insert into r values ('sad', 1)",
        TURNED + LADEN,
        (*KEPT, "select m::text, a from r"),
    ),
    story(
        "an enum that lists partitions loses a value, beside a serial",
        THREE + SERIAL + "insert into p (m) values ('sad')",
        TWO + SERIAL,
    ),
    story("an enum that lists the partitions of a partition loses a value", THREE + SUBS + ROWS, TWO + SUBS),
    story("an enum lists partitions that have other ones", THREE + DEEPER + ROWS, TWO + DEEPER),
    story("an enum with ranges of partitions loses a value", THREE + RANGE + ROWS, TWO + RANGE),
    story("an enum in the expression that lists partitions loses a value", THREE + EXPRESSION + ROWS, TWO + EXPRESSION),
    story("a domain over an enum that loses a value lists partitions", THREE + DOMAIN + ROWS, TWO + DOMAIN),
    story(
        "a domain that lists partitions is over another type",
        "create domain d as int; create table p (m d, a int) partition by list (m);"
        " create table p1 partition of p for values in (1); insert into p values (1, 2)",
        "create domain d as bigint; create table p (m d, a int) partition by list (m);"
        " create table p1 partition of p for values in (1)",
    ),
    story(
        "a composite type that ranges partitions has other attributes",
        "create type c as (x int); create table p (m c, a int) partition by range (m);"
        " create table p1 partition of p for values from ('(1)') to ('(2)'); insert into p values ('(1)', 1)",
        "create type c as (x bigint); create table p (m c, a int) partition by range (m);"
        " create table p1 partition of p for values from ('(1)') to ('(2)')",
    ),
    story(
        "a column that lists partitions changes its type, while another one comes and a check changes",
        "create table p (m int, a int, constraint k check (a > 0)) partition by list (m);"
        " create table p1 partition of p for values in (1) partition by list (a);"
        " create table p1a partition of p1 for values in (2); create table p2 partition of p for values in (2);"
        " insert into p values (1, 2), (2, 2)",
        "create table p (m bigint, a int, c int not null default 3, constraint k check (a > 1)) partition by list (m);"
        " create table p1 partition of p for values in (1) partition by list (a);"
        " create table p1a partition of p1 for values in (2); create table p2 partition of p for values in (2)",
    ),
    story(
        "an enum that lists partitions loses a value, under checks and an index of a partition's own",
        THREE + CHECKED + "insert into p (m) values ('sad')",
        TWO + CHECKED,
    ),
    story(
        "an enum that lists the partitions of a typed table loses a value, and the type gets an attribute",
        THREE + "create type c as (m mood, a int); create table p of c partition by list (m);"
        " create table p1 partition of p for values in ('sad', 'ok'); " + ROWS,
        TWO + "create type c as (m mood, a int, n text); create table p of c partition by list (m);"
        " create table p1 partition of p for values in ('sad', 'ok')",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_there_and_back(story: Story, new_database: Databases) -> None:
    check(story, new_database)
