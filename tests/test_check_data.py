# ruff: noqa: E501  # rows read best on one line
"""Prod is asked which of its rows are in the way, and what it says is what happens when the plan runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from stories import catalog_of, run
from teams import Project

from alembic_krakn import api
from alembic_krakn.config import Settings
from alembic_krakn.diff import Answer, HazardKind, plan
from alembic_krakn.errors import SettingsError
from alembic_krakn.report import diff_json, diff_text

NewDatabase = Callable[..., str]


@dataclass(frozen=True)
class Case:
    """`have` with `rows` gives the answers, in the plan's order; after `mend`, nothing is in the way."""

    name: str
    have: str
    want: str
    rows: str
    answers: tuple[str, ...]
    mend: str
    given: str = ""
    version: int = 14

    def __str__(self) -> str:
        return self.name


ENUM = "create type mood as enum ('glad', 'sad', 'wild');"
CASES = [
    Case(
        "a column that takes no null is added",
        have="create table t (id int primary key)",
        want="create table t (id int primary key, a int not null)",
        rows="insert into t select generate_series(1, 1200)",
        answers=("prod has 1,200 rows",),
        mend="delete from t",
    ),
    Case(
        "null is no longer taken",
        have="create table t (id int primary key, a int)",
        want="create table t (id int primary key, a int not null)",
        rows="insert into t select n, nullif(n % 2, 0) from generate_series(1, 14) n",
        answers=("prod has 7 such rows: id=2, id=4, id=6, id=8, id=10, ...",),
        mend="update t set a = 0 where a is null",
    ),
    Case(
        "a check is added to awkward names, and a key of two columns says which rows",
        have='create schema "Ö b"; create table "Ö b"."order" ("a""b" int, "Größe" int, c text, primary key ("a""b", "Größe"))',
        want='create schema "Ö b"; create table "Ö b"."order" ("a""b" int, "Größe" int, c text check (c <> \'%s :x\'),'
        ' primary key ("a""b", "Größe"))',
        rows="""insert into "Ö b"."order" values (1, 2, '%s :x'), (2, 1, null), (3, 3, 'y')""",
        answers=('prod has 1 such row: ("a""b", "Größe")=(1, 2)',),
        mend="""update "Ö b"."order" set c = 'z'""",
    ),
    Case(
        "a check on a table without a key is validated",
        have="create table t (a int); insert into t values (-1), (null), (1); alter table t add constraint c check (a > 0) not valid",
        want="create table t (a int, constraint c check (a > 0))",
        rows="",
        answers=("prod has 1 such row",),
        mend="delete from t where a < 0",
    ),
    Case(
        "a check on columns that are new or have another type",
        have="create table t (id text primary key, a text)",
        want="create table t (id text primary key, a int, b int default 5, c int generated always as (a * 2) stored,"
        " constraint c check (a < b), constraint d check (c < 8))",
        rows="insert into t values ('x', '7'), ('y', '4'), ('z', '3'), ('n', null)",
        answers=("prod has none", "prod has 1 such row: id=x", "prod has 2 such rows: id=x, id=y"),
        mend="delete from t where a in ('7', '4')",
    ),
    Case(
        "a check that heirs need not pass, and one that they must",
        have="create table p (id int primary key, a int); create table h () inherits (p)",
        want="create table p (id int primary key, a int, constraint c check (a > 0) no inherit,"
        " constraint d check (a <> 5)); create table h () inherits (p)",
        rows="insert into p values (1, 0); insert into h values (2, 0), (3, 5)",
        answers=("prod has 1 such row: id=1", "prod has 1 such row: id=3"),
        mend="delete from only p; delete from p where a = 5",
    ),
    Case(
        "a unique key in which nulls are not the same",
        have="create table t (id uuid primary key, a text, b int)",
        want="create table t (id uuid primary key, a text, b int, unique (a, b))",
        rows="""insert into t select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, a, b
                from (values (1, 'x', 1), (2, 'x', 1), (3, 'x', null), (4, 'x', null), (5, null, 1)) v (n, a, b)""",
        answers=(
            "prod has 2 such rows: id=00000000-0000-0000-0000-000000000001, id=00000000-0000-0000-0000-000000000002",
        ),
        mend="delete from t where b = 1",
    ),
    Case(
        "a unique key in which nulls are the same",
        have="create table t (id int primary key, a text)",
        want="create table t (id int primary key, a text, unique nulls not distinct (a))",
        rows="insert into t values (1, null), (2, 'x'), (3, null)",
        answers=("prod has 2 such rows: id=1, id=3",),
        mend="delete from t where id = 3",
        version=15,
    ),
    Case(
        "a primary key takes the place of a unique one",
        have="create table t (code text unique, a int, b int)",
        want="create table t (code text unique, a int, b int, primary key (a, b))",
        rows="insert into t values ('p', 1, 1), ('q', 1, 1), ('r', null, 1), ('s', 2, 2)",
        answers=("prod has 1 such row: code=r", "prod has none", "prod has 3 such rows: code=p, code=q, code=r"),
        mend="delete from t where code in ('p', 'r')",
    ),
    Case(
        "a unique index on an expression, of some rows, with a collation",
        have="create table t (id int primary key, a text, b int)",
        want="create table t (id int primary key, a text, b int);"
        "create unique index i on t (lower(a) collate \"C\" desc, (b + 1)) include (id) where b > 0 and a <> 'x'",
        rows="insert into t values (1, 'A', 1), (2, 'a', 1), (3, 'A', 0), (4, 'a', 0), (5, 'b', 1), (6, null, 1), (7, null, 1)",
        answers=("prod has 2 such rows: id=1, id=2",),
        mend="delete from t where id = 1",
    ),
    Case(
        "a unique key on a new column, where all rows get the same",
        have="create table t (id int primary key)",
        want="create table t (id int primary key, a int default 1, b int, unique (a), unique (b))",
        rows="insert into t values (1), (2)",
        answers=("prod has 2 such rows: id=1, id=2", "prod has none"),
        mend="delete from t where id = 1",
    ),
    Case(
        "a unique key of a partitioned table",
        have="create table t (id int, at int) partition by list (at); create table t1 partition of t for values in (1);"
        "create table t2 partition of t for values in (2)",
        want="create table t (id int, at int, constraint u unique (id, at)) partition by list (at);"
        "create table t1 partition of t for values in (1); create table t2 partition of t for values in (2)",
        rows="insert into t values (1, 1), (1, 2), (2, 2), (2, 2)",
        answers=("prod has 2 such rows",),
        mend="delete from t where id = 2",
    ),
    Case(
        "references of several columns",
        have="create table p (a int, b int, primary key (a, b)); create table t (id int primary key, a int, b int, c int, d int)",
        want="create table p (a int, b int, primary key (a, b)); create table t (id int primary key, a int, b int, c int, d int,"
        " constraint f1 foreign key (a, b) references p, constraint f2 foreign key (c, d) references p match full)",
        rows="insert into p values (1, 1); insert into t values"
        " (1, 1, 1, 1, 1), (2, 1, 2, 1, 2), (3, 1, null, 1, null), (4, null, null, null, null)",
        answers=("prod has 1 such row: id=2", "prod has 2 such rows: id=2, id=3"),
        mend="delete from t where id in (2, 3)",
    ),
    Case(
        "a table refers to itself, and by another type",
        have="create table t (id bigint primary key, up int)",
        want="create table t (id bigint primary key, up int references t)",
        rows="insert into t values (1, null), (2, 1), (3, 9)",
        answers=("prod has 1 such row: id=3",),
        mend="update t set up = 3 where id = 3",
    ),
    Case(
        "a table refers to one that is new",
        have="create table t (id int primary key, p int)",
        want="create table p (id int primary key); create table t (id int primary key, p int references p)",
        rows="insert into t values (1, 1), (2, null), (3, 3)",
        answers=("prod has 2 such rows (table public.p is new, and empty): id=1, id=3",),
        mend="update t set p = null",
    ),
    Case(
        "a foreign key is validated",
        have="create table p (id int primary key); create table t (id int primary key, p int); insert into t values (1, 1);"
        "alter table t add constraint f foreign key (p) references p not valid",
        want="create table p (id int primary key); create table t (id int primary key, p int, constraint f foreign key (p) references p)",
        rows="",
        answers=("prod has 1 such row: id=1",),
        mend="insert into p values (1)",
    ),
    Case(
        "rows exclude each other",
        have="create table t (id int primary key, b int4range, c box, live bool)",
        want="""create table t (id int primary key, b int4range, c box, live bool,
                constraint x exclude using gist (b with &&, c with &&) where (live))""",
        rows="""insert into t values (1, '[1,5)', '(1,1),(0,0)', true), (2, '[4,6)', '(2,2),(0,0)', true),
                (3, '[4,6)', '(2,2),(0,0)', false), (4, '[5,6)', '(9,9),(8,8)', true), (5, null, null, true)""",
        answers=("prod has 2 such rows: id=1, id=2",),
        mend="delete from t where id = 1",
    ),
    Case(
        "an enum loses a label that rows, and arrays, hold",
        have=f"{ENUM} create table t (id int primary key, a mood, b mood[])",
        want="create type mood as enum ('sad', 'glad'); create table t (id int primary key, a mood, b mood[])",
        rows="insert into t values (1, 'wild', null), (2, 'glad', '{sad,wild}'), (3, 'sad', '{{glad},{sad}}'), (4, null, '{null}')",
        answers=("prod has 1 such row: id=1", "prod has 1 such row: id=2"),
        mend="update t set a = 'sad', b = null where id < 3",
    ),
    Case(
        "text becomes an enum",
        have="create table t (id int primary key, a text, b text[], c varchar(20))",
        want=f"{ENUM} create table t (id int primary key, a mood, b mood[], c mood[])",
        rows="insert into t values (1, 'glad', '{sad}', 'glad'), (2, 'Glad', '{sad,x}', null), (3, null, null, 'y')",
        answers=("prod has 1 such row: id=2", "prod has 1 such row: id=2", "prod has 1 such row: id=3"),
        mend="delete from t where id > 1",
    ),
    Case(
        "strings become shorter",
        have="create table t (id int primary key, a text, b varchar(9), c varchar(9)[], d int)",
        want="create table t (id int primary key, a varchar(3), b char(2), c varchar(2)[], d varchar(2))",
        rows="insert into t values (1, 'äöü', 'xy', '{ab}', 12), (2, 'abcd', 'xyz', '{ab,abc}', 123), (3, 'abc   ', 'xy   ', null, null)",
        answers=("prod has 1 such row: id=2",) * 4,
        mend="delete from t where id = 2",
    ),
    Case(
        "numbers become smaller",
        have="create table t (id int primary key, a bigint, b numeric, c float8, d numeric(10,4), e numeric, f real)",
        want="create table t (id int primary key, a int, b bigint, c smallint, d numeric(5,2), e numeric(4,-2), f numeric(3,1))",
        rows="""insert into t values (1, 2147483647, 9223372036854775807.4, 32767.4, 999.994, 949999, 99.94),
                (2, 2147483648, 9223372036854775807.5, -32769, 999.995, 999950, 99.96), (3, null, null, null, null, null, null),
                (4, -2147483648, 'NaN', 'NaN', 'NaN', 'NaN', 'NaN'), (5, 0, 'Infinity', 'Infinity', 0, 'Infinity', '-Infinity')""",
        answers=(
            "prod has 1 such row: id=2",
            "prod has 3 such rows: id=2, id=4, id=5",
            "prod has 3 such rows: id=2, id=4, id=5",
            "prod has 1 such row: id=2",
            "prod has 2 such rows: id=2, id=5",
            "prod has 2 such rows: id=2, id=5",
        ),
        mend="delete from t where id not in (1, 3)",
        version=15,
    ),
    Case(
        "a partition is made beside a default one",
        given="create table p (id int primary key, a text) partition by range (id); create table d partition of p default;",
        have="create table n (id int not null, a text)",
        want="create table p1 partition of p for values from (1) to (10); create table n (id int not null, a text);"
        " alter table p attach partition n for values from (10) to (20)",
        rows="insert into p select generate_series(8, 21); insert into n values (10), (21)",
        answers=(
            "prod has 2 such rows: id=8, id=9",
            "prod has none",  # of the key that the table gets first
            "prod has 1 such row",
            "prod has 10 such rows: id=10, id=11, id=12, id=13, id=14, ...",
        ),
        mend="delete from p where id between 1 and 19; delete from n where id = 21",
    ),
    Case(
        "bits become fewer",
        have="create table t (id int primary key, a bit(4), b bit varying, c bit varying)",
        want="create table t (id int primary key, a bit(3), b bit varying(3), c bit(3))",
        rows="insert into t values (1, null, '101', '101'), (2, '1010', '1010', '10')",
        answers=("prod has 1 such row: id=2",) * 3,
        mend="delete from t where id = 2",
    ),
    Case(
        "text becomes a number, a truth or an identifier",
        have="create table t (id int primary key, a text, b text, c varchar, d text, e text, f text)",
        want="create table t (id int primary key, a int, b numeric(4,1), c boolean, d uuid, e smallint, f double precision)",
        rows="""insert into t values (1, ' 42 ', '12.3', 'yes', '00000000-0000-0000-0000-000000000001', '-32768', '1e3'),
                (2, '4.2', '1234.5', 'maybe', '0000', '32768', '1,5'), (3, '', 'x', '', '', '', ''), (4, null, null, null, null, null, null),
                (5, '99999999999', 'NaN', ' T', '{00000000-0000-0000-0000-000000000001}', '0', '.5')""",
        answers=(
            "prod has 3 such rows: id=2, id=3, id=5",
            "prod has 2 such rows: id=2, id=3",
            "prod has 2 such rows: id=2, id=3",
            "prod has 2 such rows: id=2, id=3",
            "prod has 2 such rows: id=2, id=3",
            "prod has 2 such rows: id=2, id=3",
        ),
        mend="delete from t where id in (2, 3, 5)",
    ),
    Case(
        "text becomes a date or a moment",
        have="create table t (id int primary key, a text, b text, c text)",
        want="create table t (id int primary key, a date, b timestamp, c timestamptz(3))",
        rows="""insert into t values (1, '2024-02-29', '2024-02-29 12:00', '2024-02-29T12:00:01.5+02'),
                (2, '2023-02-29', '2024-13-01', '2024-01-01 25:00'), (3, null, null, null), (4, '2000-12-31', '1999-01-01', '1999-01-01 10:00Z')""",
        answers=("prod has 1 such row: id=2",) * 3,
        mend="delete from t where id in (2, 4)",
    ),
    Case(
        "text becomes json",
        have="create table t (id int primary key, a text, b int)",
        want="create table t (id int primary key, a jsonb, b inet)",
        rows="insert into t values (1, '{}'), (2, '{'), (3, null)",
        answers=("prod has 1 such row: id=2", "prod has none"),
        mend="delete from t where id = 2",
        version=16,
    ),
    Case(
        "a column gets a domain",
        given="create domain small as varchar(5) check (value <> 'x') not null",
        have="create table t (id int primary key, a text)",
        want="create table t (id int primary key, a small)",
        rows="insert into t values (1, 'ok'), (2, 'x'), (3, 'too long'), (4, null)",
        answers=("prod has 3 such rows: id=2, id=3, id=4",),
        mend="delete from t where id > 1",
    ),
    Case(
        "a domain gets constraints, and a domain of it has them, too",
        have="create domain d as int; create domain e as d; create table t (id int primary key, a d, b e);"
        "create table u (id int primary key, a d)",
        want="create domain d as int check (value > 5) not null; create domain e as d;"
        "create table t (id int primary key, a d, b e); create table u (id int primary key, a d)",
        rows="insert into t values (1, 6, 6), (2, 5, 6), (3, null, 6), (4, 6, 4); insert into u values (1, 9)",
        answers=(  # NOT NULL first, then the check
            *("prod has 1 such row: id=3", "prod has none", "prod has none"),
            *("prod has 1 such row: id=2", "prod has none", "prod has 1 such row: id=4"),
        ),
        mend="delete from t where id > 1",
    ),
    Case(
        "a domain and an enum are made anew around their columns",
        have="create domain d as numeric; create type e as enum ('a', 'b'); create table t (id int primary key, a d, b e[])",
        want="create domain d as int check (value < 10); create type e as enum ('b', 'c'); create table t (id int primary key, a d, b e[])",
        rows="insert into t values (1, 5, '{b}'), (2, 1.5, '{a,b}'), (3, 10, null), (4, null, '{}')",
        answers=("prod has 1 such row: id=2", "prod has 2 such rows: id=2, id=3"),
        mend="delete from t where id in (2, 3)",
    ),
    Case(
        "tables are attached by range and by list",
        have="create table p (id int, at date, k int, primary key (at, id)) partition by range (at, id);"
        "create table l (id int, k text) partition by list (lower(k));"
        "create table t (id int, at date not null, k int, constraint t_pkey primary key (at, id)); create table m (id int unique, k text)",
        want="create table p (id int, at date, k int, primary key (at, id)) partition by range (at, id);"
        "create table l (id int, k text) partition by list (lower(k));"
        "create table t partition of p for values from ('2024-01-01', MINVALUE) to ('2024-02-01', 10);"
        "create table m partition of l (unique (id)) for values in ('a, to', null)",
        rows="insert into t values (1, '2024-01-01'), (9, '2024-02-01'), (10, '2024-02-01'), (2, '2023-12-31');"
        "insert into m values (1, 'A, TO'), (2, 'b'), (3, null)",
        answers=(
            "prod has 1 such row: id=2",
            "prod has 2 such rows: (at, id)=(2023-12-31, 2), (at, id)=(2024-02-01, 10)",
        ),
        mend="delete from t where id in (2, 10); delete from m where id = 2",
    ),
    Case(
        "a table is attached by hash, and one for what is left",
        have="create table p (id int) partition by hash (id); create table l (id int) partition by range (id);"
        "create table l1 partition of l for values from (1) to (10); create table t (id int); create table m (id int)",
        want="create table p (id int) partition by hash (id); create table l (id int) partition by range (id);"
        "create table l1 partition of l for values from (1) to (10);"
        "create table t partition of p for values with (modulus 2, remainder 0); create table m partition of l default",
        rows="insert into t select generate_series(1, 10); insert into m values (0), (5), (10)",
        answers=("prod has 1 such row", "prod has 8 such rows"),
        mend="delete from t; delete from m where id = 5",
    ),
    Case(
        "only the cast knows which values it takes",
        have="create table t (id int primary key, a jsonb, b jsonb)",
        want="create table t (id int primary key, a int, b bool)",
        rows="insert into t values (1, '1', 'true'), (2, '\"secret\"', 'false')",
        answers=(
            "not answered: a value does not fit, and the cast says no more than that (SQLSTATE 22023)",
            "prod has none",
        ),
        mend="delete from t where id = 2",
    ),
    Case(
        "a sequence gets a lower maximum",
        have="create sequence s",
        want="create sequence s maxvalue 10",
        rows="select setval('s', 11)",
        answers=("prod has 1 such counter",),
        mend="select setval('s', 10)",
    ),
    Case(
        "a key that nothing may overlap, and one that must be covered",
        have="create table p (id int4range, at daterange); create table t (n int primary key, id int4range, at daterange)",
        want="create table p (id int4range, at daterange, primary key (id, at without overlaps));"
        "create table t (n int primary key, id int4range, at daterange,"
        " foreign key (id, period at) references p (id, period at))",
        rows="insert into p values ('[1,2)', '[2024-01-01,2024-02-01)'), ('[1,2)', '[2024-02-01,2024-03-01)'),"
        " ('[1,2)', '[2024-01-05,2024-01-06)'), ('[1,2)', 'empty');"
        "insert into t values (1, '[1,2)', '[2024-01-10,2024-02-10)'), (2, '[1,2)', '[2024-02-10,2024-03-10)'),"
        " (3, '[1,2)', 'empty')",
        answers=("prod has none", "prod has none", "prod has 3 such rows", "prod has 2 such rows: n=2, n=3"),
        mend="delete from p where at = '[2024-01-05,2024-01-06)' or isempty(at); delete from t where n > 1",
        version=18,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_prod_says_is_what_happens(case: Case, new_database: NewDatabase) -> None:
    prod = new_database(*needed(case, new_database))
    test = new_database(case.given, case.want)
    execute(prod, case.rows)
    assert asked(prod, test) == case.answers
    with pytest.raises(psycopg.Error):
        migrate(prod, test)
    execute(prod, case.mend)
    assert set(asked(prod, test)) == {"prod has none"}
    migrate(prod, test)
    assert not plan(catalog_of(prod), catalog_of(test))


def needed(case: Case, new_database: NewDatabase) -> tuple[str, str]:
    with psycopg.connect(new_database()) as conn:
        if conn.info.server_version < case.version * 10000:
            pytest.skip(f"needs PostgreSQL {case.version}")
    return case.given, case.have


def test_digits_that_a_number_loses_are_counted(new_database: NewDatabase) -> None:
    prod = new_database(
        "create table t (id int primary key, a numeric(10,4), b numeric, c float8, d numeric(10,4), e float8)"
    )
    test = new_database(
        "create table t (id int primary key, a numeric(9,2), b int, c numeric(5,1), d numeric(12,4), e real)"
    )
    execute(prod, "insert into t values (1, 1.25, 3, 0.5, 1.2345, 0.1), (2, 1.255, 3.5, 0.25, null, null)")
    lost = [str(answer) for answer in answers(prod, test, HazardKind.DATA_LOSS)]
    assert lost == ["prod has 1 such row: id=2"] * 3
    execute(prod, "delete from t where id = 2")
    migrate(prod, test)
    with psycopg.connect(prod) as conn:
        assert conn.execute("select a::text, b::text, c::text from t where id = 1").fetchone() == ("1.25", "3", "0.5")


INEXACT = " (spellings other than ISO's are counted, too)"  # up to PostgreSQL 15


def asked(prod: str, test: str) -> tuple[str, ...]:
    return tuple(str(answer).replace(INEXACT, "") for answer in answers(prod, test))


def answers(prod: str, test: str, kind: HazardKind = HazardKind.MAY_FAIL, **settings: str) -> list[Answer]:
    result = api.diff(Settings(prod_url=prod, test_url=test, **settings), check_data=True)
    hazards = [hazard for step in result.plan.steps for hazard in step.hazards if hazard.kind is kind]
    return [hazard.answer for hazard in hazards if hazard.answer]


def execute(url: str, script: str) -> None:
    if script:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(script)


def migrate(prod: str, test: str) -> None:
    have, want = catalog_of(prod), catalog_of(test)
    run(prod, plan(have, want))


class TestNoAnswer:
    """What prevents an answer is told, and nothing else is."""

    HAVE = "create table t (id int primary key, a int); insert into t values (1, -1), (2, 1);"
    WANT = "create table t (id int primary key, a int not null check (a > 0));"

    @pytest.fixture
    def reader(self, new_database: NewDatabase, server: str) -> Iterator[tuple[str, str, str]]:
        """Give the URLs of prod, as its owner and as a role that may do nothing, and of test."""
        prod, test = new_database(self.HAVE), new_database(self.WANT)
        execute(server, "create role krakn_check_reader login")
        yield prod, make_conninfo(prod, user="krakn_check_reader"), test
        execute(prod, "drop owned by krakn_check_reader")
        execute(server, "drop role krakn_check_reader")

    def test_a_role_that_may_not_read(self, reader: tuple[str, str, str]) -> None:
        owner, prod, test = reader
        refused = "not answered: prod's role may not read public.t; it needs SELECT"
        assert asked(prod, test) == (refused, refused)
        execute(owner, "grant select (a) on t to krakn_check_reader")
        assert asked(prod, test) == ("prod has none", "prod has 1 such row")  # whose key it may not see
        execute(owner, "grant select (id) on t to krakn_check_reader")
        assert asked(prod, test) == ("prod has none", "prod has 1 such row: id=1")

    def test_rows_that_row_security_hides(self, reader: tuple[str, str, str]) -> None:
        owner, prod, test = reader
        execute(owner, "grant select on t to krakn_check_reader; alter table t enable row level security")
        hidden = "not answered: row security hides rows of public.t from prod's role; it needs BYPASSRLS to count them"
        assert asked(prod, test)[:1] == (hidden,)

    SLOW = "create function slow(int) returns bool language sql immutable as 'select pg_sleep(600) is not null and $1 > 0';"

    def test_a_question_that_takes_too_long(self, new_database: NewDatabase) -> None:
        prod = new_database(self.SLOW, self.HAVE)
        test = new_database(self.SLOW, "create table t (id int primary key, a int not null check (slow(a)))")
        began = time.monotonic()
        assert list(map(str, answers(prod, test, statement_timeout="300ms"))) == [
            "prod has none",
            "not answered: it took longer than 300ms",
        ]
        assert time.monotonic() - began < 500

    def test_a_server_that_allows_less_is_not_asked_for_more(self, new_database: NewDatabase) -> None:
        prod = new_database(self.SLOW, self.HAVE)
        test = new_database(self.SLOW, "create table t (id int primary key, a int check (slow(a)))")
        execute(prod, f"alter database {conninfo_to_dict(prod)['dbname']} set statement_timeout = '1500ms'")
        assert asked(prod, test) == ("not answered: it took longer than 1500ms",)

    def test_a_function_that_prod_does_not_have_or_has_otherwise(self, new_database: NewDatabase) -> None:
        function = "create function ok(int) returns bool language sql immutable as 'select $1 > {}';"
        test = new_database(
            function.format(0), "create table t (id int primary key, a int); alter table t add check (ok(a))"
        )
        assert asked(new_database(self.HAVE), test) == (
            "not answered: prod does not have function public.ok(integer) yet",
        )
        assert asked(new_database(function.format(5), self.HAVE), test) == (
            "not answered: function public.ok(integer) is another one in prod",
        )

    def test_a_value_that_stops_the_question_is_not_told(self, new_database: NewDatabase) -> None:
        prod = new_database("create table t (id int primary key, a text); insert into t values (1, 'secret')")
        test = new_database("create table t (id int primary key, a int check (a > 0))")
        assert asked(prod, test) == (
            "prod has 1 such row: id=1",
            "not answered: a value that does not fit stopped the question (SQLSTATE 22P02)",
        )

    def test_a_function_that_writes_finds_prod_read_only(self, new_database: NewDatabase) -> None:
        writes = "create function w(int) returns bool language plpgsql as"
        writes += " $$ begin insert into log values ($1); return true; end $$; create table log (n int);"
        prod = new_database(writes, self.HAVE)
        test = new_database(writes, "create table t (id int primary key, a int check (w(a)))")
        assert asked(prod, test) == ("not answered: the question failed (SQLSTATE 25006)",)
        with psycopg.connect(prod) as conn:
            assert conn.execute("select count(*) from log").fetchone() == (0,)


def test_keys_are_told_on_one_line_and_not_at_any_length(new_database: NewDatabase) -> None:
    prod = new_database("create table t (id text primary key); create table u (id text unique)")
    with psycopg.connect(prod) as conn:
        conn.execute("insert into t values (%s), (%s)", ["\n; drop table t; --\x1b[31m", "z" * 500])
        conn.execute("insert into u values (null)")
    test = new_database(
        "create table t (id text primary key, check (id = '')); create table u (id text unique not null)"
    )
    assert asked(prod, test) == (
        "prod has 1 such row: id=null",
        rf"prod has 2 such rows: id=\n; drop table t; --\x1b[31m, id={'z' * 60}...",
    )


def test_another_direction_is_not_prods_to_answer(new_database: NewDatabase) -> None:
    prod, test = new_database("create table t (a int)"), new_database("create table t (a int not null)")
    with pytest.raises(SettingsError, match="--check-data asks prod, but with --reverse it is test that changes"):
        api.diff(Settings(prod_url=prod, test_url=test), reverse=True, check_data=True)


def test_without_the_flag_nobody_asks(new_database: NewDatabase) -> None:
    prod, test = new_database("create table t (a int)"), new_database("create table t (a int not null)")
    result = api.diff(Settings(prod_url=prod, test_url=test))
    (hazard,) = (each for change in result.plan.changes for each in change.hazards if each.doubt)
    assert hazard.answer is None


def test_the_report_says_it_below_the_hazard_and_sums_up(new_database: NewDatabase) -> None:
    prod = new_database("create table t (id int primary key, a int, b text); insert into t values (7, null, '1')")
    test = new_database("create table t (id int primary key, a int not null, b text not null)")
    result = api.diff(Settings(prod_url=prod, test_url=test), check_data=True)
    text = [each.text for each in diff_text.lines(result)]
    assert text[text.index("        ! may-fail: fails when column public.t.a holds a null") + 1] == (
        "          prod has 1 such row: id=7"
    )
    assert text[text.index("        ! may-fail: fails when column public.t.b holds a null") + 1] == (
        "          prod has none"
    )
    assert "prod was asked: 1 safe, 1 with rows in the way" in text
    hazards = diff_json.document(result)["changes"][0]["hazards"]
    assert next(hazard for hazard in hazards if hazard["kind"] == "may-fail") == {
        "kind": "may-fail",
        "message": "fails when column public.t.a holds a null",
        "rows": 1,
        "keys": ["id=7"],
        "unanswered": None,
        "note": None,
    }


class TestWithAProject:
    """Prod is asked as it is, although the new revision stands behind pending ones."""

    def test_what_pending_revisions_rename_is_asked_by_prods_names(
        self, tmp_path: Path, new_database: NewDatabase
    ) -> None:
        project = Project(tmp_path)
        prod = new_database(
            "create table clients (id int primary key, mail text, n int); insert into clients values (1, 'a', 1), (2, 'a', 0);"
            "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values ('a1')"
        )
        project.revision("a1", None, "pass")
        project.revision(
            "b2",
            "a1",
            """
            op.rename_table('clients', 'customers')
            op.alter_column('customers', 'mail', new_column_name='email')
            op.add_column('customers', sa.Column('tier', sa.Text()))
            op.create_table('orders', sa.Column('id', sa.Integer()))
            """,
        )
        test = new_database(
            "create table customers (id int, email text unique, n int check (n > 0), tier text not null,"
            " constraint clients_pkey primary key (id)); create table orders (id int not null)"
        )
        with project.inside():
            result = api.migrate(Settings(prod_url=prod, test_url=test), project.config, check_data=True)
        said = {
            str(step.ident): [str(hazard.answer) for hazard in step.hazards if hazard.answer]
            for step in result.plan.steps
        }
        assert said == {
            "column public.customers.tier": [
                "not answered: prod does not have column public.customers.tier before its pending revisions run"
            ],
            "column public.orders.id": [
                "not answered: prod does not have table public.orders before its pending revisions run"
            ],
            "constraint public.customers.customers_email_key": ["prod has 2 such rows: id=1, id=2"],
            "constraint public.customers.customers_n_check": ["prod has 1 such row: id=2"],
        }
        (file,) = result.files
        written = " ".join(line.strip().lstrip("#").strip() for line in file.read_text(encoding="utf-8").splitlines())
        assert "same key; when this was written, prod has 2 such rows: id=1, id=2" in written

    def test_an_online_plan_has_the_answers_where_rows_are_looked_at(
        self, tmp_path: Path, new_database: NewDatabase
    ) -> None:
        project = Project(tmp_path)
        prod = new_database(
            "create table t (id int primary key, a int, b int, c int);"
            "insert into t values (1, 1, 1, null), (2, 1, null, 3)"
        )
        test = new_database("create table t (id int primary key, a int unique, b int not null, c int check (c > 5))")
        with project.inside():
            result = api.migrate(
                Settings(prod_url=prod, test_url=test), project.config, as_sql=True, online=True, check_data=True
            )
        script = " ".join(line.removeprefix("--").strip() for line in (result.sql or "").splitlines())
        assert script.count("when this was written, prod has 2 such rows: id=1, id=2") == 1
        assert script.count("when this was written, prod has 1 such row: id=2") == 2
        assert "not answered" not in script
