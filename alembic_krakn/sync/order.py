"""What a person asked for, as frozen values: which databases by which rules, and in what manner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..connect import Address
from ..errors import SettingsError
from ..mask import MaskKey
from ..renames import NOTHING_MADE, Made, Renames
from .profile import Profile
from .values import Relation

_ALEMBIC_VERSION = frozenset({("public", "alembic_version")})


@dataclass(frozen=True)
class Order:
    """Which rows shall go where, by which rules."""

    prod: Address
    test: Address
    profile: Profile
    renames: Renames
    key: MaskKey | None = None
    version_tables: frozenset[Relation] = _ALEMBIC_VERSION
    protected: tuple[str, ...] = ()  # patterns of `host` or `host/database` that are nobody's test database
    auto_fill: bool = False  # find values where prod has none and test needs one
    made: Made = NOTHING_MADE
    on_violation: Literal["fail", "quarantine"] = "fail"  # where rows break a constraint of test


@dataclass(frozen=True)
class Manner:
    """How a sync shall go about it; times are PostgreSQL's words, and "0" is no limit."""

    mode: Literal["replace", "upsert", "append"] = "replace"
    delete_vanished: bool = False  # with upsert: rows of test that prod does not give go
    lock_timeout: str = "10s"  # on test
    statement_timeout: str = "0"  # on either side; a table's COPY is one statement
    max_rate: float | None = None  # megabytes a second that all streams together read from prod
    max_snapshot_age: str = "0"  # on prod
    swap: bool = False  # fill a new database beside test and put it in test's place
    jobs: int = 1  # with `swap`: how many connections to each side
    keep: int = 1  # with `swap`: how many former databases stay
    resume: bool = False  # with `swap`: go on with what an earlier run left unfinished


def refuse_mixed(order: Order, manner: Manner) -> None:
    """Refuse what cannot go together."""
    if manner.delete_vanished and manner.mode != "upsert":
        raise SettingsError(f"--delete-vanished goes with --mode upsert; with --mode {manner.mode} there is none to do")
    if manner.mode == "replace":
        return
    if manner.swap:
        raise SettingsError(
            f"--mode {manner.mode} changes the rows that test has, and --swap fills another database; leave one out"
        )
    if order.on_violation == "quarantine":
        raise SettingsError(
            f"--mode {manner.mode} takes all that is new or nothing, and --on-violation quarantine takes what fits;"
            " leave out one of them"
        )


__all__ = ["Manner", "Order", "refuse_mixed"]
