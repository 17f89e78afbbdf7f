"""Two addresses and a profile in; prod's rows, masked, in the test database, and a report of it, out."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine
from datetime import datetime, timezone
from typing import Any, TypeVar

from ..catalog import read_catalog
from ..connect import Address, open_prod, open_stream, open_test, refuse_same
from ..errors import SyncError
from ..mask import MaskKey
from ..progress import Progress, Silent
from ..renames import Renames
from .before import last_values, refuse_foreign, refuse_unreadable, sizes
from .load import Load, Loaded
from .plan import ALEMBIC_VERSION, plan_sync
from .profile import Profile
from .result import SyncResult, result_of
from .structure import structure_of
from .values import Relation

T = TypeVar("T")


def run_sync(
    prod: Address,
    test: Address,
    profile: Profile,
    renames: Renames | None = None,
    key: MaskKey | None = None,
    *,
    progress: Progress | None = None,
    version_tables: frozenset[Relation] = ALEMBIC_VERSION,
    lock_timeout: str = "10s",
) -> SyncResult:
    """Fill test with prod's rows in one transaction, or leave it as it was and say why."""
    progress = progress or Silent()
    started, clock = datetime.now(timezone.utc), time.monotonic()
    with open_prod(prod) as reader, open_test(test) as writer:
        refuse_same(reader, writer)
        search_path = str(reader.fetch("SHOW search_path")[0]["search_path"])
        with reader.snapshot():
            progress.step("reading the catalog of prod")
            have = read_catalog(reader.fetch)
            progress.step("reading the catalog of test")
            with writer.snapshot():
                want = read_catalog(writer.fetch)
            plan = plan_sync(have, want, profile, renames, key, version_tables)
            expected = sizes(reader, plan)
            numbers = last_values(reader)
            refuse_unreadable(reader, plan)
            refuse_foreign(writer, structure_of(want, plan))
            snapshot = reader.export_snapshot()

            async def go() -> Loaded:
                source = await open_stream(prod, read_only=True, snapshot=snapshot)
                try:
                    target = await open_stream(test, read_only=False, lock_timeout=lock_timeout)
                    try:
                        load = Load(plan, want, source, target, progress)
                        rows = {table.test: expected[table.test].rows for table in plan.tables if not table.where}
                        return await load.run(search_path, numbers, rows)
                    finally:
                        target.terminate()
                finally:
                    source.terminate()

            loaded = run_loop(go()) if plan.tables or plan.emptied else Loaded()
    return result_of(plan, loaded, started, time.monotonic() - clock)


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run the event loop, uvloop's where the platform has it; Ctrl-C cancels the work, which rolls back."""
    try:
        if sys.platform == "win32":
            return asyncio.run(work)
        import uvloop

        return uvloop.run(work)
    except KeyboardInterrupt:
        interrupted = SyncError("interrupted; everything is rolled back, test is as it was")
    raise interrupted
