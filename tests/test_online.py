"""Online plans: each revision is proved up and down, and none locks others out for long."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory, write_hooks
from alembic.util import CommandError
from databases import Databases
from sqlalchemy.exc import DBAPIError
from stories import Story, catalog_of
from teams import TEMPLATES, Project

from alembic_krakn.catalog import Catalog
from alembic_krakn.cli.program import main
from alembic_krakn.connect import Side, engine, settle
from alembic_krakn.diff import HazardKind, Phases, Stage, Step, plan, stages
from alembic_krakn.errors import RevisionError
from alembic_krakn.renames import Renames
from alembic_krakn.revision.environment import Ground, TeamOptions
from alembic_krakn.revision.filters import without_version_table
from alembic_krakn.revision.online import Timeouts, stages_script, write_stages
from alembic_krakn.revision.write import Placement


@dataclass(frozen=True)
class Online(Story):
    """A story, the titles of its revisions, and what its upgrade still locks."""

    titles: tuple[str, ...] = ()
    locks: frozenset[HazardKind] = frozenset()


QUICK, INDEXES, VALIDATION = "quick changes", "indexes concurrently", "validation"
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
        run(url, replace(stage.up, together=()))
        before = built(url)
        run(url, replace(stage.up, alone=()))
        assert catalog_of(url).facts == stage.want.facts, stage.title
        blocking = [text for step in stage.up.together for text in step.statements if blocks(text, step, stage)]
        assert story.locks or not blocking
        tables = {name for file, name in built(url) - before}
        assert story.locks or tables.isdisjoint(ident.path[1] for ident in stage.have.facts if ident.kind == "table")
    assert catalog_of(url).facts == want.facts
    for stage in reversed(found):
        run(url, stage.down)
        assert catalog_of(url).facts == stage.have.facts, stage.title


def test_what_is_renamed_is_renamed_first(new_database: Databases) -> None:
    url = new_database("create table t (a int, b int); create index i on t (a); create index j on t (b)")
    have = catalog_of(url)
    want = new_database.catalog("create table u (a int, c int not null unique); create index i on u (a desc)")
    renames = Renames.of({("public", "t"): ("public", "u")}, {("public", "t", "b"): "c"})
    found = stages(have, want, renames)
    assert [stage.title for stage in found] == [QUICK, INDEXES, VALIDATION]
    for stage in found:
        run(url, stage.up)
        assert catalog_of(url).facts == stage.want.facts, stage.title
    assert catalog_of(url).facts == want.facts
    for stage in reversed(found):
        run(url, stage.down)
        assert catalog_of(url).facts == stage.have.facts, stage.title


def databases(story: Story, new_database: Databases) -> tuple[str, Catalog, Catalog]:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as conn:
        if conn.info.server_version < story.version * 10000:
            pytest.skip(f"needs PostgreSQL {story.version}")
        conn.execute(f"{story.given};{story.have}")
    return url, catalog_of(url), new_database.catalog(story.given, story.want)


def run(url: str, phases: Phases) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in (statement for step in phases.alone for statement in step.statements):
            conn.execute(statement)
        with conn.transaction():
            for statement in (statement for step in phases.together for statement in step.statements):
                conn.execute(statement)


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


# What follows runs through real revision files.

HAVE = """create table p (id int, code text); create table c (p text, n int, m int); create index c_n on c (n);
          insert into p select n, 'c' || n from generate_series(1, 50) n; insert into c select code, id, id from p"""
WANT = """create table p (id int primary key, code text unique, extra int);
          create table c (p text references p (code), n int not null, m int check (m > 0));
          create index c_n on c (n, m)"""
TITLES = [QUICK, INDEXES, "validation and indexes concurrently"]
TEN_SECONDS, ANYWHERE = Timeouts("10s"), Placement()
EACH_BY_ITSELF = (
    "connection=connection, target_metadata=target_metadata",
    "connection=connection, target_metadata=target_metadata, transaction_per_migration=True",
)


@dataclass(frozen=True)
class Chain:
    project: Project
    prod: str
    have: Catalog
    want: Catalog
    stages: list[Stage]
    files: list[Path]

    @property
    def revisions(self) -> list[str]:
        script = ScriptDirectory.from_config(self.project.config)
        return [each.revision for each in script.walk_revisions()][::-1]

    def upgrade(self, revision: str = "head") -> None:
        with self.project.inside():
            command.upgrade(self.project.config, revision)

    def downgrade(self, revision: str) -> None:
        with self.project.inside():
            command.downgrade(self.project.config, revision)

    def now(self) -> Catalog:
        return without_version_table(catalog_of(self.prod), TeamOptions())

    def at(self) -> str | None:
        with psycopg.connect(self.prod) as conn:
            row = conn.execute("select version_num from alembic_version").fetchone()
            return row[0] if row else None


@pytest.fixture
def write(tmp_path: Path, new_database: Databases) -> Callable[..., Chain]:
    """Write the chain of revisions from one schema to another, in a project whose env.py is a stock one."""

    def make(
        have_ddl: str = HAVE,
        want_ddl: str = WANT,
        *,
        template: str = "generic",
        timeouts: Timeouts = TEN_SECONDS,
        message: str | None = "as test",
        at: Placement = ANYWHERE,
        edits: tuple[tuple[str, str], ...] = (),
        prepare: Callable[[Project], None] | None = None,
    ) -> Chain:
        prod = new_database(have_ddl)
        have, want = catalog_of(prod), new_database.catalog(want_ddl)
        driven = prod.replace("postgresql:", "postgresql+psycopg:")
        second = new_database().replace("postgresql:", "postgresql+psycopg:")
        project = Project(tmp_path, template, url=driven, second_url=second)
        project.edit_env(*edits)
        if prepare:
            prepare(project)
        found = stages(have, want)
        address = settle(prod, Side.PROD)
        with engine(address).connect() as connection, project.inside():
            ground = Ground(connection, address)
            files = write_stages(project.config, found, timeouts, ground=ground, message=message, at=at)
        return Chain(project, prod, have, want, found, files)

    return make


# The stock env.py of multidb begins its transactions itself, and Alembic has no autocommit_block() then.
@pytest.mark.parametrize("template", [template for template in TEMPLATES if template != "multidb"])
def test_each_revision_leads_to_a_known_schema_and_back(template: str, write: Callable[..., Chain]) -> None:
    chain = write(template=template)
    assert [stage.title for stage in chain.stages] == TITLES
    for revision, stage in zip(chain.revisions, chain.stages, strict=True):
        chain.upgrade(revision)
        assert chain.now().facts == stage.want.facts
    assert chain.now().facts == chain.want.facts
    for revision, stage in zip(["base", *chain.revisions[:-1]][::-1], chain.stages[::-1], strict=True):
        chain.downgrade(revision)
        assert chain.now().facts == stage.have.facts
    assert chain.now().facts == chain.have.facts


@pytest.mark.parametrize("edits", [(), (EACH_BY_ITSELF,)], ids=["in one transaction", "each by itself"])
def test_all_revisions_run_in_one_upgrade_and_one_downgrade(
    edits: tuple[tuple[str, str], ...], write: Callable[..., Chain]
) -> None:
    chain = write(edits=edits)
    chain.upgrade()
    assert plan(chain.now(), chain.want).changes == ()
    chain.downgrade("base")
    assert plan(chain.now(), chain.have).changes == ()


def test_the_files_say_what_they_are(write: Callable[..., Chain]) -> None:
    chain = write()
    assert [path.stem.partition("_")[2] for path in chain.files] == [
        "as_test_1_of_3_quick_changes",
        "as_test_2_of_3_indexes_concurrently",
        "as_test_3_of_3_validation_and_indexes_",
    ]
    quick, indexes, validation = (path.read_text(encoding="utf-8") for path in chain.files)
    assert "autocommit_block" not in quick.partition("def downgrade")[0]
    assert "op.execute(\"SET LOCAL lock_timeout = '10s'\")" in quick
    upgrade = indexes.partition("def downgrade")[0]
    assert (
        """\
    with op.get_context().autocommit_block():
        op.execute('SET lock_timeout = 0')
        op.execute('SET statement_timeout = 0')
        op.drop_index(op.f('p_code_key'), table_name='p', postgresql_concurrently=True, if_exists=True)
        # may-fail: fails when two rows of table public.p have the same key
        op.create_index(op.f('p_code_key'), 'p', ['code'], unique=True, postgresql_concurrently=True)
"""
        in upgrade
    )
    assert "op.execute('ALTER TABLE public.p ADD CONSTRAINT p_code_key UNIQUE USING INDEX p_code_key')" in upgrade
    assert "op.execute('ALTER TABLE public.c VALIDATE CONSTRAINT c_p_fkey')" in validation


def test_what_needs_one_transaction_is_one_revision(write: Callable[..., Chain]) -> None:
    chain = write("create table t (a int)", "create table t (a int, b int)", at=Placement(rev_id="one"))
    assert [path.name for path in chain.files] == ["one_as_test.py"]
    chain.upgrade()
    assert plan(chain.now(), chain.want).changes == ()


def test_a_value_added_to_an_enum_and_used_at_once_keeps_the_timeouts(write: Callable[..., Chain]) -> None:
    chain = write(
        "create type e as enum ('a'); create table t (s e)",
        "create type e as enum ('a', 'b'); create table t (s e default 'b')",
    )
    (path,) = chain.files
    assert path.read_text(encoding="utf-8").partition("def downgrade")[0].count("SET LOCAL lock_timeout") == 2
    chain.upgrade()
    assert plan(chain.now(), chain.want).changes == ()


def test_one_revision_id_is_not_enough_for_several(write: Callable[..., Chain]) -> None:
    with pytest.raises(RevisionError, match="--rev-id names one revision, and this takes 3"):
        write(at=Placement(rev_id="one"))


@write_hooks.register("refuse_validation")
def refuse_validation(path: str, _options: dict[str, str]) -> None:
    if "validation" in path:
        raise CommandError("not this one")


def test_a_chain_that_cannot_be_finished_leaves_no_file(tmp_path: Path, write: Callable[..., Chain]) -> None:
    def prepare(project: Project) -> None:
        ini = project.folder / "alembic.ini"
        said = "[post_write_hooks]\nhooks = own\nown.type = refuse_validation\n"
        ini.write_text(ini.read_text().replace("[post_write_hooks]\n", said))

    with pytest.raises(RevisionError, match="not this one"):
        write(prepare=prepare)
    assert list((tmp_path / "migrations" / "versions").glob("*.py")) == []


def test_what_failed_can_be_run_again(write: Callable[..., Chain]) -> None:
    chain = write(HAVE + "; insert into p values (7, 'c1')")
    with pytest.raises(DBAPIError, match="could not create unique index"):
        chain.upgrade()
    assert chain.at() == chain.revisions[0], "what ran before is committed"
    with psycopg.connect(chain.prod) as conn:
        assert conn.execute("select count(*) from pg_index where not indisvalid").fetchone() == (1,)
        conn.execute("delete from p where ctid = (select max(ctid) from p where code = 'c1')")
    chain.upgrade()
    assert chain.now().facts == chain.want.facts


def test_rows_that_break_a_constraint_stop_it_where_it_can_go_on(write: Callable[..., Chain]) -> None:
    chain = write(HAVE + "; insert into c values ('nobody', 1, 1)")
    with pytest.raises(DBAPIError, match="violates foreign key"):
        chain.upgrade()
    assert chain.at() == chain.revisions[1]
    with psycopg.connect(chain.prod) as conn:
        conn.execute("delete from c where p = 'nobody'")
    chain.upgrade()
    assert chain.now().facts == chain.want.facts


@pytest.fixture
def writer() -> Iterator[Callable[[str, str], psycopg.Connection]]:
    """Open transactions that write, and roll back what is left of them."""
    opened: list[psycopg.Connection] = []

    def begin(url: str, statement: str) -> psycopg.Connection:
        opened.append(psycopg.connect(url))
        opened[-1].execute(statement)
        return opened[-1]

    yield begin
    for conn in opened:
        conn.close()


def test_writers_go_on_while_indexes_are_built(
    write: Callable[..., Chain], writer: Callable[[str, str], psycopg.Connection]
) -> None:
    chain = write(edits=(EACH_BY_ITSELF,))
    chain.upgrade(chain.revisions[0])
    busy = writer(chain.prod, "insert into p values (1001, 'c1001')")
    upgrading = threading.Thread(target=chain.upgrade, args=(chain.revisions[1],))
    upgrading.start()
    try:
        with psycopg.connect(chain.prod, autocommit=True) as conn:
            wait_until(conn, "select exists (select from pg_stat_progress_create_index where relid = 'p'::regclass)")
            conn.execute("set lock_timeout = '5s'")
            conn.execute("insert into p values (1002, 'c1002')")
            assert conn.execute("select count(*) from p").fetchone() == (51,)
    finally:
        busy.commit()
        upgrading.join(60)
    assert not upgrading.is_alive()
    assert chain.now().facts == chain.stages[1].want.facts


def wait_until(conn: psycopg.Connection, question: str) -> None:
    for _ in range(1000):
        if conn.execute(question).fetchone() == (True,):
            return
        conn.execute("select pg_sleep(0.02)")
    raise AssertionError(f"never true: {question}")


def test_a_quick_revision_does_not_wait_for_long(
    write: Callable[..., Chain], writer: Callable[[str, str], psycopg.Connection]
) -> None:
    chain = write(timeouts=Timeouts("300ms"))
    busy = writer(chain.prod, "insert into p values (1001, 'c1001')")
    with pytest.raises(DBAPIError, match="lock timeout"):
        chain.upgrade()
    assert chain.now().facts == chain.have.facts
    busy.rollback()
    chain.upgrade()
    assert chain.now().facts == chain.want.facts


def test_a_session_keeps_no_timeout_of_a_revision(write: Callable[..., Chain]) -> None:
    shown = "connection.exec_driver_sql('show lock_timeout').scalar()"
    chain = write(
        edits=(
            EACH_BY_ITSELF,
            (
                "            context.run_migrations()\n",
                f"            context.run_migrations()\n        print({shown})\n",
            ),
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=chain.project.folder,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.split() == ["0"]


@pytest.mark.parametrize(
    "name", ["a column becomes not null", "columns of partitions and heirs become not null with their parents'"]
)
def test_set_not_null_reads_no_row(name: str, new_database: Databases) -> None:
    url, have, want = databases(next(story for story in STORIES if str(story) == name), new_database)
    *before, last = stages(have, want)
    for stage in before:
        run(url, stage.up)
    run(url, replace(last.up, together=()))
    notices: list[str] = []
    with psycopg.connect(url, autocommit=True, options="-c client_min_messages=debug1") as conn:
        conn.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        for step in last.up.together:
            for statement in step.statements:
                conn.execute(statement)
    proved = [text for text in notices if "sufficient to prove that it does not contain nulls" in text]
    assert len(proved) >= 2
    assert not [text for text in notices if text.startswith("verifying table")]


def test_the_script_stands_outside_of_transactions_where_it_must(new_database: Databases) -> None:
    url = new_database(HAVE)
    have, want = catalog_of(url), new_database.catalog(WANT)
    script = stages_script(stages(have, want), Timeouts("4s", "1min"))
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in filter(None, (part.strip() for part in script.split(";\n"))):
            conn.execute(statement)
    assert catalog_of(url).facts == want.facts
    outside = re.sub(r"BEGIN;.*?COMMIT;", "", script, flags=re.S)
    assert outside.count("CONCURRENTLY") == script.count("CONCURRENTLY") > 0
    assert outside.count("VALIDATE CONSTRAINT") == script.count("VALIDATE CONSTRAINT") > 0
    assert script.count("SET LOCAL lock_timeout = '4s';\nSET LOCAL statement_timeout = '1min';") == 3


def test_the_command_writes_the_chain_and_says_what_still_locks(
    tmp_path: Path, new_database: Databases, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prod = new_database(f"{HAVE}; create table r (a int)")
    test = new_database(f"{WANT}; create table r (a bigint)")
    project = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    urls = ["--prod", prod, "--test", test]
    assert main(["migrate", "--online", "--sql", *urls]) == 0
    assert "CREATE UNIQUE INDEX CONCURRENTLY p_code_key" in capsys.readouterr().out
    assert main(["migrate", "-m", "as test", "--online", "--lock-timeout", "2s", *urls]) == 0
    out, err = capsys.readouterr()
    assert [re.sub(r"\w+(?=_as_test)", "", line) for line in out.splitlines()] == [
        "wrote migrations/versions/_as_test_1_of_3_changes.py",
        "wrote migrations/versions/_as_test_2_of_3_indexes_concurrently.py",
        "wrote migrations/versions/_as_test_3_of_3_validation_and_indexes_.py",
    ]
    assert "others wait while this runs, as PostgreSQL has no other way: table public.r is written anew" in err
    assert all("'2s'" in path.read_text() for path in (project.folder / "migrations" / "versions").glob("*.py"))
    assert main(["migrate", "--online", *urls]) == 0
    assert capsys.readouterr().out.startswith("No differences: after 3 pending revisions")
