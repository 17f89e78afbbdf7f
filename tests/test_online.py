"""Online plans: each revision is proved up and down, and none locks others out for long."""

from __future__ import annotations

from dataclasses import dataclass, replace

import psycopg
import pytest
from chains import INDEXES, QUICK, run_phases
from databases import Databases
from stories import Story, catalog_of

from alembic_krakn.catalog import Catalog
from alembic_krakn.diff import HazardKind, Stage, Step, stages
from alembic_krakn.renames import Renames


@dataclass(frozen=True)
class Online(Story):
    """A story, the titles of its revisions, and what its upgrade still locks."""

    titles: tuple[str, ...] = ()
    locks: frozenset[HazardKind] = frozenset()


VALIDATION = "validation"
PARTITIONED = """
    create table p (a int not null, b int, c int not null) partition by list (a);
    create table p1 partition of p for values in (1);
    create table p2 partition of p for values in (2, 3) partition by list (a);
    create table p2a partition of p2 for values in (2); create table p2b partition of p2 default;
    insert into p values (1, 1, 1), (2, 2, 2), (3, 3, 3);
"""

STORIES = [
    Online("nothing differs", given="create table t (id int primary key)"),
    Online(
        "what is quick is one revision",
        have="create table t (id int); create table gone (a int)",
        want="create table t (id int, a int default 1); create table n (id int primary key references n, a int unique)",
        titles=(QUICK,),
    ),
    Online(
        "indexes are built and dropped concurrently",
        given="create table t (a int, b text)",
        have="create index old on t (a)",
        want="create index new on t (lower(b)) where a > 0; create unique index u on t (a) include (b);"
        "comment on index new is 'n'; alter index new alter column 1 set statistics 500",
        titles=(INDEXES,),
    ),
    Online(
        "an index that changes is there all the time",
        given="create table t (a int, b int)",
        have="create index i on t (a); comment on index i is 'x'; alter table t cluster on i",
        want="create index i on t (a, b); comment on index i is 'x'; alter table t cluster on i",
        titles=(INDEXES,),
    ),
    Online(
        "an index on a new column waits for the column",
        have="create table t (a int)",
        want="create table t (a int, b int); create index i on t (b)",
        titles=(QUICK, INDEXES),
    ),
    Online(
        "a column goes with its index",
        have="create table t (a int, b int); create index i on t (b)",
        want="create table t (a int)",
        titles=(QUICK,),
    ),
    Online(
        "a materialized view gets an index",
        given="create materialized view v as select 1 as a",
        want="create unique index i on v (a)",
        titles=(INDEXES,),
    ),
    Online(
        "unique constraints come from indexes",
        have="create table t (a int, b int, c int, constraint changed unique (a))",
        want="""create table t (a int, b int, c int, constraint changed unique (a, b),
                constraint later unique (c) with (fillfactor=70) deferrable initially deferred,
                unique (b) include (c)); comment on constraint later on t is 'x'""",
        titles=(INDEXES,),
    ),
    Online(
        "a unique constraint that treats nulls as equal",
        have="create table t (a int)",
        want="create table t (a int, unique nulls not distinct (a))",
        version=15,
        titles=(INDEXES,),
    ),
    Online(
        "a unique index becomes a constraint, and a constraint an index",
        have="create table t (a int, b int, constraint y unique (b)); create unique index x on t (a)",
        want="create table t (a int, b int, constraint x unique (a)); create unique index y on t (b)",
        titles=(INDEXES,),
    ),
    Online(
        "checks and foreign keys are validated later",
        given="create table p (id int primary key)",
        have="create table t (a int, b int, c int check (c > 0), constraint d check (a > 9))",
        want="""create table t (a int references p on delete cascade deferrable, b int check (b > 0) no inherit,
                c int check (c > 1)); comment on constraint t_b_check on t is 'x'""",
        titles=(QUICK, VALIDATION),
    ),
    Online(
        "a constraint that was not valid is validated",
        have="create table t (a int); alter table t add constraint c check (a > 0) not valid",
        want="create table t (a int constraint c check (a > 0))",
        titles=(VALIDATION,),
    ),
    Online(
        "a constraint that stays not valid is not validated",
        have="create table t (a int)",
        want="create table t (a int); alter table t add constraint c check (a > 0) not valid",
        titles=(QUICK,),
    ),
    Online(
        "a column becomes not null",
        have="create table t (a int, \"B c\" text default 'x', t_a_krakn_not_null int)",
        want='create table t (a int not null, "B c" text not null, t_a_krakn_not_null int)',
        titles=(QUICK, VALIDATION),
    ),
    Online(
        "a column becomes not null and an identity",
        have="create table t (a int)",
        want="create table t (a int not null generated by default as identity)",
        titles=(QUICK, VALIDATION),
    ),
    Online(
        "names of 63 bytes leave room for the checks and the indexes beside them",
        have=f"create table {'t' * 63} ({'ä' * 31} int, b int); create index {'i' * 63} on {'t' * 63} (b)",
        want=f"""create table {"t" * 63} ({"ä" * 31} int not null, b int not null);
                 create index {"i" * 63} on {"t" * 63} (b desc)""",
        titles=(QUICK, INDEXES, VALIDATION),
    ),
    Online(
        "a table gets a primary key",
        have="create table t (id int, a int)",
        want="create table t (id int primary key, a int)",
        titles=(QUICK, "validation and indexes concurrently"),
    ),
    Online(
        "a primary key over columns that take no null is only an index",
        have="create table t (id int not null, a int)",
        want="create table t (id int primary key, a int)",
        titles=(INDEXES,),
    ),
    Online(
        "a primary key moves to another column, with what refers to it",
        have="""create table p (id int primary key, code int not null);
                create table c (p int constraint f references p);
                create view v as select id, code from p group by id""",
        want="""create table p (id int, code int primary key);
                create table c (p int constraint f references p (code));
                create view v as select id, code from p group by code, id""",
        titles=(QUICK, INDEXES, VALIDATION),
    ),
    Online(
        "a foreign key to a new unique constraint comes behind it",
        have="create table p (id int, code text); create table c (p text)",
        want="create table p (id int, code text unique); create table c (p text references p (code))",
        titles=(INDEXES, VALIDATION),
    ),
    Online(
        "a foreign key to a primary key over a column that took nulls",
        have="create table p (id int); create table c (p int)",
        want="create table p (id int primary key); create table c (p int references p)",
        titles=(QUICK, "validation and indexes concurrently", VALIDATION),
    ),
    Online(
        "a new table refers to a new key",
        have="create table p (id int not null)",
        want="create table p (id int primary key); create table c (p int references p)",
        titles=(QUICK, INDEXES, VALIDATION),
    ),
    Online(
        "a foreign key is made anew around its key",
        have="create table p (id int, a int, constraint k unique (id)); create table c (p int references p (id))",
        want="""create table p (id int, a int, constraint k unique (id) include (a));
                create table c (p int references p (id))""",
        titles=(INDEXES, VALIDATION),
    ),
    Online(
        "a foreign key leaves a key that goes",
        have="""create table p (id int, x int, constraint old unique (id));
                create table c (p int references p (id), q int)""",
        want="""create table p (id int, x int, constraint new unique (id) include (x));
                create table c (p int references p (id),
                q int references p (id))""",
        titles=(INDEXES, VALIDATION),
    ),
    Online(
        "a name goes from a constraint to an index before a primary key comes",
        have="create table t (a int constraint x unique, b int)",
        want="create table t (a int, b int primary key); create index x on t (b, a)",
        titles=(QUICK, INDEXES, "validation and indexes concurrently"),
    ),
    Online(
        "a foreign key of a partitioned table",
        have="create table p (id int primary key); create table t (a int) partition by list (a);"
        "create table t1 partition of t for values in (1)",
        want="create table p (id int primary key); create table t (a int references p) partition by list (a);"
        "create table t1 partition of t for values in (1)",
        titles=(QUICK, VALIDATION),
        version=18,
    ),
    Online(
        "a replica identity follows its index",
        have="""create table t (a int not null, b int); create unique index i on t (a);
                alter table t replica identity using index i""",
        want="""create table t (a int, b int not null); create unique index j on t (b);
                alter table t replica identity using index j""",
        titles=(QUICK, INDEXES, VALIDATION, QUICK, INDEXES),
    ),
    Online(
        "a table is renamed to what an index was called",
        have="create table t (a int); create index n on t (a)",
        want="create table t (a int); create table n (b int)",
        titles=("indexes concurrently",),
    ),
    Online(
        "a type changes under an index, which is rebuilt in the same transaction",
        have="create table t (a text, b int); create index i on t (a)",
        want="create table t (a int, b int); create index i on t (a); create index j on t (b)",
        titles=("changes", INDEXES),
        locks=frozenset({HazardKind.REWRITE, HazardKind.INDEX_BUILD}),
    ),
    Online(
        "an index of a partitioned table is built in its partitions first",
        given=PARTITIONED,
        want="create index i on p (b); create unique index u on p (a, c) where b > 0; comment on index i is 'all'",
        titles=(INDEXES,),
    ),
    Online(
        "an index of a partitioned table changes, and its partitions' keep their names",
        given=PARTITIONED,
        have="create index i on p (b)",
        want="create index i on p (b) where c > 0",
        titles=(INDEXES,),
    ),
    Online(
        "partitions have names of their own for it",
        given=PARTITIONED,
        want="create index p1_own on p1 (b); create index p2_own on p2 (b); create index i on p (b)",
        titles=(INDEXES,),
    ),
    Online(
        "a key of a partitioned table takes over those that its partitions get first",
        given=PARTITIONED,
        want="alter table p add constraint k primary key (a, c); alter table p add unique (c, a) include (b)",
        titles=(INDEXES,),
    ),
    Online(
        "a partition comes, and a key refers to the new one of the partitioned table",
        given="create table r (a int, c int);" + PARTITIONED,
        want="""create table p3 partition of p for values in (4); alter table p add unique (a, c);
        alter table r add foreign key (a, c) references p (a, c)""",
        titles=(QUICK, INDEXES, VALIDATION),
    ),
    Online(
        "an index of a partitioned table alone is not built anywhere",
        given=PARTITIONED,
        want="create index i on only p (b)",
        titles=(QUICK,),
    ),
    Online(
        "an exclusion constraint cannot be had online",
        have="create table t (r int4range)",
        want="create table t (r int4range, exclude using gist (r with &&))",
        titles=("changes",),
        locks=frozenset({HazardKind.INDEX_BUILD}),
    ),
    Online(
        "a partitioned table gets a check, and a partition an index",
        have="""create table p (a int, b int) partition by list (a); create table p1 partition of p for values in (1);
                create table h (a int); create table h1 () inherits (h)""",
        want="""create table p (a int, b int check (b > 0)) partition by list (a);
                create table p1 partition of p for values in (1); create index i on p1 (b);
                create table p2 partition of p for values in (2);
                create table h (a int check (a > 0)); create table h1 () inherits (h)""",
        titles=(QUICK, INDEXES, VALIDATION),
    ),
    Online(
        "columns of partitions and heirs become not null with their parents'",
        have="""create table p (a int, b int) partition by list (a);
                create table p1 partition of p for values in (1);
                create table p2 partition of p (b not null) for values in (2) partition by list (a);
                create table p2a partition of p2 default; insert into p values (1, 1), (2, 2);
                create table h (a int); create table h1 () inherits (h); insert into h1 values (1)""",
        want="""create table p (a int, b int not null) partition by list (a);
                create table p1 partition of p for values in (1);
                create table p2 partition of p (b not null) for values in (2) partition by list (a);
                create table p2a partition of p2 default;
                create table h (a int not null); create table h1 () inherits (h)""",
        titles=(QUICK, VALIDATION),
    ),
    Online(
        "columns of partitions that are new or come and go become not null at once",
        have="create table p (a int, b int) partition by list (a); create table p1 (a int, b int)",
        want="""create table p (a int, b int not null) partition by list (a); create table p1 (a int, b int not null);
                alter table p attach partition p1 for values in (1)""",
        titles=("changes",),
        locks=frozenset({HazardKind.LOCK}),
    ),
    Online(
        "a column of a partitioned table's new primary key becomes not null with its parts",
        have="""create table p (a int, b int) partition by list (a); create table p1 partition of p for values in (1);
                create table p2 partition of p default partition by list (a);
                create table p2a partition of p2 for values in (2); insert into p values (1), (2)""",
        want="""create table p (a int primary key, b int) partition by list (a);
                create table p1 partition of p for values in (1);
                create table p2 partition of p default partition by list (a);
                create table p2a partition of p2 for values in (2)""",
        titles=(QUICK, "validation and indexes concurrently"),
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Online, new_database: Databases) -> None:
    url, have, want = databases(story, new_database)
    found = stages(have, want)
    assert tuple(stage.title for stage in found) == story.titles
    assert {hazard.kind for stage in found for hazard in stage.locks} == story.locks
    for stage in found:
        run_phases(url, replace(stage.up, together=()))
        before = built(url)
        run_phases(url, replace(stage.up, alone=()))
        assert catalog_of(url).facts == stage.want.facts, stage.title
        blocking = [text for step in stage.up.together for text in step.statements if blocks(text, step, stage)]
        assert story.locks or not blocking
        tables = {name for file, name in built(url) - before}
        assert story.locks or tables.isdisjoint(ident.path[1] for ident in stage.have.facts if ident.kind == "table")
    assert catalog_of(url).facts == want.facts
    for stage in reversed(found):
        run_phases(url, stage.down)
        assert catalog_of(url).facts == stage.have.facts, stage.title


@pytest.mark.parametrize(
    "name", ["a column becomes not null", "columns of partitions and heirs become not null with their parents'"]
)
def test_set_not_null_reads_no_row(name: str, new_database: Databases) -> None:
    url, have, want = databases(next(story for story in STORIES if str(story) == name), new_database)
    *before, last = stages(have, want)
    for stage in before:
        run_phases(url, stage.up)
    run_phases(url, replace(last.up, together=()))
    notices: list[str] = []
    with psycopg.connect(url, autocommit=True, options="-c client_min_messages=debug1") as conn:
        conn.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        for step in last.up.together:
            for statement in step.statements:
                conn.execute(statement)
    proved = [text for text in notices if "sufficient to prove that it does not contain nulls" in text]
    assert len(proved) >= 2
    assert not [text for text in notices if text.startswith("verifying table")]


def test_what_is_renamed_is_renamed_first(new_database: Databases) -> None:
    url = new_database("create table t (a int, b int); create index i on t (a); create index j on t (b)")
    have = catalog_of(url)
    want = new_database.catalog("create table u (a int, c int not null unique); create index i on u (a desc)")
    renames = Renames.of({("public", "t"): ("public", "u")}, {("public", "t", "b"): "c"})
    found = stages(have, want, renames)
    assert [stage.title for stage in found] == [QUICK, INDEXES, VALIDATION]
    for stage in found:
        run_phases(url, stage.up)
        assert catalog_of(url).facts == stage.want.facts, stage.title
    assert catalog_of(url).facts == want.facts
    for stage in reversed(found):
        run_phases(url, stage.down)
        assert catalog_of(url).facts == stage.have.facts, stage.title


def databases(story: Story, new_database: Databases) -> tuple[str, Catalog, Catalog]:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as conn:
        if conn.info.server_version < story.version * 10000:
            pytest.skip(f"needs PostgreSQL {story.version}")
        conn.execute(f"{story.given};{story.have}")
    return url, catalog_of(url), new_database.catalog(story.given, story.want)


def built(url: str) -> set[tuple[int, str]]:
    """Give the files of all indexes, with their tables."""
    with psycopg.connect(url) as conn:
        return set(
            conn.execute(
                """SELECT pg_relation_filenode(i.oid), t.relname FROM pg_class i JOIN pg_index ON indexrelid = i.oid
                   JOIN pg_class t ON t.oid = indrelid WHERE i.relkind = 'i'"""
            )
        )


def blocks(text: str, step: Step, stage: Stage) -> bool:
    """Say whether a statement reads or builds for long under a lock on a table that was there before."""
    fact = step.want or step.have
    if fact is None or fact.ident.kind == "table" or (fact.parent and fact.parent not in stage.have.facts):
        return False
    if fact.parent and getattr(stage.have.facts[fact.parent], "partition_key", None):
        return False  # its partitions' indexes are what is built
    if "SET NOT NULL" in text:
        return not stage.up.alone
    return (
        text.startswith(("CREATE INDEX", "CREATE UNIQUE INDEX"))
        or "VALIDATE CONSTRAINT" in text
        or ("ADD CONSTRAINT" in text and not text.endswith(" NOT VALID") and " USING INDEX " not in text)
    )
