"""Give things their new names one after the other, so that no two ever have one: sound renames in, RENAME steps out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from psycopg import sql

from ..catalog import Catalog, Column, Fact, Inheritance
from ..names import Ident, Name, text_of, verbatim
from ..renames import Renames
from .changes import Step, Verb
from .respell import Speller
from .rules import inputs, relation_names

ON_TABLES = {"constraint": "TABLE", "trigger": "TRIGGER", "policy": "POLICY", "rule": "RULE", "column": "TABLE"}
TYPES = frozenset({"enum", "composite type", "range type", "base type"})
KEYWORDS = {"constraint": "INDEX", "foreign server": "SERVER"}  # where it is not the kind
Path = tuple[str, ...]


@dataclass(frozen=True)
class _Move:
    """One thing on its way from one name to another; `space` is where names must not meet."""

    ident: Ident  # in `have`
    space: Path
    have: Path
    want: Path


def rename_steps(renames: Renames, speller: Speller, after: Catalog) -> Iterator[Step]:
    """Give the steps from the inside out: everything around a thing still has its old name then."""
    facts = speller.have.facts
    for enum in sorted(renames.labels):
        lead = sql.SQL("ALTER TYPE {} RENAME VALUE ").format(Name(*enum.path))
        moves = [_Move(enum, ("label",), (was,), (now,)) for was, now in sorted(renames.labels[enum].items())]
        taken: set[Path] = {(label,) for label in getattr(facts[enum], "labels", ())}
        statements = [
            text_of(lead + sql.SQL("{} TO {}").format(sql.Literal(was[0]), sql.Literal(now[0])))
            for _, was, now in _in_turn(moves, taken)
        ]
        now = speller.called(enum)
        yield Step(Verb.RENAME, now, facts[enum], after.facts[now], statements=tuple(statements))
    ordered = sorted(_moves(renames, facts), key=lambda move: (move.space, move.ident))
    for space in sorted({move.space for move in ordered}):
        held: set[Path] = {path for fact in facts.values() for path in _places(fact, space)}
        for move, was, becomes in _in_turn([move for move in ordered if move.space == space], held):
            now = speller.called(move.ident)
            said = tuple(map(text_of, _statements(facts[move.ident], was, becomes)))
            yield Step(Verb.RENAME, now, facts[move.ident], after.facts[now], statements=said)


def _moves(renames: Renames, facts: Mapping[Ident, Fact]) -> Iterator[_Move]:
    for was, now in renames.things.items():
        fact = facts[was]
        if _comes_along(fact, was, now, renames, facts):
            continue
        if was.kind in ON_TABLES and not relation_names(fact):
            yield _Move(was, ("1", was.kind, *was.path[:2]), was.path, (*was.path[:2], now.path[2]))
        elif was.kind in ON_TABLES:  # a key, which has a name among the relations
            yield _Move(was, ("3",), (was.path[0], was.path[2]), (was.path[0], now.path[2]))
        elif was.kind in ("function", "aggregate"):
            yield _Move(was, ("2", "function"), was.path, (*now.path[:2], was.path[2]))
        elif was.kind == "schema":
            yield _Move(was, ("4",), was.path, now.path)
        else:
            yield _Move(was, ("3",) if relation_names(fact) else ("2", was.kind), was.path, now.path)


def _comes_along(fact: Fact, was: Ident, now: Ident, renames: Renames, facts: Mapping[Ident, Fact]) -> bool:
    """Say whether a thing gets its new name by the rename of another one."""
    if isinstance(fact, Column):
        under = facts.get(Ident("inheritance", was.path[:2]))
        parents = under.parents if isinstance(under, Inheritance) else ()
        return any(Ident("column", (*parent, fact.name)) in renames.things for parent in parents)
    if was.kind == "trigger state":
        return True
    if was.kind in ("index", "sequence"):
        return was.path[-1] == now.path[-1]  # a table takes them with it to another schema
    return False


def _places(fact: Fact, space: Path) -> list[Path]:
    if space[0] == "3":
        return list(relation_names(fact))
    if space[0] == "1":
        return [fact.ident.path] if (fact.kind, *fact.ident.path[:2]) == space[1:] else []
    return [fact.ident.path] if space[0] == "2" and fact.kind == space[1] else []


def _in_turn(moves: list[_Move], taken: set[Path]) -> Iterator[tuple[_Move, Path, Path]]:
    """Put moves in an order in which no two things ever have one name; a circle is opened by a name for the moment."""
    waiting = {(move.ident, move.have): move for move in moves}  # an enum has several labels
    at = {key: move.have for key, move in waiting.items()}
    taken = set(taken)
    while waiting:
        free = next((key for key, move in waiting.items() if move.want not in taken), None)
        key = free or next(iter(waiting))
        move = waiting[key]
        target = move.want
        if free is None:
            place = 1 if len(target) > 1 and move.space[0] in "23" else len(target) - 1
            target = (*at[key][:place], f"{at[key][place][:50]}__krakn_aside", *at[key][place + 1 :])
        for hop in (*_between(move, at[key], target, taken), target):
            yield move, at[key], hop
            taken.discard(at[key])
            taken.add(hop)
            at[key] = hop
        if free is not None:
            del waiting[key]


def _between(move: _Move, was: Path, now: Path, taken: set[Path]) -> Iterator[Path]:
    """Give the name on the way to another schema and another name, as PostgreSQL changes one at a time."""
    if move.space[0] in "23" and len(was) > 1 and was[0] != now[0] and was[1] != now[1]:
        first = (now[0], *was[1:])
        yield first if first not in taken else (was[0], *now[1:])


def _statements(fact: Fact, was: Path, now: Path) -> Iterable[sql.Composable]:
    """Compose the ALTER that gives a thing its new name, its new schema, or both."""
    if fact.kind in ON_TABLES and not relation_names(fact):
        table, names = Name(*was[:2]), (Name(was[2]), Name(now[2]))
        match fact.kind:
            case "column":
                yield sql.SQL("ALTER TABLE {} RENAME COLUMN {} TO {}").format(table, *names)
            case "constraint":
                yield sql.SQL("ALTER TABLE {} RENAME CONSTRAINT {} TO {}").format(table, *names)
            case _:
                word = verbatim(f"ALTER {ON_TABLES[fact.kind]}")
                yield word + sql.SQL(" {} ON {} RENAME TO {}").format(names[0], table, names[1])
        return
    keyword = "TYPE" if fact.kind in TYPES else KEYWORDS.get(fact.kind, fact.kind.upper())
    if fact.kind == "function" and getattr(fact, "procedure", False):
        keyword = "PROCEDURE"

    lead: sql.Composable = verbatim(f"ALTER {keyword} ") + Name(*was[:2])
    if fact.kind in ("function", "aggregate"):
        lead = lead + verbatim(f"({inputs(fact, was[2])})")
    if fact.kind in ("operator class", "operator family"):
        lead = lead + sql.SQL(" USING {}").format(Name(was[2]))
    if len(was) > 1 and was[0] != now[0]:
        yield lead + sql.SQL(" SET SCHEMA {}").format(Name(now[0]))
    else:
        yield lead + sql.SQL(" RENAME TO {}").format(Name(now[min(1, len(now) - 1)]))
