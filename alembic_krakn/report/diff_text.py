"""Write a diff for a terminal: its result in, styled lines out, grouped by table and read like `git diff`."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..diff import Answer, HazardKind, Verb, invalid_indexes
from .choice_text import GOALS, order, sentences
from .describe import Edit
from .differences import Difference, arrange
from .lines import Line, Style, count, line
from .perhaps import perhaps
from .summary import Summary, summarize

if TYPE_CHECKING:
    from ..api import DiffResult
    from ..catalog import Catalog
    from ..team import PendingRevision

    Explanation = tuple[PendingRevision, ...]

_SIGNS = {
    Verb.CREATE: ("+", Style.ADDED),
    Verb.DROP: ("-", Style.REMOVED),
    Verb.ALTER: ("~", Style.CHANGED),
    Verb.RENAME: ("~", Style.CHANGED),
    Verb.REPLACE: ("~", Style.CHANGED),
}
_DIFF_STYLES = {"+": Style.ADDED, "-": Style.REMOVED, "@": Style.DIM}
_ON_ONE_LINE = 90  # have and want of an attribute together; longer ones get lines of their own


def lines(result: DiffResult) -> list[Line]:
    """Write everything: the differences, what counts, and what nobody looked at."""
    tree = arrange(result)
    return [
        *(written for top in tree for written in (*_Writer().difference(top, 0, None), line())),
        *_closing(result, summarize(result, tree)),
    ]


class _Writer:
    """Write one top object; a revision's message is given the first time only."""

    def __init__(self) -> None:
        self.named: set[str] = set()

    def difference(self, each: Difference, indent: int, said: Explanation | None) -> Iterator[Line]:
        """Write one difference and its parts; `said` is the explanation that stands above it already."""
        if each.because is not None:
            yield line(f"~ {each.name}  rebuilt because of {each.because}", Style.DIM, indent)
            return
        told = _common(each) if each.verb is None else each.explained_by
        sign, style = _SIGNS[each.verb or Verb.ALTER]
        short = [edit for edit in each.edits if _is_short(edit)]
        texts = [*(f"{edit.attribute} {edit.have} -> {edit.want}" for edit in short)]
        if each.formerly:
            texts.insert(0, f"renamed from {each.formerly}")
        tail = f": {', '.join(texts)}" if texts else f" {each.detail}" if each.detail else ""
        pieces = [(f"{sign} ", style), (each.name, style if indent else Style.HEADING), (tail, style)]
        if told is not None and told != said:
            pieces.append((f"  ({self.explanation(told)})", Style.DIM))
        yield Line(tuple(pieces), indent)
        for edit in each.edits:
            if edit not in short:
                yield from _long(edit, indent + 4)
        yield from (line(f"+ {text}", Style.ADDED, indent + 4) for text in each.body)
        for hazard in (hazard for hazard in each.hazards if not each.undoes(hazard)):
            style = Style.ALARM if hazard.kind is HazardKind.DATA_LOSS else Style.WARNING
            yield line(f"! {hazard.kind.value}: {hazard.message}", style, indent + 4)
            if hazard.answer:
                yield line(str(hazard.answer), _answer_style(hazard.answer), indent + 6)
        if each.verb is not Verb.DROP:  # what goes with a dropped thing goes without saying
            for part in each.parts:
                yield from self.difference(part, indent + 4, told if told is not None else said)

    def explanation(self, revisions: Explanation) -> str:
        """Say which revisions explain something."""
        if not revisions:
            return "drift"
        names = [each.revision if each.revision in self.named else str(each) for each in revisions]
        self.named.update(each.revision for each in revisions)
        return f"explained by {', '.join(names)}"


def _answer_style(answer: Answer) -> Style:
    if answer.rows is None:
        return Style.WARNING
    return Style.ALARM if answer.rows else Style.GOOD


def _common(each: Difference) -> Explanation | None:
    """Give the explanation that all parts share, if they do."""
    found = {part.explained_by for part in each.parts if part.because is None}
    return found.pop() if len(found) == 1 else None


def _is_short(edit: Edit) -> bool:
    return "\n" not in edit.have + edit.want and len(edit.have) + len(edit.want) <= _ON_ONE_LINE


def _long(edit: Edit, indent: int) -> Iterator[Line]:
    """Write an attribute of several lines as the lines that differ, with one around them."""
    have, want = edit.have.splitlines(), edit.want.splitlines()
    if edit.attribute not in ("definition", "labels"):
        yield line(f"{edit.attribute}:", Style.CHANGED, indent)
    for text in list(difflib.unified_diff(have, want, n=2, lineterm=""))[2:]:
        if text.startswith("@@"):
            continue
        yield line(f"{text[0]} {text[1:]}", _DIFF_STYLES.get(text[0], Style.DIM), indent)


def _closing(result: DiffResult, summary: Summary) -> Iterator[Line]:
    if not summary.differences:
        scope = " in what was chosen" if result.choice.only or result.choice.exclude else ""
        scope += ", but for what only prod has" if result.choice.kept else ""
        other = f"{GOALS[result.to]} ({result.test})" if result.test else GOALS[result.to]
        same = "" if scope else f": the schema of prod ({result.prod}) is that of {other}"
        yield line(f"No differences{scope}{same}.", Style.GOOD)
    else:
        if result.pending:
            stand = f"prod is at {', '.join(result.at or ()) or 'no revision'}, "
            yield line(f"{stand}{count(len(result.pending), 'revision')} behind the project's head")
        verbs = [(summary.added, "added"), (summary.changed, "changed"), (summary.removed, "removed")]
        text = f"{count(summary.differences, 'difference')}: " + ", ".join(f"{n:,} {verb}" for n, verb in verbs if n)
        if summary.rebuilt:
            text += f"; {summary.rebuilt:,} more rebuilt because of them"
        yield line(text, Style.HEADING)
        if summary.drift is not None:
            yield line(f"{summary.explained or 0:,} explained by pending revisions, {summary.drift:,} drift")
        undone = dict(summary.undone)
        above = Counter(dict(summary.hazards)) - Counter({HazardKind.DOWNGRADE.value: sum(undone.values())})
        if above:
            yield line("hazards: " + ", ".join(f"{number:,} {kind}" for kind, number in above.items()), Style.WARNING)
        if summary.asked:
            yield _asked(summary.asked)
        if undone:
            new = " and ".join(count(number, f"new {kind}") for kind, number in undone.items())
            yield line(f"a downgrade drops {new}, with what has been put in by then")
    yield from (line(text, Style.WARNING) for text in perhaps(result.open))
    yield from map(line, sentences(result.choice))
    yield from (line(order(each), Style.DIM) for each in result.column_orders or ())
    yield from (line(text, Style.WARNING) for text in invalid(result.have, result.want))
    if result.plan.uncompared:
        yield line(uncompared(dict(result.plan.uncompared)), Style.WARNING)


def _asked(numbers: tuple[int, int, int]) -> Line:
    """Sum up what prod said."""
    safe, broken, unanswered = numbers
    style = Style.ALARM if broken else Style.WARNING if unanswered else Style.GOOD
    parts = [(safe, "safe"), (broken, "with rows in the way"), (unanswered, "not answered")]
    return line("prod was asked: " + ", ".join(f"{number:,} {what}" for number, what in parts if number), style)


def invalid(prod: Catalog, test: Catalog) -> Iterator[str]:
    """Say which indexes are of no use: prod's are built anew where test has a valid one, test's are no wish."""
    for name, catalog in (("prod", prod), ("test", test)):
        for index in invalid_indexes(catalog):
            yield f"{index.ident} is invalid in {name}, as a failed CREATE INDEX CONCURRENTLY leaves it"


def uncompared(kinds: dict[str, int]) -> str:
    """Say what was not compared: '3 policies and 1 rule were not compared'."""
    parts = [count(number, _singular(kind), kind) for kind, number in sorted(kinds.items())]
    text = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    return f"{text} {'was' if sum(kinds.values()) == 1 else 'were'} not compared"


def _singular(kind: str) -> str:
    """Say one of a kind: 'policy' for policies, 'operator class' for operator classes."""
    if kind.endswith("ies"):
        return f"{kind[:-3]}y"
    if kind.startswith("objects "):
        return f"object {kind.removeprefix('objects ')}"
    if kind == "statistics objects":
        return "statistics object"
    return kind[:-2] if kind.endswith("classes") else kind.removesuffix("s")
