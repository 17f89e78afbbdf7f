"""Ask prod what a plan is in doubt about: questions go in, each is one read-only transaction, answers come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import psycopg
from psycopg import errors

from ..catalog import Catalog
from ..checks import Question, answered, questions
from ..connect import ReadOnlyConnection
from ..diff import Answer, Doubt, Plan, Stage
from ..errors import ConnectError, SettingsError
from ..names import Name, text_of
from ..progress import Progress
from ..renames import NO_RENAMES, Renames
from ..sides import Sides

TIMEOUT = "30s"  # of a question, where no statement_timeout is set
_LONGEST = 60  # letters of a key's value that are shown

# The server's own limit stays where it is shorter.
_LIMIT = """
    SELECT pg_catalog.set_config('statement_timeout', coalesce(%(asked)s, %(usual)s), true)
    FROM pg_catalog.pg_settings AS s
    WHERE s.name = 'statement_timeout'
      AND (%(asked)s::text IS NOT NULL OR s.setting::int8 = 0 OR s.setting::int8 > 30000)
"""
# A question that row security would answer with a part of the rows is an error instead.
_EVERY_ROW = "SELECT pg_catalog.set_config('row_security', 'off', true)"
_HIDDEN = "SELECT pg_catalog.row_security_active(%(table)s::pg_catalog.regclass) AS hidden"


def refuse_reverse(*, reverse: bool, check_data: bool) -> None:
    """Stop where the database that changes is not the one that would be asked."""
    if reverse and check_data:
        raise SettingsError("--check-data asks prod, but with --reverse it is test that changes; leave one of them out")


def checked(
    plan: Plan,
    have: Catalog,
    want: Catalog,
    sides: Sides,
    progress: Progress,
    renames: Renames,
    done: Renames = NO_RENAMES,
) -> Plan:
    """Give a plan with prod's answers to its doubts.

    It begins at `have`, which is prod, or what pending revisions make of it; these have done the renames `done`.
    """
    asked = questions(plan, have, want, renames, prod=sides.have, done=done)
    answers: dict[Doubt, Answer] = {}
    for number, question in enumerate(asked, start=1):
        progress.step(f"asking prod ({number} of {len(asked)}): {question.doubt.asks.value} of {question.doubt.about}")
        answers[question.doubt] = ask(sides.prod, question, sides.settings.statement_timeout)
    return answered(plan, answers)


def checked_stage(
    stage: Stage, have: Catalog, sides: Sides, progress: Progress, renames: Renames, done: Renames
) -> Stage:
    """Give one stage of an online plan from `have` with prod's answers to its doubts."""
    alone, together = stage.up.alone, stage.up.together
    steps = checked(Plan((), (*alone, *together)), have, stage.want, sides, progress, renames, done).steps
    return replace(stage, up=replace(stage.up, alone=steps[: len(alone)], together=steps[len(alone) :]))


def ask(prod: ReadOnlyConnection, question: Question, timeout: str | None = None) -> Answer:
    """Ask one question; what prevents an answer is an answer, too."""
    if question.count is None:
        return Answer(unanswered=question.unaskable)
    rows: int | None = None
    keys: tuple[str, ...] = ()
    unanswered, limit = "", timeout or TIMEOUT
    try:
        with prod.snapshot():
            prod.fetch(_LIMIT, {"asked": timeout, "usual": TIMEOUT})
            prod.fetch(_EVERY_ROW)
            limit = prod.fetch("SHOW statement_timeout")[0]["statement_timeout"]
            prod.take_own_path()
            rows = int(prod.fetch(question.count)[0]["rows"])
            if rows and question.keys:
                keys = tuple(_shown(question.key, list(row.values())) for row in prod.fetch(question.keys))
    except psycopg.Error as exc:
        if prod.driver.closed:
            unanswered = "lost"
        elif rows is None:  # else only the keys are not known
            unanswered = _reason(exc, question, prod, limit)
    if unanswered == "lost":
        # Out of the except clause: a driver's message may hold what prod sent.
        raise ConnectError(f"prod at {prod.address.shown} went away while it was asked about {question.doubt.about}")
    return Answer(rows, keys, unanswered, question.note, question.noun)


def _reason(exc: psycopg.Error, question: Question, prod: ReadOnlyConnection, limit: str) -> str:
    """Say why there is no answer, in words of our own: the server's may hold what a row does."""
    if isinstance(exc, errors.QueryCanceled):
        return f"it took longer than {limit}"
    if isinstance(exc, errors.LockNotAvailable):
        return "somebody holds a lock that is in the way"
    if isinstance(exc, errors.InsufficientPrivilege):
        return _forbidden(question, prod)
    state = exc.sqlstate or type(exc).__name__
    if state.startswith("22") and question.tried:
        return f"a value does not fit, and the cast says no more than that (SQLSTATE {state})"
    if state.startswith("22"):
        return f"a value that does not fit stopped the question (SQLSTATE {state})"
    if state.startswith("42"):
        return f"prod does not have yet all that the question names (SQLSTATE {state})"
    return f"the question failed (SQLSTATE {state})"


def _forbidden(question: Question, prod: ReadOnlyConnection) -> str:
    """Tell row security from a privilege that is missing."""
    for relation in question.reads:
        name = text_of(Name(*relation))
        try:
            hidden = prod.fetch(_HIDDEN, {"table": name})[0]["hidden"]
        except psycopg.Error:  # no USAGE on the schema
            hidden = False
        if hidden:
            return f"row security hides rows of {name} from prod's role; it needs BYPASSRLS to count them"
    return f"prod's role may not read {', '.join(text_of(Name(*each)) for each in question.reads)}; it needs SELECT"


def _shown(key: Sequence[str], values: Sequence[str | None]) -> str:
    """Say the key of a row: 'id=3', '(a, b)=(1, 2)'."""
    said = [_plain(value) if value is not None else "null" for value in values]
    names = [text_of(Name(column)) for column in key]
    return f"{names[0]}={said[0]}" if len(names) == 1 else f"({', '.join(names)})=({', '.join(said)})"


def _plain(value: str) -> str:
    """Give a value on one line, and not all of a long one; it goes into terminals and into comments of files."""
    text = value if value.isprintable() else value.encode("unicode_escape").decode("ascii")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
