"""What leads from one catalog to another: changes, the steps that make them, and the hazards of each step."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..catalog import Fact
from ..names import Ident


class Verb(enum.Enum):
    """What happens to a thing."""

    CREATE = "create"
    ALTER = "alter"
    DROP = "drop"
    RENAME = "rename"  # or move to another schema; before all other steps
    REPLACE = "replace"  # only of a change: its steps are a DROP and a CREATE


class HazardKind(enum.Enum):
    """What a reviewer must know about a step; the value is the name of its page in the docs."""

    DATA_LOSS = "data-loss"
    REWRITE = "table-rewrite"
    LOCK = "lock"
    INDEX_BUILD = "index-build"
    MAY_FAIL = "may-fail"
    REBUILT = "dependents-rebuilt"
    PRIVILEGES = "privileges-change"
    DOWNGRADE = "downgrade-loss"
    SECRET = "secret-left-out"


class Asks(enum.Enum):
    """What the rows that exist can be asked about a step that may fail."""

    ROWS = "rows"  # of a table: are there any?
    NULLS = "nulls"  # of a column
    BREAKS = "breaks"  # a constraint, or the key of a unique index
    FIT = "fit"  # a column's new type
    LABELS = "labels"  # of an enum, in a column
    DOMAIN = "domain"  # new constraints of it, in a column
    ROUNDED = "rounded"  # numbers that a column's new type has too few places for
    BOUNDS = "bounds"  # of a table that becomes a partition
    CLAIMED = "claimed"  # of a default partition, by the bounds of a new one
    COUNTER = "counter"  # of a sequence, or of an identity column


@dataclass(frozen=True, slots=True)
class Doubt:
    """What nobody knows about a step without asking prod."""

    asks: Asks
    about: Ident
    words: tuple[str, ...] = ()  # the labels that go, or the constraints that are new to the domain


@dataclass(frozen=True, slots=True)
class Answer:
    """What prod said to a doubt: how many rows are in the way and the keys of a few, or why nobody knows."""

    rows: int | None = None
    keys: tuple[str, ...] = ()  # 'id=3'
    unanswered: str = ""
    note: str = ""  # how to read the number
    noun: str = "such row"

    def __str__(self) -> str:
        """Say it for a person: 'prod has 7 such rows: id=3, id=17, ...'."""
        if self.rows is None:
            return f"not answered: {self.unanswered}"
        if not self.rows:
            return "prod has none"
        more = [*self.keys, "..."] if self.keys and len(self.keys) < self.rows else self.keys
        text = f"prod has {self.rows:,} {self.noun}{'' if self.rows == 1 else 's'}"
        return f"{text}{f' ({self.note})' if self.note else ''}{': ' if more else ''}{', '.join(more)}"


@dataclass(frozen=True, slots=True, order=True)
class Hazard:
    """One thing that a reviewer must know, as one sentence; with what prod can be asked about it, and has said."""

    kind: HazardKind = field(compare=False)
    message: str
    doubt: Doubt | None = field(default=None, compare=False)
    answer: Answer | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between `have` and `want`, for a person to read."""

    verb: Verb
    ident: Ident
    have: Fact | None = None
    want: Fact | None = None
    hazards: tuple[Hazard, ...] = ()
    because: Ident | None = None  # an equal thing that is rebuilt only because of this other one


@dataclass(frozen=True, slots=True)
class Step:
    """One statement or a few that belong together, in an order that runs.

    `members` are the facts that a CREATE makes besides `want`: a table's columns, defaults and
    constraints; a column's default. They have no steps of their own.
    """

    verb: Verb
    ident: Ident
    have: Fact | None = None
    want: Fact | None = None
    members: tuple[Fact, ...] = ()
    statements: tuple[str, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    concurrently: bool = False  # an index is built or dropped outside of a transaction


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole way from one catalog to another."""

    changes: tuple[Change, ...]  # by name
    steps: tuple[Step, ...]  # in the order to run them
    uncompared: Mapping[str, int] = field(default_factory=dict)  # kinds not modelled, on either side: how many

    def __bool__(self) -> bool:
        """Say whether there is anything to do."""
        return bool(self.steps)
