"""Random mixtures of features: what a sync brings is what plain SQL says of both sides, and nothing masked is in test.

Each table takes some columns (each with a rule of the profile, or none), a layout of partitions on either side, and
what may stand in the way of a load. KRAKN_EXAMPLES=200 asks for more, from another seed every time.
"""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from databases import Databases
from faults import Moments
from hypothesis import HealthCheck, Phase, assume, given, note, settings
from hypothesis import strategies as st
from syncing import catalog, execute, query, state, sync

from alembic_krakn.errors import KraknError

EXAMPLES = int(os.environ.get("KRAKN_EXAMPLES", "0"))
ROWS = 12
MADE = """
    create type mood as enum ('sad', 'ok'); create domain label as text check (value <> 'no');
    create function bark() returns trigger language plpgsql as 'begin raise exception ''no''; end';
"""


@dataclass(frozen=True)
class Column:
    have: str  # name and type on prod; {n} is the number of the table
    want: str
    value: str  # of row i, on prod
    rule: dict[str, Any] = field(default_factory=dict)
    same: tuple[str, str] = ("1", "1")  # on prod and on test
    more: str = ""  # on test, of table {t}


HASH: dict[str, Any] = {"mask": "hash"}
COLUMNS = [
    Column(
        '"a""b" text',
        '"a""b" varchar(40)',
        "case when i % 5 > 0 then 'SECRET' || i % 7 end",
        HASH,
        ('"a""b" is null',) * 2,
        'create index on {t} ("a""b")',
    ),
    Column(
        "mail text",
        "mail text unique",
        "'SECRET' || i",
        HASH,
        ("mail is null",) * 2,
        "alter table {t} add up text generated always as (upper(mail)) stored",
    ),
    Column(
        "nick text",
        '"Größe" text',
        "'SECRET' || i % 3",
        {"from": "nick", "mask": {"fake": "name"}},
        ("nick is null", '"Größe" is null'),
    ),
    Column(
        "lab label",
        "lab label not null",
        "'SECRET' || i",
        HASH,
        more="alter table {t} add check (length(lab) > 5); alter table {t} add exclude using hash (lab with =)",
    ),
    Column("gone text", "gone text", "'SECRET'", {"mask": "nullify"}, ("true", "gone is null")),
    Column("num int", "num bigint", "771000000 + i", HASH, ("num is null",) * 2),
    Column("m money", "m numeric", "(i * 1.5)::money", {}, ("m::numeric",) * 2),
    Column(
        "at timestamp",
        "at timestamptz",
        "case i % 3 when 0 then '-infinity' when 1 then '0044-03-15 BC' end::timestamp",
        {},
        ("at at time zone 'UTC'", "at"),
    ),
    Column("f float8", "f numeric", "case when i % 2 = 0 then 'NaN' else i / 3.0 end::float8", {}, ("f::numeric",) * 2),
    Column("j json", "j jsonb", """'{"b": "\\u00e9", "a": 1}'""", {}, ("j::jsonb", "j")),
    Column("c char(5)", '"order" text', "'x'", {"from": "c"}, ("c::text", '"order"')),
    Column(
        "e mood",
        "e text not null",
        "case when i % 2 = 0 then 'sad' end::mood",
        {"map": {"sad": "glad"}, "fill": "new"},
        ("case when e = 'sad' then 'glad' else 'new' end", "e"),
    ),
    Column("r int4range", "r int4multirange", "int4range(i, i + 2)", {}, ("r::int4multirange", "r")),
    Column("x text[]", "x varchar(9)[]", "array['a', null, i::text]", {}, ("x::text",) * 2),
    Column("old text", "n serial", "'x'"),
    Column("old2 text", "y text default 'd' not null", "'x'", {}, ("'d'", "y")),
]
AUTO = [  # with --fill auto
    Column("old3 text", "z mood not null", "'x'", {}, ("true", "z is not null")),
    Column("old4 text", "k int not null check (k > 5)", "'x'", {}, ("true", "k is not null")),
    Column(
        "u text",
        "u text not null",
        "case when i % 3 > 0 then 'v' || i end",
        {},
        ("coalesce(u, '') < 'w'", "u is not null"),
    ),
    Column(
        "s text", "s varchar(9) not null unique", "case when i % 3 > 0 then 'v' || i end", {}, ("true", "s is not null")
    ),
]
LAYOUTS = {"": "", "hash": " partition by hash (id)", "list": " partition by list (id)"}
PARTS = {
    "": "",
    "hash": "create table {t}_0 partition of {t} for values with (modulus 2, remainder 0); create table {t}_1 partition of {t} for values with (modulus 2, remainder 1);",
    "list": "create table {t}_0 partition of {t} for values in ('1', '2'); create table {t}_1 partition of {t} default;",
}
OBSTACLES = [
    "create trigger bark before insert or delete or update on {t} for each row execute function bark(); alter table {t} enable always trigger bark",
    "alter table {t} enable row level security; alter table {t} force row level security",
    "create view {t}_v as select * from {t}; create materialized view {t}_m as select id, rid from {t}_v",
    "alter table {t} alter rid add generated always as identity",
    "alter table {t} replica identity full; alter table {t} add check (rid > 0)",
]
SWAP: dict[str, Any] = {"swap": True, "jobs": 2, "keep": 0}
UPSERT: dict[str, Any] = {"mode": "upsert", "delete_vanished": True}
MANNERS = [{}, SWAP, UPSERT]


@dataclass(frozen=True)
class Table:
    columns: tuple[Column, ...]
    have: str
    want: str
    obstacles: tuple[str, ...]
    masked: bool  # its key
    parent: int  # the table that it refers to, perhaps itself


tables = st.builds(
    Table,
    st.lists(st.sampled_from([*COLUMNS, *AUTO]), unique_by=lambda one: one.have, max_size=6).map(tuple),
    st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from(sorted(LAYOUTS)),
    st.lists(st.sampled_from(OBSTACLES), unique=True, max_size=3).map(tuple),
    st.booleans(),
    st.integers(0, 1),
)


def made(both: list[Table], *, test: bool) -> str:
    """Write the DDL of one side, with prod's rows."""
    lines = [MADE]
    for at, table in enumerate(both):
        layout, unpartitioned = (table.want, not table.want) if test else (table.have, True)
        # A key of the columns alone is possible only where nothing else tells which partition a row is in.
        columns = [
            (one.want if test else one.have) if unpartitioned else one.want.replace(" unique", "")
            for one in table.columns
        ]
        kind = "text"
        head = ["rid int not null", f"id {kind} primary key", f"ref {kind}"]
        lines.append(f"create table t{at} ({', '.join([*head, *columns])}){LAYOUTS[layout]};")
        lines.append(PARTS[layout].format(t=f"t{at}"))
        if not test:
            values = ", ".join(one.value for one in table.columns)
            key, ref = (
                f"'{'SECRET' * both[one].masked}' || {number}"
                for one, number in ((at, "i"), (table.parent, f"(i * 5) % {ROWS} + 1"))
            )
            lines.append(
                f"insert into t{at} select i, {key}, {ref}{', ' * bool(values)}{values} from generate_series(1, {ROWS}) i;"
            )
    for at, table in enumerate(both if test else []):
        lines.append(
            f"alter table t{at} add foreign key (ref) references t{table.parent} deferrable initially deferred;"
        )
        more = [one.more for one in table.columns if "exclude" not in one.more or not table.want]
        lines += [f"{text.format(t=f't{at}')};" for text in (*more, *table.obstacles) if text]
    return "\n".join(lines)


def rules(both: list[Table]) -> dict[str, Any]:
    found = {}
    for at, table in enumerate(both):
        columns = {_name(one.want): one.rule for one in table.columns if one.rule}
        keys = {"id": table.masked, "ref": both[table.parent].masked}
        found[f"t{at}"] = {"columns": {**columns, **{name: HASH for name, masked in keys.items() if masked}}}
    return found


def _name(column: str) -> str:
    quoted, _, rest = column.partition(" ")
    return quoted.strip('"').replace('""', '"') if rest else column


def some(usual: int) -> settings:
    return settings(
        max_examples=EXAMPLES or usual,
        deadline=None,
        derandomize=not EXAMPLES,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )


@given(st.tuples(tables, tables).map(list), st.sampled_from(MANNERS))
@some(6)
def test_what_arrives_is_what_plain_sql_says(databases: Databases, both: list[Table], manner: dict[str, Any]) -> None:
    # What is numbered is another number as soon as rows come or go, and an upsert refuses that.
    assume(manner is not UPSERT or not any(AUTO[-1] in table.columns for table in both))
    have, want = made(both, test=False), made(both, test=True)
    note(want)
    prod, test = databases(have), databases(want)
    try:
        before = catalog(test).facts
        for _ in range(2):
            sync(prod, test, rules(both), auto_fill=True, **manner)
            assert catalog(test).facts == before
            for at, table in enumerate(both):
                compare(prod, test, at, table)
    finally:
        databases.drop()


@given(st.tuples(tables, tables).map(list), st.integers(0, 60))
@some(3)
def test_what_arrives_when_a_swap_is_cut_off_and_resumed(databases: Databases, both: list[Table], moment: int) -> None:
    have, want = made(both, test=False), made(both, test=True)
    note(want)
    prod, test = databases(have), databases(want)
    name = query(test, "select current_database()")[0][0]
    end = f"select pg_terminate_backend(pid) from pg_stat_activity where datname like '{name}\\_krakn\\_%'"
    try:
        before = state(test)
        with suppress(KraknError):
            sync(prod, test, rules(both), auto_fill=True, progress=Moments(moment, lambda: execute(test, end)), **SWAP)
        if query(test, "select to_regclass('krakn_history')") == [(None,)]:
            assert state(test) == before
            sync(prod, test, rules(both), auto_fill=True, resume=True, **SWAP)
        assert catalog(test).facts == before[0]
        for at, table in enumerate(both):
            compare(prod, test, at, table)
    finally:
        databases.drop()


def compare(prod: str, test: str, at: int, table: Table) -> None:
    """Compare rows, keys and references of a table, and look for what is masked."""
    columns = [", ".join(("rid", *(f"({one.same[side]})::text" for one in table.columns))) for side in (0, 1)]
    on_prod, on_test = (
        query(_utc(url), f"select {text} from t{at} order by 1")
        for url, text in ((prod, columns[0]), (test, columns[1]))
    )
    assert on_prod == on_test
    joined = f"select a.rid, b.rid from t{at} a join t{table.parent} b on a.ref = b.id order by 1"
    assert query(prod, joined) == query(test, joined)
    for (relation,) in query(
        test, f"select oid::regclass::text from pg_class where relkind in ('r', 'm') and relname ~ '^t{at}'"
    ):
        assert not query(
            test, f"select 1 from {relation} krakn_row where krakn_row::text ~* 'secret|77100[0-9]{{4}}\\M'"
        )
    assert query(test, f"select count(*) from t{at}") == [(ROWS,)]


def _utc(url: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}options=-ctimezone%3DUTC"
