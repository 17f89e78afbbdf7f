"""What people rarely change, or change in one place only: stories, there and back."""

from __future__ import annotations

import psycopg
import pytest
from databases import Databases
from stories import Story, catalog_of, check, rows, run

from alembic_krakn.diff import HazardKind, plan

FIRES = (
    "create table p (a int) partition by list (a); create table p1 partition of p for values in (1);"
    " create table p2 partition of p for values in (2, 3) partition by list (a);"
    " create table p2a partition of p2 for values in (2);"
    " create function f() returns trigger language plpgsql as 'begin return new; end';"
    " create trigger tr before insert on p for each row execute function f();"
)
STORIES = [
    Story(
        "a trigger is disabled on one partition",
        given=FIRES,
        want="alter table p1 disable trigger tr",
        steps=("create trigger state public.p1.tr",),
    ),
    Story(
        "a trigger that one partition has disabled fires always elsewhere",
        given=FIRES,
        have="alter table p1 disable trigger tr",
        want="alter table p enable always trigger tr; alter table p1 disable trigger tr",
        hazards=frozenset({HazardKind.REBUILT}),
    ),
    Story(
        "a trigger that one partition has disabled is another one",
        given=FIRES + "alter table p1 disable trigger tr",
        want="drop trigger tr on p; create trigger tr after insert on p for each row execute function f();"
        " alter table p1 disable trigger tr",
        hazards=frozenset({HazardKind.REBUILT}),
    ),
    Story(
        "a trigger fires on a partition of a partition alone",
        given=FIRES,
        have="alter table p2 disable trigger tr",
        want="alter table p disable trigger tr; alter table p2a enable trigger tr",
    ),
    Story(
        "a partition with a disabled trigger is there on one side only",
        given=FIRES,
        want="create table p9 partition of p for values in (9); alter table p9 disable trigger tr",
        hazards=None,
    ),
    Story(
        "a partition whose trigger is disabled is detached",
        given=FIRES,
        have="alter table p1 disable trigger tr",
        want="alter table p detach partition p1",
        hazards=None,
    ),
    Story(
        "a partition is detached and keeps the foreign key",
        given="create table r (id int primary key); create table p (a int references r) partition by list (a);",
        have="create table p1 partition of p for values in (1)",
        want="create table p1 (a int constraint p_a_fkey references r)",
        steps=("drop inheritance public.p1",),
    ),
    Story(
        "a partition is detached and loses the foreign key",
        given="create table r (id int primary key); create table p (a int references r) partition by list (a);",
        have="create table p1 partition of p for values in (1)",
        want="create table p1 (a int)",
        steps=("drop inheritance public.p1", "drop constraint public.p1.p_a_fkey"),
    ),
    Story(
        "a partition of a partition is detached, and has another foreign key than those above",
        given="create table r (id int primary key); create table p (a int references r) partition by list (a);"
        " create table p1 partition of p for values in (1, 2) partition by list (a);",
        have="create table p1a partition of p1 for values in (1)",
        want="create table p1a (a int constraint other references r on delete cascade)",
        hazards=None,
    ),
    Story(
        "the table of a partition goes, which stays with its foreign key",
        given="create table r (id int primary key);",
        have="create table p (a int references r) partition by list (a);"
        " create table p1 partition of p for values in (1)",
        want="create table p1 (a int constraint p_a_fkey references r)",
        hazards=None,
    ),
    Story(
        "a virtual column becomes a plain one, and keeps its values",
        have="create table t (a int, b int generated always as (a * 2) virtual); insert into t values (4), (null)",
        want="create table t (a int, b int default 3)",
        hazards=frozenset({HazardKind.REWRITE}),
        version=18,
        keeps=("select a, b from t order by a",),
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_rarer_changes(story: Story, new_database: Databases) -> None:
    check(story, new_database)


def test_a_plain_column_has_what_a_virtual_one_computed(new_database: Databases) -> None:
    virtual = "create table t (a int, b int generated always as (a * 2) virtual not null); insert into t values (4)"
    have, want = new_database(), new_database("create table t (a int, b int not null)")
    with psycopg.connect(have, autocommit=True) as conn:
        if conn.info.server_version < 180000:
            pytest.skip("needs PostgreSQL 18")
        conn.execute(virtual)
    run(have, plan(catalog_of(have), catalog_of(want)))
    assert rows(have, "select a, b from t") == [(4, 8)]
