"""What a plan tells of locks and rewrites is what PostgreSQL says it did; and more ways to get there gently."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import psycopg
import pytest
from chains import Chain, run_phases
from databases import Databases
from stories import catalog_of, run

from alembic_krakn.api.asking import ask
from alembic_krakn.checks import questions
from alembic_krakn.connect import Side, settle
from alembic_krakn.connect.session import open_prod
from alembic_krakn.diff import Asks, HazardKind, plan, stages
from alembic_krakn.diff.choice import choose
from alembic_krakn.diff.keeping import keep
from alembic_krakn.diff.patterns import Pattern
from alembic_krakn.renames import NO_RENAMES

REWRITE, LOCK, BUILD = HazardKind.REWRITE, HazardKind.LOCK, HazardKind.INDEX_BUILD
# What PostgreSQL logs at debug1 about tables that it reads or writes as a whole.
LOGGED = {"rewriting table ": REWRITE, "verifying table ": LOCK, "building index ": BUILD}
DOMAINS = """create domain short as varchar(3); create domain other as text check (value <> 'x');
    create domain must as text not null default 'x'; create domain free as text;"""


@dataclass(frozen=True)
class Work:
    """What PostgreSQL does under a lock on the way from `have` to `want`, and what is told of it."""

    name: str
    have: str
    want: str
    does: frozenset[HazardKind] = frozenset()
    given: str = ""

    def __str__(self) -> str:
        return self.name


WORK = [
    Work("a longer string", "create table t (a varchar(5))", "create table t (a varchar(9))"),
    Work(
        "a longer string that is in an index",
        "create table t (a varchar(5) unique); create index i on t (a desc)",
        "create table t (a varchar(9) unique); create index i on t (a desc)",
    ),
    Work(
        "a longer string that is in an expression of an index",
        "create table t (a varchar(5)); create index i on t (lower(a))",
        "create table t (a varchar(9)); create index i on t (lower(a))",
        frozenset({BUILD}),
    ),
    Work(
        "a longer string that is in the predicate of an index",
        "create table t (a varchar(5)); create index i on t (a) where a > 'b'",
        "create table t (a varchar(9)); create index i on t (a) where a > 'b'",
        frozenset({BUILD}),
    ),
    Work(
        "a longer string with a check",
        "create table t (a varchar(5) check (a <> 'x'))",
        "create table t (a varchar(9) check (a <> 'x'))",
        frozenset({LOCK}),
    ),
    Work(
        "a longer string with a check that nobody has proved",
        "create table t (a varchar(5)); alter table t add constraint c check (a <> 'x') not valid",
        "create table t (a varchar(9)); alter table t add constraint c check (a <> 'x') not valid",
    ),
    Work("a collation", "create table t (a text)", 'create table t (a text collate "C")'),
    Work(
        "a collation of an index",
        "create table t (a text); create index i on t (a)",
        'create table t (a text collate "C"); create index i on t (a)',
        frozenset({BUILD}),
    ),
    Work(
        "a collation of a key",
        "create table t (a text primary key)",
        'create table t (a text collate "C" primary key)',
        frozenset({BUILD}),
    ),
    Work(
        "digits of a second", "create table t (a timetz(2), b interval(2))", "create table t (a timetz(4), b interval)"
    ),
    Work("bits", "create table t (a bit(3))", "create table t (a bit varying)"),
    Work(
        "fields of an interval",
        "create table t (a interval)",
        "create table t (a interval year to month)",
        frozenset({REWRITE}),
    ),
    Work(
        "a string becomes a domain over a shorter one",
        "create table t (a text)",
        "create table t (a short)",
        frozenset({REWRITE}),
        given=DOMAINS,
    ),
    Work(
        "a string becomes a domain over a longer one",
        "create table t (a varchar(2))",
        "create table t (a short)",
        given=DOMAINS,
    ),
    Work(
        "a column of a domain that takes everything is added",
        "create table t (a int)",
        "create table t (a int, b free, c short, d free default 'x')",
        given=DOMAINS,
    ),
    Work(
        "a column of a domain with a check is added",
        "create table t (a int)",
        "create table t (a int, b other)",
        frozenset({REWRITE}),
        given=DOMAINS,
    ),
    Work(
        "a column of a domain that takes no null is added",
        "create table t (a int)",
        "create table t (a int, b must)",
        frozenset({REWRITE}),
        given=DOMAINS,
    ),
    Work(
        "a table becomes a partition",
        "create table n (a int not null)",
        "create table n partition of p for values in (1)",
        frozenset({LOCK}),
        given="create table p (a int not null) partition by list (a);",
    ),
    Work(
        "a table becomes a partition beside a default one",
        "create table n (a int not null)",
        "create table n partition of p for values in (1)",
        frozenset({LOCK}),
        given="create table p (a int not null) partition by list (a); create table d partition of p default;",
    ),
]


@pytest.mark.parametrize("work", WORK, ids=str)
def test_what_takes_long_under_a_lock_is_told(work: Work, new_database: Databases) -> None:
    url, want = new_database(f"{work.given};{work.have}"), new_database.catalog(work.given, work.want)
    way = plan(catalog_of(url), want)
    told = {hazard.kind for step in way.steps for hazard in step.hazards} & {REWRITE, LOCK, BUILD}
    logged: list[str] = []
    with psycopg.connect(url) as conn:
        conn.add_notice_handler(lambda said: logged.append(said.message_primary or ""))
        conn.execute("set client_min_messages = debug1")
        for statement in (statement for step in way.steps for statement in step.statements):
            conn.execute(statement)
    # a table that gets its first long values gets a place for them, which has an index
    done = {
        kind for text, kind in LOGGED.items() for said in logged if said.startswith(text) and "pg_toast" not in said
    }
    assert (done if REWRITE not in done else done - {BUILD, LOCK}) == work.does
    assert told == work.does


def test_a_default_partition_is_read_while_a_new_one_is_made(new_database: Databases) -> None:
    given = "create table p (a int) partition by list (a); create table d partition of p default;"
    way = plan(
        new_database.catalog(given), new_database.catalog(given, "create table n partition of p for values in (1)")
    )
    assert [hazard.message for step in way.steps for hazard in step.hazards if hazard.kind is LOCK] == [
        "ACCESS EXCLUSIVE on table public.d while every row is held against the bounds"
    ]


def test_rows_are_in_the_way_of_a_domain_that_takes_no_null(new_database: Databases) -> None:
    given = "create domain d as text not null;"
    url = new_database(f"{given} create table t (a int); insert into t values (1)")
    way = plan(catalog_of(url), new_database.catalog(given, "create table t (a int, b d)"))
    assert HazardKind.MAY_FAIL in {hazard.kind for step in way.steps for hazard in step.hazards}
    with pytest.raises(psycopg.errors.NotNullViolation):
        run(url, way)


def test_prod_says_which_rows_are_in_the_way_of_a_computed_column(new_database: Databases) -> None:
    url = new_database(
        "create table t (id int primary key, a jsonb); insert into t values (1, '{\"b\": 1}'), (2, '{}')"
    )
    column = "b int not null generated always as ((a ->> 'b')::int) stored"
    want = new_database.catalog(f"create table t (id int primary key, a jsonb, {column})")
    have = catalog_of(url)
    way = plan(have, want)
    (question,) = questions(way, have, want)
    with closing(open_prod(settle(url, Side.PROD))) as prod:
        assert str(ask(prod, question)) == "prod has 1 such row: id=2"
    with pytest.raises(psycopg.errors.NotNullViolation):
        run(url, way)


@pytest.mark.parametrize(
    ("definition", "written"),
    [
        ("check (a > 0)", "op.create_check_constraint(op.f('c'), 't', '(a > 0)', postgresql_not_valid=True)"),
        (
            "foreign key (a) references t on delete cascade deferrable",
            "op.create_foreign_key(op.f('c'), 't', 't', ['a'], ['id'], ondelete='CASCADE', deferrable=True,"
            " postgresql_not_valid=True)",
        ),
    ],
)
def test_a_constraint_that_is_not_valid_yet_is_an_operation(
    definition: str, written: str, write: Callable[..., Chain]
) -> None:
    have = "create table t (id int primary key, a int);"
    chain = write(have, f"{have} alter table t add constraint c {definition}")
    assert written in chain.files[0].read_text(encoding="utf-8")
    for revision, stage in zip(chain.revisions, chain.stages, strict=True):
        chain.upgrade(revision)
        assert chain.now().facts == stage.want.facts
    chain.downgrade("base")
    assert chain.now().facts == chain.have.facts


# ON ONLY, as pg_dump writes the index of a partitioned table
MIXED = """create table p (a int not null, b int not null) partition by list (a);
           create table p1 partition of p for values in (1); insert into p values (1, 1);"""
KEY_UNDER_INDEX = """create unique index i on only p (a, b); alter table p1 add constraint k primary key (a, b);
                     alter index i attach partition k;"""


@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
def test_a_key_of_a_partition_under_an_index_comes_and_goes(back: bool, new_database: Databases) -> None:
    ddl = [MIXED, MIXED + KEY_UNDER_INDEX]
    url = new_database(ddl[back])
    want = new_database.catalog(ddl[not back])
    found = stages(catalog_of(url), want)
    for stage in found:
        run_phases(url, stage.up)
    assert plan(catalog_of(url), want).steps == ()
    for stage in reversed(found):
        run_phases(url, stage.down)
    assert plan(catalog_of(url), new_database.catalog(ddl[back])).steps == ()


@pytest.mark.parametrize(
    "alone",
    [
        "alter table t add primary key (a)",
        "create unique index i on t (a); alter table t replica identity using index i",
    ],
)
def test_what_a_kept_key_needs_not_null_stays_so(alone: str, new_database: Databases) -> None:
    url = new_database(f"create table t (a int not null, b int); {alone}")
    have = catalog_of(url)
    want = keep(have, new_database.catalog("create table t (a int, b int, c text)")).want
    run(url, plan(have, want))
    there = catalog_of(url)
    assert plan(there, want).steps == ()
    run(url, plan(there, have))
    assert plan(catalog_of(url), have).steps == ()


def test_a_chosen_primary_key_takes_its_not_null_along(new_database: Databases) -> None:
    url = new_database("create table t (a int primary key, b int, c int)")
    have = catalog_of(url)
    wanted = new_database.catalog("create table t (a int, b int not null, c int not null, primary key (a, b))")
    only = [Pattern.parse("constraint:public.t.t_pkey", "--only")]
    want = choose(have, wanted, only, (), NO_RENAMES)
    way = plan(have, want)
    assert any(hazard.doubt and hazard.doubt.asks is Asks.NULLS for step in way.steps for hazard in step.hazards)
    run(url, way)
    assert plan(catalog_of(url), want).steps == ()
    run(url, plan(want, have))
    assert plan(catalog_of(url), have).steps == ()
