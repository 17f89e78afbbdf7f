"""The profile's hooks in; SQL that runs on test before and after the load, in its transaction, out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias

from psycopg import sql

from ..errors import ProfileError, SyncError
from ..mask.hooks import CannotImport, imported
from ..names import text_of
from .profile import Profile
from .profile_rules import TableRule
from .profile_steps import HookStep
from .stream import Driver
from .values import Relation, shown

# As a part of a PL/pgSQL block, SQL can hold many statements, and neither COMMIT nor ROLLBACK: test stays whole.
_BLOCK = "BEGIN EXECUTE {}; END"

When: TypeAlias = Literal["before", "after"]


@dataclass(frozen=True)
class Moment:
    """When a function of the team's own is called; it gives SQL back, and has no connection itself."""

    when: When
    table: str | None  # 'public.users', in quotes where they are needed; None for the whole
    rows: int | None  # after: how many came, into the table or all in all
    prod_revision: tuple[str, ...] | None  # of Alembic
    test_revision: tuple[str, ...] | None


Said = str | sql.Composable
Function = Callable[[Moment], object]


@dataclass(frozen=True)
class Hook:
    """One hook: its place in the profile, and SQL or a function that gives it."""

    place: str
    sql: str | None
    function: Function | None = None

    async def statements(self, moment: Moment) -> list[str]:
        """Give what is to be run; a function runs in a thread, as it may take its time."""
        if self.function is None:
            return [self.sql or ""]
        try:
            given = await asyncio.to_thread(self.function, moment)
        except (Exception, SystemExit) as exc:  # what it says may hold values
            raise SyncError(f"the function raised {type(exc).__name__}") from None
        found = _listed(given)
        if found is None:
            raise SyncError(f"the function gave a {type(given).__name__}; expected None, SQL or a list of SQL")
        return found


def _listed(given: object) -> list[str] | None:
    if given is None:
        return []
    several = [given] if isinstance(given, Said) else list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(one, Said) for one in several):
        return None
    return [one if isinstance(one, str) else text_of(one) for one in several]  # type: ignore[arg-type]


@dataclass(frozen=True)
class Hooks:
    """All hooks of a profile, ready to run."""

    at: Mapping[tuple[When, Relation | None], tuple[Hook, ...]]  # around a table; None for the whole
    search_path: str  # the role's own on test


def hooks_of(profile: Profile, relations: Iterable[Relation], search_path: str) -> Hooks:
    """Import the functions that hooks of those tables and of the whole call, or say what cannot be imported."""
    rules: list[tuple[Relation | None, TableRule | Profile]] = [
        *((relation, profile.rule_for(*relation)) for relation in relations),
        (None, profile),
    ]
    found: dict[tuple[When, Relation | None], tuple[Hook, ...]] = {}
    for relation, rule in rules:
        given: dict[When, tuple[HookStep, ...]] = {"before": rule.before, "after": rule.after}
        for when, steps in given.items():
            if steps:
                place = profile.place(*relation, when) if relation else f"{profile.source}, {when}"
                found[when, relation] = _hooks(steps, place)
    return Hooks(found, search_path)


def refuse_idle(profile: Profile, relations: Iterable[Relation]) -> None:
    """Refuse steps around tables that are not filled: nobody would ever run them."""
    filled = set(relations)
    for relation in profile.named_tables:
        rule = profile.rule_for(*relation)
        steps = [key for key, given in (("before", rule.before), ("after", rule.after)) if given]
        steps += ["validate"] if rule.validation else []
        if steps and relation not in filled:
            raise ProfileError(
                f"{profile.place(*relation, steps[0])}: prod does not fill {shown(relation)}; write {steps[0]} at the"
                " top of the profile, where it goes with the whole"
            )


def _hooks(steps: tuple[HookStep, ...], place: str) -> tuple[Hook, ...]:
    several = len(steps) > 1
    return tuple(_hook(step, f"{place}, number {at}" if several else place) for at, step in enumerate(steps, start=1))


def _hook(step: HookStep, place: str) -> Hook:
    if step.call is None:
        return Hook(place, step.sql)
    try:
        return Hook(place, None, imported(step.call))
    except CannotImport as exc:
        raise ProfileError(f"{place}: {exc}") from None


async def run(test: Driver, hook: Hook, search_path: str, moment: Moment) -> None:
    """Run a hook, with the names that the role of test finds."""
    for statement in await hook.statements(moment):
        block = sql.SQL(_BLOCK).format(sql.Literal(statement))
        async with own_path(test, search_path):
            await test.execute(text_of(sql.SQL("DO LANGUAGE plpgsql {}").format(sql.Literal(text_of(block)))))


@asynccontextmanager
async def own_path(connection: Driver, search_path: str) -> AsyncIterator[None]:
    """Let SQL find its names in another path meanwhile."""
    choose = "SELECT pg_catalog.set_config('search_path', $1, false)"
    former = await connection.fetchval("SELECT pg_catalog.current_setting('search_path')")
    await connection.execute(choose, search_path)
    yield
    await connection.execute(choose, former)


__all__ = ["Hook", "Hooks", "Moment", "When", "hooks_of", "own_path", "refuse_idle", "run"]
