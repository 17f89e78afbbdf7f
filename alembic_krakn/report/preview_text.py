"""Write for a terminal what a sync would do: a preview in; each table's columns, their origins and samples out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from .lines import Line, Style, Table, amount, count, line
from .sync_text import left_alone, table_name

if TYPE_CHECKING:
    from ..sync.dry_run import Preview
    from ..sync.values import ColumnPlan, TablePlan

_LONGEST = 20  # characters of a sample


def lines(preview: Preview) -> list[Line | Table]:
    """Write the tables in the order in which they are filled, then what is left alone."""
    return [*(part for table in preview.plan.tables for part in _table(table, preview)), *_closing(preview)]


def _table(table: TablePlan, preview: Preview) -> Iterator[Line | Table]:
    size, rows = preview.sizes[table.test], preview.samples[table.test]
    came = f" from {table_name(table.prod)}" if table.prod != table.test else " from a query" * bool(table.from_query)
    rows_told = f"about {count(size.rows, 'row')}, {amount(size.bytes)}{_chosen(table, preview)}"
    yield line(f"{table_name(table.test)}{came}: {rows_told}", Style.HEADING)
    samples = tuple(f"sample {number + 1}" for number in range(len(rows)))
    yield Table(
        ("column", "comes from", *samples),
        tuple(
            (column.name, _origin(column), *(_cell(row[column.name]) if column.name in row else "" for row in rows))
            for column in table.columns
        ),
    )
    if table.retired:
        yield line(f"not copied, as no column of test takes it: {', '.join(table.retired)}")
    yield line()


def _chosen(table: TablePlan, preview: Preview) -> str:
    """Say which of the rows come: by a condition, or by the paths of a subset."""
    paths = preview.plan.paths.get(table.test)
    if paths is None or ("where" in paths and None in paths.values()):
        return f" where {table.where}" if table.where else ""
    if None in paths.values():
        return f"; {', '.join(paths)}"
    told = [f"{rows:,} {path}" for path, rows in paths.items()]
    number = sum(rows or 0 for rows in paths.values())
    return f"; {number:,} chosen" + (f": {', '.join(told)}" if told else "")


def _origin(column: ColumnPlan) -> str:
    origin = f"{column.origin.value}: {column.detail}" if column.detail else column.origin.value
    return f"{origin}; mask: {column.mask}" if column.mask else origin


def _cell(value: str | None) -> str:
    if value is None:
        return "NULL"
    text = " ".join(value.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _cost(preview: Preview) -> Iterator[Line]:
    """Say what prod will feel."""
    cost = preview.cost
    if not cost.largest:
        return
    yield line(
        f"load on prod: about {count(cost.rows, 'row')} or {amount(cost.bytes)} to read, once to send and once for"
        f" checksums, the most of {table_name(cost.largest)} ({amount(cost.largest_bytes)}), by"
        f" {count(cost.connections, 'connection')} with ACCESS SHARE locks"
    )
    if cost.max_rate and cost.seconds is not None:
        yield line(f"at {cost.max_rate:g} MB/s, to send them takes about {timedelta(seconds=round(cost.seconds))}")


def _closing(preview: Preview) -> Iterator[Line]:
    sizes = [preview.sizes[table.test] for table in preview.plan.tables]
    rows, size = sum(each.rows for each in sizes), sum(each.bytes for each in sizes)
    held = f"{count(len(sizes), 'table')}: about {count(rows, 'row')}, {amount(size)} on prod's disk"
    does = {
        "replace": "replace the rows of",
        "upsert": "bring what is new or has changed in",
        "append": "add what is new in",
    }[preview.mode]
    yield line(f"a sync would {does} {held}; nothing was written", Style.HEADING)
    if preview.objects.count:
        held = f"about {count(preview.objects.count, 'large object')}, {amount(preview.objects.bytes)}"
        named = f", named by {', '.join(map(str, preview.objects.coming))}" if preview.objects.coming else ""
        yield line(f"{held}, would come as they are, unmasked{named}")
    yield from _cost(preview)
    if preview.plan.key_fingerprint:
        yield line(f"masked with the key {preview.plan.key_fingerprint}")
    yield from _refused(preview)
    yield from left_alone(preview.plan)


def _refused(preview: Preview) -> Iterator[Line]:
    """Say which rows test would not take, and what would become of them."""
    if not preview.unfit:
        return
    fate = "the sync would stop"
    if preview.rejects:
        fate = f"these would go to {table_name(preview.rejects)}, with what cannot be without them"
    style = Style.WARNING if preview.rejects else Style.ALARM
    yield line(f"test would refuse rows of prod, and {fate}:", style)
    yield from (line(text, style, indent=2) for told in preview.unfit for text in told.splitlines())
