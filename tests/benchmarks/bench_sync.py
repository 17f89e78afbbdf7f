"""Measure krakn sync-data beside its peers: one prod of customers and orders goes into test by each of them.

python tests/benchmarks/bench_sync.py [--server URL] [--rows 1.0] [--repeat 3] [--json FILE]
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measure
import psycopg
from faker import Faker
from measure import Failed, Run

PROD, TEST, EMPTY = "krakn_bench_prod", "krakn_bench_test", "krakn_bench_empty"
STAGES = dict(
    part.split("\n", 1) for part in Path(__file__).with_name("shop.sql").read_text("utf-8").split("-- stage: ")[1:]
)
MASKS = {
    "email": "{fake: email}",
    "full_name": "{fake: name}",
    "phone": "{fake: phone_number}",
    "street": "{fake: street_address}",
    "tax_id": "hash",
    "birthdate": "{fake: date_of_birth}",
    "notes": "nullify",
}
SWAP = ("--swap", "--jobs", "2", "--keep-before", "0")
PROFILE = "tables:\n  customers:\n    columns:\n" + "".join(
    f"      {column}: {{mask: {mask}}}\n" for column, mask in MASKS.items()
)

# Values depend on the row's number alone, so that every run has the same rows. Numbers are scattered by a product with
# a prime; texts come out of pools of Faker's. Parameters are numbered: how many rows there shall be, then the pools.
FILL_CUSTOMERS = """
    INSERT INTO customers (id, public_id, email, full_name, phone, street, postal_code, city, tax_id, birthdate, notes,
        tags, preferences, referred_by, created_at)
    SELECT n, md5('customer ' || n)::uuid,
        lower(p.first || '.' || p.last) || n || '@mail' || n % 37 || '.com', p.first || ' ' || p.last,
        CASE WHEN n % 9 > 0 THEN '+49 ' || 151 + n % 29 || ' ' || lpad((n * 7919 % 10000000)::text, 7, '0') END,
        ($4::text[])[1 + n * 31 % 100] || ' ' || 1 + n % 180, lpad((n * 13 % 99999)::text, 5, '0'),
        ($5::text[])[1 + n * 17 % 97],
        CASE WHEN n % 3 = 0 THEN 'DE' || lpad((n * 104729 % 999999999)::text, 9, '0') END,
        date '1940-01-01' + (n * 7919 % 25000)::integer,
        CASE WHEN n % 4 = 0 THEN ($6::text[])[1 + n % 100] || chr(10) || ($6::text[])[1 + n % 97] END,
        CASE n % 5 WHEN 0 THEN '{newsletter}' WHEN 1 THEN '{newsletter,vip}' WHEN 2 THEN '{b2b}' ELSE '{}' END::text[],
        jsonb_build_object('language', CASE n % 3 WHEN 0 THEN 'de' ELSE 'en' END, 'theme', 'dark', 'page', n % 50),
        CASE WHEN n % 6 = 0 AND n > 1 THEN n / 2 END,
        timestamptz '2018-01-01 00:00Z' + n * interval '4 minutes' + n % 977 * interval '1 second'
    FROM generate_series(1, $1::bigint) AS n, LATERAL (
        SELECT ($2::text[])[1 + n * 7919 % 97] AS first, ($3::text[])[1 + n * 104729 % 89] AS last
    ) AS p
"""
FILL_ORDERS = """
    INSERT INTO orders (id, customer_id, number, status, currency, net, items, comment, placed_at, shipped_at)
    SELECT n, 1 + n * 7919 % $2::bigint, 'A-' || 2018 + n % 8 || '-' || lpad(n::text, 9, '0'),
        (enum_range(NULL::order_status))[1 + n % 5], CASE n % 7 WHEN 0 THEN 'USD' WHEN 1 THEN 'CHF' ELSE 'EUR' END,
        (n * 104729 % 5000000) / 100.0, 1 + n % 12,
        CASE WHEN n % 8 = 0 THEN ($3::text[])[1 + n % 100] END,
        timestamptz '2018-01-01 00:00Z' + n * interval '83 seconds',
        CASE WHEN n % 5 > 1 THEN timestamptz '2018-01-03 08:00Z' + n * interval '83 seconds' END
    FROM generate_series(1, $1::bigint) AS n
"""


@dataclass(frozen=True)
class Bench:
    """Where everything is."""

    server: str
    prod: str
    customers: int
    folder: Path

    @property
    def orders(self) -> int:
        """Say how many orders there are."""
        return 3 * self.customers

    def program(self, name: str) -> str:
        """Find a program of the server's version."""
        return measure.program(name, self.server)


def fill(bench: Bench) -> None:
    """Fill prod, index it, and let test have the schema alone."""
    fake = Faker("en_US")
    fake.seed_instance(1)
    makers = (fake.first_name, fake.last_name, fake.street_name, fake.city, lambda: fake.sentence(12))
    pools = [[make() for _ in range(100)] for make in makers]
    with psycopg.connect(bench.prod, autocommit=True, cursor_factory=psycopg.RawCursor) as conn:
        conn.execute(STAGES["tables"])
        conn.execute(FILL_CUSTOMERS, [bench.customers, *pools])
        conn.execute(FILL_ORDERS, [bench.orders, bench.customers, pools[-1]])
        conn.execute(STAGES["keys"])
        for table in ("customers", "orders"):
            conn.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
            conn.execute(f"VACUUM (FREEZE, ANALYZE) {table}")
    with psycopg.connect(measure.make_database(bench.server, EMPTY), autocommit=True) as conn:
        conn.execute(STAGES["tables"] + STAGES["keys"])


def krakn(bench: Bench, *options: str, masked: bool) -> Run:
    """Sync into a test database that has the schema."""
    test = measure.make_database(bench.server, TEST, EMPTY)
    profile = bench.folder / "profile.yaml"
    profile.write_text(PROFILE if masked else "tables: {}\n", encoding="utf-8")
    measure.settle(bench.server)
    where = ["--prod", bench.prod, "--test", test, "--profile", profile]
    command = [*measure.KRAKN, "sync-data", *where, "--yes", *options]
    took = measure.run(command, {"KRAKN_MASK_KEY": secrets.token_hex(32)})
    if masked and (leaked := unmasked(bench.prod, test)):
        raise Failed(f"{leaked} values arrived unmasked")
    return took


def unmasked(prod: str, test: str) -> int:
    """Count values of masked columns that are the same on both sides, among those that no fake hits by chance."""
    query = "SELECT id, email, tax_id, notes FROM customers WHERE id <= 10000 ORDER BY id"
    with psycopg.connect(prod) as have, psycopg.connect(test) as want:
        rows = zip(have.execute(query).fetchall(), want.execute(query).fetchall(), strict=True)
        values = (pair for before, after in rows for pair in zip(before[1:], after[1:], strict=True))
        return sum(before is not None and before == after for before, after in values)


def dump_and_restore(bench: Bench, *options: str) -> Run:
    """Dump prod into a folder, and restore it into a new database."""
    test, dump = measure.make_database(bench.server, TEST), bench.folder / "dump"
    measure.settle(bench.server)
    try:
        dumped = measure.run([bench.program("pg_dump"), "-Fd", "-j2", *options, "-f", dump, "-d", bench.prod])
        return dumped + measure.run([bench.program("pg_restore"), "-Fd", "-j2", "-d", test, dump])
    finally:
        shutil.rmtree(dump, ignore_errors=True)


def pgcopydb(bench: Bench) -> Run:
    """Clone prod into a new database."""
    test, folder = measure.make_database(bench.server, TEST), bench.folder / "pgcopydb"
    measure.settle(bench.server)
    command = ["pgcopydb", "clone", "--source", bench.prod, "--target", test, "--dir", folder]
    # pgcopydb calls pg_dump and pg_restore itself, whichever come first.
    tools = {"PATH": f"{Path(bench.program('pg_dump')).parent}{os.pathsep}{os.environ['PATH']}"}
    try:
        return measure.run([*command, "--table-jobs", "2", "--index-jobs", "2"], tools)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


WAYS: dict[str, Callable[[Bench], Run]] = {
    "pg_dump -Fd -j2, pg_restore -j2": dump_and_restore,
    "the same, not compressed (-Z0)": lambda bench: dump_and_restore(bench, "-Z0"),
    "pgcopydb clone, 2 + 2 jobs": pgcopydb,
    "krakn sync-data, no masks": lambda bench: krakn(bench, masked=False),
    "krakn sync-data, 7 masked columns": lambda bench: krakn(bench, masked=True),
    "krakn --swap --jobs 2, no masks": lambda bench: krakn(bench, *SWAP, masked=False),
    "krakn --swap --jobs 2, 7 masked columns": lambda bench: krakn(bench, *SWAP, masked=True),
    "krakn --swap --jobs 1, 7 masked columns": lambda bench: krakn(bench, *SWAP, "--jobs", "1", masked=True),
}


def check(bench: Bench) -> None:
    """Make sure that all rows arrived, with their indexes and keys."""
    counts = (
        "SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM orders),"
        " (SELECT count(*) FROM pg_index WHERE indrelid IN ('customers'::regclass, 'orders'::regclass) AND indisvalid),"
        " (SELECT count(*) FROM pg_constraint WHERE contype IN ('f', 'c') AND convalidated)"
    )
    test = measure.embedded.with_database(bench.server, TEST)
    with psycopg.connect(bench.prod) as have, psycopg.connect(test) as want:
        expected, found = have.execute(counts).fetchone(), want.execute(counts).fetchone()
    if found != expected:
        raise Failed(f"of {expected} customers, orders, indexes and constraints, {found} arrived")


def compare(bench: Bench, repeat: int) -> dict[str, Any]:
    """Measure every way in turn, `repeat` times: whatever else the machine does then disturbs all of them."""
    runs: dict[str, list[Run]] = {}
    problems: dict[str, str] = {}
    for turn in range(1, repeat + 1):
        for name, go in WAYS.items():
            if name in problems or (name.startswith("pgcopydb") and not shutil.which("pgcopydb")):
                continue
            print(f"  {turn}/{repeat} {name}", end=" ", file=sys.stderr, flush=True)
            try:
                took = go(bench)
                check(bench)
            except Failed as exc:
                problems[name] = str(exc)
                print(f"failed: {exc}", file=sys.stderr)
            else:
                runs.setdefault(name, []).append(took)
                print(f"{took.seconds:.1f} s", file=sys.stderr)
    return {
        name: {"failed": problems[name]} if name in problems else measure.summary(runs[name])
        for name in WAYS
        if name in runs or name in problems
    }


def show(results: dict[str, Any]) -> None:
    """Print the table, beside the fastest of the peers."""
    peers = [one["seconds"] for name, one in results.items() if "seconds" in one and not name.startswith("krakn")]
    rows = [["", "seconds", "x the fastest peer", "MB, largest process", "MB, all processes"]]
    for name, one in results.items():
        if "failed" in one:
            rows.append([name, "failed", "", "", ""])
            continue
        ratio = f"{one['seconds'] / min(peers):.2f}" if peers else ""
        rows.append([name, f"{one['seconds']:.1f}", ratio, str(one["peak_process_mb"]), str(one["peak_together_mb"])])
    measure.print_table(rows)


def main() -> int:
    """Fill, measure, print."""
    arguments = measure.parser(__doc__.splitlines()[0])
    arguments.add_argument(
        "--rows", type=float, default=1.0, metavar="X", help="times 1 M customers and 3 M orders (default: 1.0)"
    )
    options = arguments.parse_args()
    with measure.server(options.server) as server, tempfile.TemporaryDirectory(prefix="krakn-bench-") as folder:
        try:
            prod = measure.make_database(server, PROD)
            bench = Bench(server, prod, max(int(options.rows * 1e6), 1), Path(folder))
            facts = measure.machine(server)
            print(", ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
            print("filling prod ...", file=sys.stderr)
            fill(bench)
            with psycopg.connect(prod) as conn:
                (size,) = conn.execute("SELECT pg_database_size(current_database())").fetchone()
            print(
                f"{bench.customers:,} customers, {bench.orders:,} orders, {size / 1e6:,.0f} MB with indexes\n",
                flush=True,
            )
            results = compare(bench, options.repeat)
        finally:
            for name in (PROD, TEST, EMPTY):
                measure.drop_database(server, name)
    show(results)
    measure.finish({"machine": facts, "customers": bench.customers, "bytes": size, "results": results}, options.json)
    return 1 if any("failed" in one for name, one in results.items() if name.startswith("krakn")) else 0


if __name__ == "__main__":
    sys.exit(main())
