"""What a subset is made of, as frozen values: rules, references between tables, and what was chosen in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import sql

from ..values import Part, Relation, SyncPlan, TablePlan


@dataclass(frozen=True)
class Reference:
    """How rows of one table refer to rows of another: by equal keys, which prod computes of its own rows."""

    child: Relation  # of test, as the parent
    parent: Relation
    child_key: tuple[sql.Composable, ...]
    parent_key: tuple[sql.Composable, ...]
    where: str | None = None  # only rows of the child for which this holds refer to the parent
    period: bool = False  # the last columns are ranges, and it is enough that they overlap
    filled: bool = False  # the same for every row of the child: it brings the parent, and tells nothing of the child
    operators: tuple[str, ...] = field(default=(), compare=False)  # that compare a parent's key with a child's; or `=`


@dataclass(frozen=True)
class Choice:
    """What the profile says of one table."""

    where: str | None = None
    sample: sql.Composable | None = None  # the condition on prod's rows
    limit: int | None = None
    order: tuple[str, ...] = ()  # the primary key, where `limit` needs it
    whole: bool = False
    follows: frozenset[Relation] | None = None
    label: str = ""  # what a report calls the rows that come by it: 'where', 'sample 5%, limit 100'

    @property
    def reduces(self) -> bool:
        """Tell whether it leaves rows out."""
        return bool(self.label)


@dataclass(frozen=True)
class Ground:
    """All that the choosing goes by."""

    tables: Mapping[Relation, TablePlan]  # by test's names
    choices: Mapping[Relation, Choice]  # of every table
    references: tuple[Reference, ...]
    parents_whole: bool = False  # tables above the reduced ones are left alone


@dataclass(frozen=True)
class Subset:
    """Which rows were chosen."""

    plan: SyncPlan  # with the paths, and the conditions that say all of what is chosen from a table
    parts: Mapping[Relation, tuple[Part, ...]] = field(default_factory=dict)  # the tables that conditions do not say
