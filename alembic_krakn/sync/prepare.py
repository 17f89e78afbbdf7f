"""Two addresses and a profile in; a plan that both databases allow, under a snapshot of prod that stays open, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

import psycopg

from ..catalog import Catalog, read_catalog
from ..connect import ReadOnlyConnection, WritableConnection, behind_builtins, open_prod, open_test, refuse_same
from ..errors import SyncError
from ..progress import Progress
from ..renames import Renames
from .age import Age
from .asking import Prod
from .before import Size, last_values, readable, refuse_foreign, sizes
from .elsewhere import refuse_foreign_partitions, without_foreign
from .fills import Filler
from .former_names import former_names
from .guards import refuse_protected
from .history import History, history_of
from .hooks import Hooks, hooks_of, refuse_idle
from .large_objects import LargeObjects, large_objects
from .leaves import parts_by_leaf
from .order import Manner, Order, refuse_mixed
from .plan import plan_sync, refusal
from .problems import AS_IT_WAS, CONFLICT, conflicts
from .queries import Shape, read_shapes
from .rejects import Keep, rejects_table
from .row_keys import Key, keys_of, refuse_other_secret
from .slips import refuse_misfits, refuse_slips
from .structure import Structure, structure_of
from .subset import Ground, Subset, choose, ground_of
from .trial import Trial
from .unfit import gone_labels
from .validate import Question, questions_of, refuse_unaskable
from .values import Part, Relation, SyncPlan, TablePlan


@dataclass(frozen=True)
class Ready:
    """All that a load or a dry run needs."""

    order: Order
    manner: Manner
    began: datetime
    age: Age  # of prod's snapshot
    plan: SyncPlan
    prod: Prod
    test: Catalog
    structure: Structure  # what happens to test's schema around the load
    sizes: Mapping[Relation, Size]  # of prod's tables, by test's names
    last_values: Mapping[Relation, int]  # of prod's sequences
    history: History
    keep: Keep  # of rows that break a constraint of test
    hooks: Hooks
    questions: tuple[Question, ...]  # of the profile, for both sides
    objects: LargeObjects
    keys: Mapping[Relation, Key | None]  # of test's tables, where not all rows are replaced; None replaces a table
    parts: Mapping[Relation, tuple[Part, ...]] = field(default_factory=dict)  # of test's tables; others are read whole

    @property
    def reader(self) -> ReadOnlyConnection:
        """Give the connection that reads prod, inside its snapshot."""
        return self.prod.reader

    @property
    def search_path(self) -> str:
        """Give the search path that prod's role has."""
        return self.prod.search_path

    @property
    def paths(self) -> tuple[str, str]:
        """Give the search paths of prod's role and of test's."""
        return self.search_path, self.hooks.search_path

    @property
    def chosen(self) -> bool:
        """Tell whether rows of a table are named one by one, which are others each time."""
        return any(part.leaf is None for parts in self.parts.values() for part in parts)

    def expected(self, table: TablePlan) -> int | None:
        """Guess how many rows will come, for whoever watches; None where a condition makes it unknown."""
        known = [part.rows for part in self.parts.get(table.test, ())]
        if known and None not in known:
            return sum(rows for rows in known if rows is not None)
        size = self.sizes.get(table.test)
        return size.rows or None if size and not table.where else None

    def expected_size(self, table: TablePlan) -> int | None:
        """Guess how many bytes will come, where all rows do."""
        size = self.sizes.get(table.test)
        counted = any(part.rows is not None for part in self.parts.get(table.test, ()))
        return size.bytes or None if size and not (table.where or counted) else None

    def may_be_large(self, table: TablePlan) -> bool:
        """Tell whether rows may be large: only what PostgreSQL keeps outside of a table makes them so, or SQL does."""
        size = self.sizes.get(table.test)
        return size is None or size.outside > 0 or table.own_sql


@contextmanager
def prepared(order: Order, progress: Progress, manner: Manner | None = None) -> Iterator[Ready]:
    """Read both catalogs, plan, make sure that both roles may do as the plan says, and choose rows; all only reads."""
    manner = manner or Manner()
    refuse_mixed(order, manner)
    with open_prod(order.prod) as reader:
        search_path = str(reader.fetch("SHOW search_path")[0]["search_path"])
        with reader.snapshot():
            age = Age(manner.max_snapshot_age)
            try:
                with age.watched(reader):
                    ready = _ready(order, progress, manner, reader, search_path, age)
            except psycopg.OperationalError as exc:
                if not conflicts(exc):
                    raise
                raise SyncError(f"{CONFLICT}; {AS_IT_WAS}") from None
            yield ready


@dataclass(frozen=True)
class _Agreed:
    """What both schemas, both roles and the profile agree on, before anybody looks at rows."""

    prod: Prod
    want: Catalog
    leaves: Mapping[Relation, tuple[Part, ...]]
    shapes: Mapping[Relation, Shape]  # of what the profile's queries give
    plan: SyncPlan
    structure: Structure
    questions: tuple[Question, ...]
    history: History
    ground: Ground | None  # of the choice of rows, where not all come
    hooks: Hooks
    keys: Mapping[Relation, Key | None]


def _ready(
    order: Order, progress: Progress, manner: Manner, reader: ReadOnlyConnection, search_path: str, age: Age
) -> Ready:
    """Plan and choose rows in prod's snapshot."""
    began = datetime.now(timezone.utc)
    with open_test(order.test) as writer:
        refuse_same(reader, writer)
        refuse_protected(writer, order.protected)
        agreed = _agree(order, progress, manner, reader, writer, search_path)
    prod, want, plan = agreed.prod, agreed.want, agreed.plan
    refuse_unaskable([each for each in agreed.questions if not each.no_rows], reader, search_path)
    keep = Keep(rejects_table(order.version_tables), want, wanted=order.on_violation == "quarantine")
    if not keep.wanted and (gone := gone_labels(plan, prod, want)):
        raise refusal(order.profile, gone)
    known = sizes(reader, plan, agreed.shapes)
    subset = Subset(plan)
    if agreed.ground:
        subset = choose(prod, plan, agreed.ground, known, progress, manner.statement_timeout)
    objects, left = large_objects(prod, want, subset.plan, agreed.structure, subset.parts, order.profile.large_objects)
    told = [text for text in (agreed.history.unkept, left) if text]
    return Ready(
        order=order,
        manner=manner,
        began=began,
        age=age,
        plan=replace(subset.plan, remarks=(*subset.plan.remarks, *told)),
        prod=prod,
        test=want,
        structure=agreed.structure,
        sizes=known,
        last_values=last_values(reader),
        history=agreed.history,
        keep=keep,
        objects=objects,
        keys=agreed.keys,
        parts={**agreed.leaves, **subset.parts},
        hooks=agreed.hooks,
        questions=agreed.questions,
    )


def _agree(
    order: Order,
    progress: Progress,
    manner: Manner,
    reader: ReadOnlyConnection,
    writer: WritableConnection,
    search_path: str,
) -> _Agreed:
    """Read both catalogs, plan, and make sure that both sides can do as the plan and the profile say."""
    profile = order.profile
    test_path = str(writer.fetch("SHOW search_path")[0]["search_path"])
    progress.step("reading the catalog of prod")
    everything = read_catalog(reader.ask)
    have = without_foreign(everything)
    prod = Prod(reader, have, search_path)
    shapes = read_shapes(reader, profile, search_path)
    reader.take_path(behind_builtins(search_path))
    with writer.snapshot():
        progress.step("reading the catalog of test")
        found = read_catalog(writer.ask)
        want = without_foreign(found)
        writer.take_path(behind_builtins(test_path))
        filler = Filler(prod, want, Trial(writer, want), profile) if order.auto_fill else None
        renamed = replace(order, renames=_with_labels(order, have, want))
        plan = plan_sync(have, want, renamed, shapes, filler, replaces=manner.mode == "replace")
        refuse_foreign_partitions(found, plan)
        plan = readable(reader, plan)
        refuse_slips(reader, plan, profile, search_path)
        refuse_misfits(writer, plan, profile)
        structure = structure_of(want, plan)
        refuse_foreign(writer, structure)
        relations = [table.test for table in plan.tables]
        refuse_idle(profile, relations)
        questions = questions_of(profile, relations)
        history = history_of(reader, writer, profile.fingerprint, order.version_tables)
        ground = ground_of(have, want, plan, profile)
        hooks = hooks_of(profile, relations, test_path)
        keys: Mapping[Relation, Key | None] = {}
        if manner.mode != "replace":
            keys = keys_of(writer, plan, profile, manner.mode)
            if not manner.delete_vanished:
                refuse_other_secret(writer, plan, keys, history)
        refuse_unaskable(questions, writer, test_path)
    leaves = parts_by_leaf(reader, everything, found, plan) if manner.mode == "replace" else {}
    return _Agreed(prod, want, leaves, shapes, plan, structure, questions, history, ground, hooks, keys)


def _with_labels(order: Order, have: Catalog, want: Catalog) -> Renames:
    """Add the labels of enums that the profile says were renamed; its tables and columns are rules of their own."""
    said = former_names(order.profile, have, want).labels
    return replace(order.renames, labels={**said, **order.renames.labels})
