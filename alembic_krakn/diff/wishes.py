"""Say what had better run before what, where pg_depend knows of nothing: actions and both catalogs in, pairs out.

The text of a function names what it calls, which must be there as soon as rows are checked, filled or indexed through
it; and a call means another function as long as one of the same name is there that goes. Names in a text prove nothing,
so a wish gives way to what must be.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ..catalog import Catalog, Column, Constraint, Function, Index, Table
from ..names import Ident
from .changes import Verb
from .ranks import Action
from .rules import Sides
from .rules.inheritance import above

Wish = tuple[Action, Action]  # the first one before the second

ROUTINES = frozenset({"function", "aggregate"})
CALLED = ROUTINES | {
    *("table", "column", "view", "materialized view", "sequence"),
    *("enum", "domain", "composite type", "range type", "base type", "operator", "collation"),
    *("text search configuration", "text search dictionary"),
}  # what the text of a function may need
GROUND = frozenset({"schema", "extension"})  # what stands on no extension
# What depends on a function and does not call it while the plan runs.
CALL_LATER = frozenset({"comment", "privileges", "owner", "trigger", "trigger state", "event trigger", "policy"})


def wishes(actions: Iterable[Action], sides: Sides) -> set[Wish]:
    """Pair what had better run first with what had better wait for it."""
    wanted = set(actions)
    return {
        *_called_before(wanted, sides.want),
        *_gone_before(wanted, sides),
        *_moved_before(wanted, sides),
        *_parted_before(wanted, sides),
    }


def _parted_before(wanted: set[Action], sides: Sides) -> Iterator[Wish]:
    """Pair partitions and heirs that go with what changes in tables above: rows that go need not be proved, nor be
    written anew, and PostgreSQL adds no check of whole rows while there is an heir.
    """
    gone: dict[Ident | None, list[Action]] = defaultdict(list)
    for action in wanted:
        if action.verb is Verb.DROP and action.ident.kind == Table.kind:
            for table in above(action.ident.path, sides.have):
                gone[Ident(Table.kind, table)].append(action)
    for then in wanted if gone else ():
        if (then.verb is Verb.CREATE and then.ident.kind in (Constraint.kind, Index.kind)) or (
            then.verb is not Verb.DROP and then.ident.kind == Column.kind
        ):
            yield from ((first, then) for first in gone.get(sides.want.facts[then.ident].parent, ()))


def _moved_before(wanted: set[Action], sides: Sides) -> Iterator[Wish]:
    """Pair extensions that move to another schema with all that may name it, as pg_depend tells nothing of theirs."""
    for extension in sides.moved_extensions:
        first = Action(Verb.ALTER, extension.ident)
        yield from ((first, then) for then in wanted if then.verb is not Verb.DROP and then.ident.kind not in GROUND)


def _called_before(wanted: set[Action], want: Catalog) -> Iterator[Wish]:
    """Pair what the texts of functions name with these functions, and with what calls them while the plan runs."""
    texts = {action.ident: action for action in wanted if action.verb is not Verb.DROP and _has_text(action, want)}
    calls = {ident: found for ident in sorted(texts) if (found := _called_now(ident, wanted, want))}
    named = _by_word(wanted) if calls else {}
    words = {ident: set(re.findall(r"\w+", _text(ident, want))) for ident in texts} if calls else {}
    for function, callers in calls.items():
        queue, seen = [function], {function}
        while queue:
            ident = queue.pop()
            for other in (other for word in words[ident] for other in named.get(word, ())):
                if other.ident == ident or (other.ident.kind == "column" and other.ident.path[1] not in words[ident]):
                    continue
                yield other, texts[ident]
                yield from ((other, caller) for caller in callers)
                if other.ident in texts and other.ident not in seen:
                    seen.add(other.ident)
                    queue.append(other.ident)


def _has_text(action: Action, want: Catalog) -> bool:
    fact = want.facts[action.ident]
    return isinstance(fact, Function) and not fact.parsed


def _text(ident: Ident, want: Catalog) -> str:
    fact = want.facts[ident]
    return fact.definition if isinstance(fact, Function) else ""


def _called_now(ident: Ident, wanted: set[Action], want: Catalog) -> list[Action]:
    """List what the plan makes or alters that depends on a function and may call it at once."""
    dependents = (each for each in want.needed_by.get(ident, ()) if each.kind not in CALL_LATER)
    actions = (Action(verb, each) for each in dependents for verb in (Verb.CREATE, Verb.ALTER))
    return [action for action in actions if action in wanted]


def _by_word(wanted: set[Action]) -> Mapping[str, list[Action]]:
    """Map the names of what is created, and of the functions that are replaced, to that."""
    found: dict[str, list[Action]] = defaultdict(list)
    for action in wanted:
        kind = action.ident.kind
        if action.verb is Verb.DROP or kind not in CALLED or (action.verb is Verb.ALTER and kind not in ROUTINES):
            continue
        found[action.ident.path[2 if kind == "column" else 1]].append(action)
    return found


def _gone_before(wanted: set[Action], sides: Sides) -> Iterator[Wish]:
    """Pair the functions and operators that go with what calls others of the same name, and the transforms with the
    functions that would use them again.
    """
    gone: dict[tuple[str, ...], list[Action]] = defaultdict(list)
    for action in wanted:
        if action.verb is Verb.DROP and action.ident.kind == "transform":
            for user in sides.have.needed_by.get(action.ident, ()):
                if (then := Action(Verb.CREATE, user)) in wanted:
                    yield action, then
        if action.verb is Verb.DROP and action.ident.kind in (*ROUTINES, "operator"):
            gone[action.ident.path[:2]].append(action)
    if not gone:
        return
    for ident in sides.want.facts:
        if ident.kind in (*ROUTINES, "operator") and ident.path[:2] in gone:
            for dependent in sides.want.needed_by.get(ident, ()):
                for verb in (Verb.CREATE, Verb.ALTER):
                    if (then := Action(verb, dependent)) in wanted:
                        yield from ((first, then) for first in gone[ident.path[:2]] if first.ident != then.ident)
