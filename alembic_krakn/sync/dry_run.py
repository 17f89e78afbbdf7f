"""Two addresses and a profile in; what a sync would do, with a few masked rows to look at, out; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from ..mask import mask_block
from ..mask.block import decode, split
from ..names import Name, comma, verbatim
from ..progress import Progress, Silent
from .before import Size
from .cost import Cost, cost_of
from .large_objects import LargeObjects
from .order import Manner, Order
from .prepare import Ready, prepared
from .problems import unreadable
from .unfit import gone_labels, unfit
from .values import WHOLE, Relation, SyncPlan, TablePlan, shown

SAMPLE = 3  # rows of a table
LONGEST = 1000  # characters of a value
_MASKED = 1_000_000  # characters of a value that is masked, and is long enough to be like no other one
Row = Mapping[str, str | None]


@dataclass(frozen=True)
class Preview:
    """What a sync would do."""

    plan: SyncPlan
    sizes: Mapping[Relation, Size]  # by test's names
    unfit: tuple[str, ...]  # what test would refuse, and what would settle it
    rejects: Relation | None  # where refused rows would go; None: the sync would stop
    samples: Mapping[Relation, tuple[Row, ...]]  # as test would hold them: columns and their text, None for NULL
    mode: str
    cost: Cost
    objects: LargeObjects

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data; `version` grows when a key changes its meaning or goes."""
        plan = self.plan
        return {
            "version": 1,
            "dry_run": True,
            "mode": self.mode,
            "key_fingerprint": plan.key_fingerprint,
            "tables": [self._table(table) for table in plan.tables],
            **plan.left_alone(),
            "large_objects": self.objects.to_json(),
            "load_on_prod": self.cost.to_json(),
            "unfit": list(self.unfit),
            "rejects": shown(self.rejects) if self.rejects else None,
            "remarks": list(plan.remarks),
        }

    def _paths(self, table: TablePlan) -> dict[str, int | None] | None:
        """Give the rows of a subset's table by path; None is unknown before they are read."""
        paths = self.plan.paths.get(table.test)
        return None if paths is None else dict(paths)

    def _table(self, table: TablePlan) -> dict[str, Any]:
        size = self.sizes[table.test]
        return {
            "table": shown(table.test),
            "from": table.from_query or shown(table.prod),
            "where": table.where,
            "rows_by_path": self._paths(table),
            "estimated_rows": size.rows,
            "estimated_bytes": size.bytes,
            "columns": [
                {
                    "name": column.name,
                    "type": column.type,
                    "origin": column.origin.value,
                    "detail": column.detail or None,
                    "mask": column.mask,
                }
                for column in table.columns
            ],
            "retired_columns": list(table.retired),
            "sample": [dict(row) for row in self.samples[table.test]],
        }


def dry_run(order: Order, progress: Progress | None = None, manner: Manner | None = None) -> Preview:
    """Plan a sync and mask a few rows of each table; both databases are only read."""
    manner, progress = manner or Manner(), progress or Silent()
    with prepared(order, progress, manner) as ready:
        progress.step("reading samples")
        samples = {table.test: _sample(table, ready) for table in ready.plan.tables}
        progress.step("counting the rows that do not fit")
        questions = (gone_labels, unfit) if ready.keep.wanted else (unfit,)  # without, labels have been asked for
        refused = [str(each) for ask in questions for each in ask(ready.plan, ready.prod, ready.test)]
        return Preview(
            plan=ready.plan,
            sizes=ready.sizes,
            unfit=tuple(refused),
            rejects=ready.keep.table if ready.keep.wanted else None,
            samples=samples,
            mode=manner.mode,
            cost=cost_of(ready.plan, ready.sizes, ready.objects, manner),
            objects=ready.objects,
        )


def _sample(table: TablePlan, ready: Ready) -> tuple[Row, ...]:
    """Read a few rows of prod and mask them as a sync would."""
    if not table.sent:
        return ()
    part = ready.parts.get(table.test, (WHOLE,))[0]
    ready.reader.take_path(ready.prod.path_for(table))
    statement = sql.SQL("COPY ({}) TO STDOUT").format(_cut(table, table.query(part, limit=SAMPLE)))
    try:
        with ready.reader.driver.cursor() as cursor, cursor.copy(statement) as copy:
            data = b"".join(copy)
    except psycopg.Error as exc:
        raise unreadable(exc, table) from None
    data = mask_block(data, len(table.sent), table.maskers) if table.maskers and data else data
    columns = [map(_shown, decode(field)) for field in split(data, len(table.sent))]
    names = [column.name for column in table.sent]
    return tuple(dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def _cut(table: TablePlan, query: str) -> sql.Composable:
    """Compose the query with long values cut on prod, as COPY writes them: what `format` writes as a cast may not."""
    columns = [Name(f"krakn_{at}") for at in range(len(table.sent))]
    cut = sql.SQL(
        "CASE pg_catalog.num_nulls({0}) WHEN 0 THEN pg_catalog.\"left\"(pg_catalog.format('%s', {0}), {1}) END"
    )
    values = [cut.format(name, _MASKED if at in table.maskers else LONGEST + 1) for at, name in enumerate(columns)]
    return sql.SQL("SELECT {} FROM ({}) AS krakn_rows ({})").format(comma(values), verbatim(query), comma(columns))


def _shown(value: str | None) -> str | None:
    return f"{value[:LONGEST]}..." if value and len(value) > LONGEST else value
