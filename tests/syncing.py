"""What the stories of the sync share: two databases, a profile, a run, and rows to compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import psycopg

from alembic_krakn.catalog import Catalog, Constraint, read_catalog
from alembic_krakn.catalog.own import own_tables
from alembic_krakn.checks.places import orphaned
from alembic_krakn.checks.rows import Rows
from alembic_krakn.connect import Address, Side, open_prod, settle
from alembic_krakn.mask import MaskKey
from alembic_krakn.names import text_of
from alembic_krakn.progress import Progress
from alembic_krakn.renames import Renames
from alembic_krakn.sync.order import Manner, Order
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.result import SyncResult
from alembic_krakn.sync.run import run_sync

KEY = MaskKey(b"a key that only these tests know")


def addresses(prod: str, test: str) -> tuple[Address, Address]:
    """Settle both URLs."""
    return settle(prod, Side.PROD), settle(test, Side.TEST)


def order(prod: str, test: str, tables: Mapping[str, Any] | None = None, **more: Any) -> Order:
    """Make an order out of the `tables:` of a profile."""
    profile = parse_profile({"tables": tables or {}}, source="krakn.yaml")
    return Order(*addresses(prod, test), profile, more.pop("renames", Renames()), more.pop("key", KEY), **more)


def sync(
    prod: str,
    test: str,
    tables: Mapping[str, Any] | None = None,
    *,
    progress: Progress | None = None,
    renames: Renames | None = None,
    key: MaskKey | None = KEY,
    auto_fill: bool = False,
    on_violation: Literal["fail", "quarantine"] = "fail",
    **manner: Any,
) -> SyncResult:
    """Run a sync with the `tables:` of a profile."""
    asked = order(
        prod, test, tables, renames=renames or Renames(), key=key, auto_fill=auto_fill, on_violation=on_violation
    )
    return run_sync(asked, Manner(**manner), progress)


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a query and give its rows."""
    with psycopg.connect(url, autocommit=True) as conn:
        return conn.execute(statement).fetchall()


def execute(url: str, *statements: str) -> None:
    """Run statements."""
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in statements:
            conn.execute(statement)


def catalog(url: str) -> Catalog:
    """Read a database's catalog, without krakn's own tables."""
    with open_prod(settle(url, Side.PROD)) as conn, conn.snapshot():
        found = read_catalog(conn.ask)
    own = own_tables(found)
    return found.keep(lambda fact: fact.ident.kind != "table" or fact.ident.path not in own)


def orphans(found: Catalog, key: Constraint) -> str:
    """Compose the count of rows whose foreign key leads nowhere."""
    return f"select count(*) from ({text_of(orphaned(key, Rows(found, found, found)))}) as rows"


def state(url: str) -> tuple[Any, ...]:
    """Give all that a failed sync must leave as it was: schema, rows, sequences and triggers."""
    names = query(
        url,
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname not in ('pg_catalog', 'information_schema') order by 1",
    )
    rows = {name: query(url, f"select t::text from {name} t order by 1") for (name,) in names}
    sequences = query(url, "select schemaname, sequencename, last_value from pg_sequences order by 1, 2")
    triggers = query(url, "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal")
    return catalog(url).facts, rows, sequences, sorted(triggers)
