"""Write the report of a sync for a terminal: its result in, a table and styled lines out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..names import Name, text_of
from .lines import Line, Style, Table, amount, count, line

if TYPE_CHECKING:
    from ..sync.load import Carried
    from ..sync.rejects import Offence
    from ..sync.result import SyncResult, TableResult
    from ..sync.values import Relation, SyncPlan

_HEADINGS = ("table", "rows", "seconds", "rows/s", "checks", "masked columns")


def lines(result: SyncResult) -> list[Line | Table]:
    """Write what happened to each table, what was checked, and what was left alone."""
    return [
        Table(_HEADINGS, tuple(map(_row, result.tables)), frozenset(_HEADINGS[1:4])),
        line(),
        *_changes(result),
        *_subset(result),
        *_came(result),
        *_checked(result),
        *_large_objects(result.carried),
        *_listed("refreshed", result.refreshed),
        *_columns(result.plan),
        *left_alone(result.plan),
    ]


def _row(table: TableResult) -> tuple[str, ...]:
    speed = f"{table.rows / table.seconds:,.0f}" if table.seconds else ""
    checks = "ok" if table.checksum else "ok (rows only)"
    return table_name(table.test), f"{table.rows:,}", f"{table.seconds:.1f}", speed, checks, ", ".join(table.masks)


def _changes(result: SyncResult) -> Iterator[Line | Table]:
    """Write what became of the rows, where not all of them were replaced."""
    headings = ("table", "new", "changed", "deleted", "as they were", "ranges", "of them came")
    rows = [
        (table_name(table.test), *(f"{number:,}" for number in numbers))
        for table in result.tables
        if (did := table.changes)
        for numbers in [(did.inserted, did.updated, did.deleted, did.unchanged, did.ranges, did.transferred)]
    ]
    if rows:
        yield Table(headings, tuple(rows), frozenset(headings[1:]))
        yield line()


def _subset(result: SyncResult) -> Iterator[Line | Table]:
    """Write by which paths the rows of a subset came."""
    rows = [
        (table_name(table.test), path, f"{number:,}")
        for table in result.tables
        if table.test in result.plan.paths
        for path, number in table.paths.items()
    ]
    if rows:
        yield Table(("table", "path", "rows"), tuple(rows), frozenset({"rows"}))
        yield line()


def _came(result: SyncResult) -> Iterator[Line]:
    """Write how many rows came, what they waited for, and how they were masked."""
    tables = result.tables
    speed = f", {result.rows / result.seconds:,.0f} rows/s" if result.seconds else ""
    yield line(
        f"{count(result.rows, 'row')} in {count(len(tables), 'table')} came from prod in {result.seconds:.1f} s{speed}",
        Style.HEADING,
    )
    waits = {"prod": result.waits.prod, "masks": result.waits.masks, "test": result.waits.test}
    slowest = max(waits, key=lambda side: waits[side])
    if waits[slowest] >= 1:
        told = ", ".join(f"{seconds:.1f} s for {side}" for side, seconds in waits.items())
        yield line(f"the streams waited {told}: {slowest} {'are' if slowest == 'masks' else 'is'} the bottleneck")
    if masks := sum(len(table.masks) for table in tables):
        masked = f"{count(masks, 'column')} in {count(sum(bool(table.masks) for table in tables), 'table')} masked"
        key = result.plan.key_fingerprint
        yield line(f"{masked}{f' with the key {key}' if key else ''}")


def _checked(result: SyncResult) -> Iterator[Line]:
    """Write what was compared with prod, and what did not fit."""
    checksums = sum(table.checksum is not None for table in result.tables)
    yield line(
        f"checked and right: row counts of {count(len(result.tables), 'table')}, checksums of {checksums:,},"
        f" {count(result.foreign_keys, 'foreign key')}; {count(result.sequences, 'sequence')} set",
        Style.GOOD,
    )
    yield from _quarantined(result)
    if result.null_counts or result.queries:
        more = [
            f"NULLs of {count(result.null_counts, 'masked column')}" if result.null_counts else "",
            f"distinct values of {result.distinct_counts:,}" if result.distinct_counts else "",
            count(result.queries, "query", "queries") + " of the profile" if result.queries else "",
        ]
        yield line(f"and: {', '.join(filter(None, more))}", Style.GOOD)


def _columns(plan: SyncPlan) -> Iterator[Line]:
    """Name the columns of test that were filled, and those of prod that were left behind."""
    for table in plan.tables:
        for column in table.columns:
            if column.origin.value == "fill":
                yield line(f"filled: {table_name(table.test)}.{column.name}, {column.detail}")
    for table in plan.tables:
        if table.retired:
            yield line(
                f"not copied from {table_name(table.prod)}, as no column of test takes it: {', '.join(table.retired)}"
            )


def _large_objects(carried: Carried) -> Iterator[Line]:
    """Say which large objects came, as no mask knows them, and which went."""
    if carried.objects:
        there = (
            f"{count(carried.objects, 'large object')} of prod, {amount(carried.bytes)}, in test as they are, unmasked"
        )
        yield line(f"{there}; {carried.came:,} of them came, {amount(carried.came_bytes)}")
    if carried.removed:
        yield line(f"{count(carried.removed, 'large object')} removed, as no row names them any more")


def _quarantined(result: SyncResult) -> Iterator[Line]:
    """Say how many rows are not in test, or lost a reference, and for which constraint."""
    account = result.account
    if rejected := account.rejected.total():
        yield line(
            f"quarantine: {count(rejected, 'row')} broke a constraint of test, see {table_name(result.rejects)}",
            Style.WARNING,
        )
        yield from map(_offence, sorted(account.rejected.items()))
    if account.nulled:
        yield line(f"quarantine: {count(account.nulled.total(), 'reference')} set to NULL", Style.WARNING)
        yield from map(_offence, sorted(account.nulled.items()))


def _offence(counted: tuple[Offence, int]) -> Line:
    offence, rows = counted
    return line(f"  {table_name(offence.table)}, {offence.constraint}: {count(rows, 'row')}, as {offence.reason}")


def left_alone(plan: SyncPlan) -> Iterator[Line]:
    """Name the tables that are on one side only, or skipped."""
    yield from _listed("skipped, as the profile says", plan.skipped)
    yield from _listed("only in test, left as they are", plan.kept)
    yield from _listed("only in test, emptied", plan.emptied)
    yield from _listed("only in prod, not copied", plan.retired)


def _listed(what: str, relations: tuple[Relation, ...]) -> Iterator[Line]:
    if relations:
        yield line(f"{what}: {', '.join(map(table_name, relations))}")


def table_name(relation: Relation) -> str:
    """Name a table as a profile would: without the schema where that is public."""
    return text_of(Name(*relation[relation[0] == "public" :]))
