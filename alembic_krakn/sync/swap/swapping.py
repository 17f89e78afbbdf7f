"""What is ready in; a new database with prod's rows in the place of test, or test as it was, out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from psycopg import sql

from ...catalog import Catalog, Table
from ...connect import Address, open_test
from ...errors import SyncError
from ...names import Name
from ...progress import Progress
from ..elsewhere import without_foreign
from ..load import Beside, Load, Loaded, Pool, crew, run_hooks
from ..load.crew import explained
from ..looping import in_loop
from ..prepare import Ready
from ..roots import roots_of
from ..turns import alone
from ..values import Relation
from . import journal
from .beside import neighbourhood
from .extensions import move_own_rows, refuse_attached, refuse_unreadable
from .home import home_of
from .kept import Kept, holding, kept_tables, move_large_objects, positions, reading, refuse_hidden, refuse_lost
from .ranges import parted
from .site import build, prove, read_whole, refuse_incomplete, site_of
from .unfinished import begun, dropped_if_useless

_SETTINGS = {
    "maintenance_work_mem": "256MB",
    "row_security": "off",
    # Until the rename, which is waited for, nothing here is anybody's.
    "synchronous_commit": "off",
}


def swap(ready: Ready, progress: Progress) -> Loaded:
    """Build test's schema in a new database, fill it by several connections, check it, and put it in test's place."""
    test, manner = ready.order.test, ready.manner
    if manner.resume and ready.chosen:
        raise SyncError(
            "--resume cannot go on with a subset, as its rows are chosen anew each time; sync without it; nothing was"
            " changed"
        )
    with neighbourhood(test) as near, open_test(test, lock_timeout=manner.lock_timeout) as old:
        alone(old)
        near.refuse_bound()
        home, whole = home_of(old), read_whole(old)
        kept = kept_tables(whole, ready)
        refuse_hidden(old, kept)
        refuse_lost(old, ready.objects)
        refuse_unreadable(old)
        _expect(ready.test, without_foreign(whole))
        refuse_incomplete(whole)
        name = begun(near, home, ready, journal.fingerprint(ready, whole), progress)
        with dropped_if_useless(near, test, name):
            there = test.with_database(name)
            with holding(old, kept) as moment:
                loaded = _fill(ready, whole, there, Kept(kept, moment), progress)
                with open_test(test) as now:
                    _expect(whole, read_whole(now))
            progress.step("putting the new database in the place of test")
            near.put(name, home)
        near.prune(manner.keep)
    return loaded


def _fill(ready: Ready, whole: Catalog, there: Address, kept: Kept, progress: Progress) -> Loaded:
    """Build what is missing, bring the rows of unfinished tables, and build what comes after them."""
    with open_test(there) as target:
        finished = journal.finished(target)
        if not ready.history.exists:  # else a run that came as far as writing it could not be resumed
            target.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(Name(*ready.history.table)))
        site = site_of(whole, ready.structure.emptied, _tables(whole) - finished.keys())
        progress.step("building test's schema in a new database")
        build(target, site.bare, ready.hooks.search_path)
    note = None if ready.chosen else partial(journal.note, _unlogged(whole))
    beside = Beside(kept.tables, finished, note)
    ready = replace(ready, structure=site.structure, parts=parted(ready, ready.manner.jobs))
    loaded = in_loop(ready.age.limits(_load(ready, there, beside, kept.moment, progress)))
    progress.step("building what comes last")
    with open_test(there) as target:
        build(target, whole, ready.hooks.search_path)
        journal.end(target)
        prove(target, whole)
    return loaded


async def _load(ready: Ready, there: Address, beside: Beside, moment: str, progress: Progress) -> Loaded:
    """Gather a crew for the new database, and one connection to the old one, whose own tables move along."""
    snapshot, patient = ready.reader.export_snapshot(), replace(ready.manner, lock_timeout="0")
    async with (
        crew(ready.order.prod, there, snapshot, patient, paths=ready.paths, settings=_SETTINGS) as gathered,
        reading(ready.order.test, moment, ready.hooks.search_path) as old,
    ):
        async with explained("setting sequences"):
            await gathered.test.run(await positions(old))
        async with gathered.test.one() as test:
            await refuse_attached(old, test)
            await move_own_rows(old, test)
            await journal.prepare_once(test, lambda: run_hooks(test, ready, progress, "before"))
        gathered = replace(gathered, kept=Pool([old]))
        await move_large_objects(gathered, ready.objects)
        return await Load(ready, gathered, progress, beside).run()


def _expect(planned: Catalog, now: Catalog) -> None:
    """Make sure that test's schema is still the one that the plan was made for."""
    if planned.facts != (now if planned != planned.without_owners() else now.without_owners()).facts:
        raise SyncError("test's schema has changed since the plan was made; run it again; test is as it was")


def _unlogged(whole: Catalog) -> set[Relation]:
    """Give the tables that a crash of the server empties, or one of whose partitions."""
    roots = roots_of(whole)
    return {roots[table.schema, table.name] for table in whole.of(Table) if table.persistence == "u"}


def _tables(whole: Catalog) -> set[Relation]:
    return {(table.schema, table.name) for table in whole.of(Table)}


__all__ = ["swap"]
