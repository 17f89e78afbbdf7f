"""Stories of rows that are too large to be held: they arrive as they are, masked or not, in little memory."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from struct import pack, unpack

import pytest
from syncing import KEY, execute, order, query, sync

from alembic_krakn.connect.slices import slice_rows
from alembic_krakn.errors import ValidationFailed
from alembic_krakn.mask import ColumnInfo, FakeMask, Line, Masker, build, mask_block
from alembic_krakn.mask.block import ESCAPED, RAW
from alembic_krakn.progress import Silent
from alembic_krakn.sync.dry_run import dry_run

DDL = """
    create table files (id int primary key, name text, content bytea, note text);
    create table pages (id int primary key, title text, body text, digest text)
"""
# Each is longer in one way than what comes as a whole: in bytes, in escapes, in characters.
ODD = r"""
    insert into files select i, 'name ' || i, decode(repeat(md5(i::text), i * 16384 + i), 'hex'), 'note ' || i
        from generate_series(1, 5) i;
    insert into files values (6, 'name 6', null, null);
    insert into pages select nth, 'title ' || nth, repeat(what, 1200000 / length(what)), 'digest ' || nth
        from unnest(array[e'tab\t, line\n, \\', 'äß€𝄞', e'\\', 'x']) with ordinality as odd (what, nth);
    insert into pages values (5, 'title 1', null, ''), (6, '', '', e'\\N'), (7, null, e'\\N', 'digest 3')
"""
LARGER = """
    insert into files values (1, 'name', convert_to(repeat(md5('f'), 1600000), 'UTF8'), 'note');
    insert into pages values (1, 'title', repeat(md5('p'), 1600000), repeat('d', 50000000))
"""
MASKS = {
    "files": {"columns": {"name": {"mask": "hash"}, "note": {"mask": {"fake": "name"}}}},
    "pages": {"columns": {"title": {"mask": "hash"}, "digest": {"mask": "hash"}}},
}


@pytest.fixture
def pair(new_database):
    return new_database(DDL, ODD), new_database(DDL)


@pytest.mark.parametrize(
    ("masks", "manner"), [({}, {"swap": True, "jobs": 2, "keep": 0}), (MASKS, {}), (MASKS, {"mode": "upsert"})]
)
def test_large_rows_arrive_as_they_are(pair, manner, masks):
    prod, test = pair
    sync(prod, test, masks, **manner)
    for statement in ("select id, content from files order by 1", "select id, body from pages order by 1"):
        assert query(test, statement) == query(prod, statement)
    names = "select name, note from files union all select title, digest from pages"
    assert (sorted(map(str, query(test, names))) == sorted(map(str, query(prod, names)))) == (not masks)


def test_large_rows_pass_without_uvloop(pair, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    test_large_rows_arrive_as_they_are(pair, {}, MASKS)


def test_a_value_is_masked_alike_in_a_large_row_and_in_a_small_one(new_database):
    ddl = "create table t (id int primary key, name text, filler text, long text)"
    rows = """
        insert into t select i, 'name ' || i % 5, case when i > 5 then repeat('f', 2000000) end, repeat('l', 1200000)
        from generate_series(1, 10) i
    """
    prod, test = new_database(ddl, rows), new_database(ddl)
    sync(prod, test, {"t": {"columns": {"name": {"mask": "hash"}, "long": {"mask": "hash"}}}})
    assert query(test, "select count(distinct name), count(distinct long), max(length(long)) from t") == [(5, 1, 64)]


def test_large_rows_that_test_refuses_are_told_of_and_quarantined(pair):
    prod, test = pair
    execute(test, "alter table pages add constraint short check (length(body) < 1000000)")
    with pytest.raises(ValidationFailed, match=r"public\.pages, short: 4 rows"):
        sync(prod, test, MASKS)
    assert query(test, "select count(*) from pages") == [(0,)]
    sync(prod, test, MASKS, on_violation="quarantine")
    assert query(test, "select id from pages order by 1") == [(5,), (6,), (7,)]
    assert query(test, "select count(*), max(length(row ->> 'body')) from krakn_rejects") == [(4, 1200000)]


def test_more_refused_rows_than_a_statement_may_name_leave_counts_to_compare(new_database, monkeypatch):
    prod = new_database(
        "create table t (id int primary key, n int)",
        "insert into t select i, nullif(i % 3, 0) from generate_series(1, 300) i",
    )
    test = new_database("create table t (id int primary key, n int not null)")
    for most, compared in ((100, True), (99, False)):
        monkeypatch.setattr("alembic_krakn.sync.rejects.landing._LEFT_OUT", most)
        (table,) = sync(prod, test, on_violation="quarantine").tables
        assert (table.rows, table.rejected, table.checksum is not None) == (200, 100, compared)


def test_a_dry_run_shows_where_long_values_begin_and_all_others_as_they_are(new_database):
    ddl = "create table t (a boolean, b char(5), c text[], d jsonb, e text, f bytea, g text, h int, i t2)"
    row = """
        insert into t values (true, 'x', array['a b', null], '{"k": [1]}', repeat('long', 500000), 'b',
            repeat('g', 500000), null, (null, 1))
    """
    ddls = ["create type t2 as (a int, b int)", ddl]
    prod, test = new_database(*ddls, row), new_database(*ddls)
    ((sample,),) = dry_run(order(prod, test, {"t": {"columns": {"g": {"mask": "hash"}}}})).samples.values()
    sync(prod, test, {"t": {"columns": {"g": {"mask": "hash"}}}})
    assert sample["g"] == query(test, "select g from t")[0][0]
    assert list(sample.values()) == [
        *("t", "x    ", '{"a b",NULL}', '{"k": [1]}', "long" * 250 + "...", r"\x62", sample["g"], None, "(,1)")
    ]


# --- memory -------------------------------------------------------------------------------------------------------

RUN = """
import json, sys
sys.path.insert(0, {here!r})
from syncing import sync
prod, test, masks, manner = map(json.loads, sys.argv[1:])
sync(prod, test, masks, **manner)
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
def test_rows_of_50_mb_take_no_more_memory_than_small_ones(new_database):
    prod, test = new_database(DDL, LARGER), new_database(DDL)
    assert megabytes(prod, test, {"pages": MASKS["pages"]}, {"swap": True, "jobs": 2, "keep": 0}) < 250


def megabytes(*arguments: object) -> int:
    """Run a sync in a process of its own, and give the most memory that it had."""
    code = RUN.format(here=str(Path(__file__).parent))
    command = [sys.executable, "-c", code, *map(json.dumps, arguments)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


# --- pieces of any size -------------------------------------------------------------------------------------------


def column(type_: str, *, unique: bool = False) -> ColumnInfo:
    return ColumnInfo(table="t", column="c", type=type_, base_type=type_, nullable=True, unique=unique)


MASKERS: dict[int, Masker] = {
    1: build("hash", column("text"), KEY),
    2: build(FakeMask(fake="name"), column("text", unique=True), KEY),
    3: build("hash", column("bytea"), KEY),
    4: build("hash", column("citext"), KEY),
}


@pytest.mark.parametrize("long", [8, 40, 1000])
def test_a_line_in_pieces_is_masked_like_a_block(monkeypatch, long):
    monkeypatch.setattr("alembic_krakn.mask.line._LONG", long)
    chance = random.Random(long)
    for _ in range(200):
        row = b"\t".join(field(chance) for _ in range(6)) + b"\n"
        line = Line(6, MASKERS)
        assert b"".join(map(line.feed, pieces(row, chance))) == mask_block(row, 6, MASKERS)


def field(chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return rb"\N"
    value = "".join(chance.choices("abÄß\\\n\t \r\v𝄞N", k=chance.choice([0, 1, 5, 30, 200])))
    return value.translate(str.maketrans(dict(zip(RAW, ESCAPED, strict=True)))).encode()


def pieces(whole: bytes, chance: random.Random) -> Iterator[bytes]:
    while whole:
        size = chance.choice([1, 2, 3, 17, 1000])
        yield whole[:size]
        whole = whole[size:]


class Driver(asyncio.Protocol):
    """What takes messages, each of which must be whole when asyncpg looks at it."""

    def __init__(self) -> None:
        self.heard = bytearray()

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def messages(self) -> Iterator[tuple[bytes, bytes]]:
        heard = bytes(self.heard)
        while heard:
            kind, length = unpack("!cI", heard[:5])
            yield kind, heard[5 : 1 + length]
            heard = heard[1 + length :]


class Wire(asyncio.Transport):
    """A transport that knows who listens."""

    protocol: asyncio.BaseProtocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol


@pytest.mark.parametrize("seed", range(5))
def test_rows_are_the_same_in_slices_wherever_what_arrives_is_cut(monkeypatch, seed):
    monkeypatch.setattr("alembic_krakn.connect.slices.LARGE", 300)
    chance = random.Random(seed)
    rows = [chance.randbytes(chance.choice([0, 1, 1, 50, 290, 296, 297, 2000])) for _ in range(200)]
    sent = [(b"H", b"\0\0\0"), *((b"d", row) for row in rows), (b"c", b""), (b"C", b"COPY 200\0"), (b"Z", b"T")]
    wire, driver = Wire(), Driver()
    wire.set_protocol(driver)
    slice_rows(wire)
    slicing = wire.get_protocol()
    for piece in pieces(b"".join(pack("!cI", kind, len(said) + 4) + said for kind, said in sent), chance):
        slicing.data_received(piece)
    heard = list(driver.messages())
    assert [each for each in heard if each[0] != b"d"] == [each for each in sent if each[0] != b"d"]
    assert b"".join(said for kind, said in heard if kind == b"d") == b"".join(rows)
    assert max(len(said) for _, said in heard) <= 1000
    assert wire.get_protocol() is driver


# --- many tables --------------------------------------------------------------------------------------------------


class Begun(Silent):
    """Count the tasks that are going on at the same time."""

    def __init__(self) -> None:
        self.tasks: set[str] = set()
        self.most = 0

    def start(self, task: str, total: int | None, size: int | None = None) -> None:
        self.tasks.add(task)
        self.most = max(self.most, len(self.tasks))

    def finish(self, task: str) -> None:
        self.tasks.remove(task)


@pytest.mark.parametrize("manner", [{}, {"swap": True, "jobs": 2, "keep": 0}, {"mode": "upsert"}])
def test_a_table_begins_when_its_rows_come_and_not_while_it_waits(new_database, manner):
    names = [f"t{number}" for number in range(20)]
    ddl = [f"create table {name} (id int primary key)" for name in names]
    prod, test = new_database(*ddl, *(f"insert into {name} values (1)" for name in names)), new_database(*ddl)
    begun = Begun()
    assert sync(prod, test, progress=begun, **manner).rows == 20
    assert not begun.tasks
    assert begun.most < 10
