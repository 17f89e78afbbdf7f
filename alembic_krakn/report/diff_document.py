"""What a diff is for a program: the types of the JSON document, from which its JSON Schema is made.

A key that only some documents have is `NotRequired`. New keys may come; when one goes or changes its meaning,
VERSION grows.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field
from typing_extensions import NotRequired, TypedDict  # pydantic needs this one before Python 3.12

from ..diff import HazardKind, Verb

VERSION: Final = 1

VerbWord = Annotated[str, Field(json_schema_extra={"enum": [verb.value for verb in Verb]})]
HazardWord = Annotated[str, Field(examples=[kind.value for kind in HazardKind])]
Path = Annotated[
    list[str],
    Field(
        description="Begins with the schema where the kind lives in one. A comment's is the kind and path of what it"
        " comments.",
        examples=[["public", "orders", "amount"]],
    ),
]


class Thing(TypedDict):
    """The identity of one thing."""

    kind: Annotated[str, Field(examples=["table", "column", "materialized view"])]
    path: Path


class Prod(TypedDict):
    """The database as it is."""

    database: Annotated[str, Field(description="host:port/database, never with a password")]
    revisions: Annotated[
        list[str] | None, Field(description="What its version table names; null without an Alembic project.")
    ]


class Test(TypedDict):
    """The database as it shall be."""

    database: Annotated[
        str | None,
        Field(description="host:port/database, never with a password; null where prod is not compared with it"),
    ]


class Revision(TypedDict):
    """A revision of the project."""

    revision: str
    message: str


class Hazard(TypedDict):
    """What a reviewer must know; with `--check-data` and where prod was asked about it, what prod said."""

    kind: Annotated[HazardWord, Field(description="The name of a page in docs/hazards.")]
    message: str
    rows: NotRequired[Annotated[int | None, Field(description="How many are in the way; null when nobody knows.")]]
    keys: NotRequired[Annotated[list[str], Field(description="Of up to five of them.", examples=[["id=3", "id=17"]])]]
    unanswered: NotRequired[Annotated[str | None, Field(description="Why nobody knows.")]]
    note: NotRequired[Annotated[str | None, Field(description="How to read the number.")]]


class Change(TypedDict):
    """One fact that differs, or that is built anew around one that does."""

    verb: VerbWord
    kind: Annotated[str, Field(examples=["table", "column", "materialized view"])]
    path: Path
    was: Annotated[
        list[str] | None,
        Field(description="Of a rename, the path that prod has; every other path is one after all renames."),
    ]
    have: Annotated[
        dict[str, Any] | None,
        Field(description="The fact as prod has it, without what the path says already; null where it is not there."),
    ]
    want: Annotated[dict[str, Any] | None, Field(description="The same as test has it.")]
    hazards: list[Hazard]
    because: Annotated[
        Thing | None, Field(description="The change that makes it necessary to rebuild this, equal on both sides.")
    ]
    explained_by: Annotated[
        list[str] | None,
        Field(description="The pending revisions that explain it; [] for drift, null when nobody could be asked."),
    ]


class Summary(TypedDict):
    """How much differs."""

    differences: int
    added: int
    changed: int
    removed: int
    rebuilt: Annotated[int, Field(description="Does not count as a difference.")]
    explained: Annotated[int | None, Field(description="null when nobody could be asked")]
    drift: Annotated[int | None, Field(description="null when nobody could be asked")]
    hazards: Annotated[dict[str, int], Field(description="By kind, how many.")]


class Replaced(Thing):
    """A thing that only prod has and that goes all the same, as another stands in its place."""

    by: Thing


class Choice(TypedDict):
    """What was chosen, and what stays for it."""

    only: Annotated[list[str], Field(description="The patterns of --only; [] for everything.")]
    exclude: Annotated[list[str], Field(description="The patterns of --exclude.")]
    keep_prod_only: bool
    kept: Annotated[
        list[Thing],
        Field(description="What stays because only prod has it, without its parts. An enum's value is a 'label'."),
    ]
    replaced: list[Replaced]


class ColumnOrder(TypedDict):
    """The columns that both sides have of one table, by test's names."""

    table: Path
    have: Annotated[list[str], Field(description="in prod's order")]
    want: Annotated[list[str], Field(description="in test's order")]


class Suggestion(TypedDict):
    """Something that may be renamed, and is dropped and added, as nobody says so."""

    kind: Annotated[str, Field(examples=["table", "column", "label"])]
    have: Path
    want: Path
    likeness: Annotated[float, Field(description="Up to 1.")]
    why: str


class Document(TypedDict):
    """What `krakn diff --format json` prints."""

    version: Literal[1]
    prod: Prod
    test: Test
    to: Annotated[str, Field(description="What prod is compared with.", examples=["test", "head", "models"])]
    reverse: Annotated[
        bool, Field(description="Whether both sides are swapped: `want` is then prod, and `have` the other one.")
    ]
    pending: Annotated[
        list[Revision] | None,
        Field(
            description="The revisions that prod does not have, in the order in which they run; null without an Alembic"
            " project, and when they could not be rehearsed."
        ),
    ]
    choice: Choice
    column_order: Annotated[
        list[ColumnOrder] | None,
        Field(description="The tables whose columns stand in another order; null without --column-order."),
    ]
    suggestions: list[Suggestion]
    changes: Annotated[list[Change], Field(description="By kind and path.")]
    invalid_indexes: Annotated[
        dict[Literal["prod", "test"], list[Path]],
        Field(description="What a failed CREATE INDEX CONCURRENTLY left; test's are built in prod, valid ones."),
    ]
    uncompared: Annotated[
        dict[str, int], Field(description="Kinds of objects that are not compared, and how many there are.")
    ]
    summary: Summary


__all__ = [
    "VERSION",
    "Change",
    "Choice",
    "ColumnOrder",
    "Document",
    "Hazard",
    "Prod",
    "Revision",
    "Suggestion",
    "Summary",
    "Test",
    "Thing",
]
