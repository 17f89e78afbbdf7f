"""Rename first: `have`, `want` and renames in; the RENAME steps, and `have` as it is called after them, out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from psycopg import sql

from ..catalog import Catalog, Column, Constraint, Enum, Fact, Index, Inheritance, Ownership, Policy, Schema
from ..names import Ident, Name, text_of, verbatim
from ..renames import RELATIONS, Renames
from .changes import Change, Step, Verb
from .respell import Speller
from .rules import RULES, Sides, relation_names

ON_TABLES = {"constraint": "TABLE", "trigger": "TRIGGER", "policy": "POLICY", "rule": "RULE", "column": "TABLE"}
TYPES = frozenset({"enum", "composite type", "range type"})
# What can be renamed in a schema or in the database: ALTER keyword name RENAME TO.
NAMED = frozenset(
    {
        *(*RELATIONS, *TYPES, "domain", "index", "sequence", "collation", "statistics", "function", "aggregate"),
        *("text search dictionary", "text search configuration", "schema", "publication", "event trigger"),
    }
)
_ALIKE = (Index, Constraint, Policy)  # without rows of their own, so that the same under another name is a rename
Path = tuple[str, ...]


class Renamed(NamedTuple):
    """`have` as it is called after the renames, what a person reads of them, and their steps, before all others."""

    have: Catalog
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()


def rename(have: Catalog, want: Catalog, renames: Renames) -> Renamed:
    """Carry out the renames that lead from something of `have` to something of `want`; others are left alone.

    An index, a constraint or a policy that is the same under another name is renamed as well, known or not.
    """
    known = usable(renames, have, want)
    while (more := _with_alike(known, have, want)) != known:  # an index of a partition follows that of its parent
        known = more
    if not known:
        return Renamed(have)
    aside = _aside(known, have)
    known = _followed(replace(known, things={**known.things, **aside}), have)
    speller = Speller(have, want, known)
    after = speller.catalog()
    created = [want.facts[ident] for ident in _new_schemas(known, after, want)]
    after = replace(after, facts={**after.facts, **{fact.ident: fact for fact in created}})
    steps = [
        *(Step(Verb.CREATE, fact.ident, want=fact, statements=_create(fact, have, want)) for fact in created),
        *_steps(known, speller, after),
    ]
    shown = {step.ident: step for step in steps if step.ident not in aside.values()}
    changes = [Change(step.verb, step.ident, step.have, step.want) for step in shown.values()]
    return Renamed(after, tuple(changes), tuple(steps))


def _create(fact: Fact, have: Catalog, want: Catalog) -> tuple[str, ...]:
    return tuple(map(text_of, RULES[fact.kind].create(fact, (), Sides(have, want)).statements))


def usable(renames: Renames, have: Catalog, want: Catalog) -> Renames:
    """Keep the renames that lead from something of `have` to something of `want`, and add what follows from them."""
    return _followed(_sound(renames, have, want), have)


def _sound(renames: Renames, have: Catalog, want: Catalog) -> Renames:
    """Keep the renames of what is there on both sides, under its table's new name."""
    things = {was: now for was, now in renames.things.items() if was in have.facts and now in want.facts and was != now}
    whole = Renames(things)
    things = {
        was: now for was, now in things.items() if was.kind not in ON_TABLES or whole.relation(was.path) == now.path[:2]
    }
    labels: dict[Ident, dict[str, str]] = {}
    for ident, renamed in renames.labels.items():
        enum, wanted = have.facts.get(ident), want.facts.get(Renames(things).now(ident))
        if isinstance(enum, Enum) and isinstance(wanted, Enum):
            kept = {was: now for was, now in renamed.items() if was in enum.labels and now in wanted.labels}
            if kept:
                labels[ident] = kept
    return Renames(things, labels)


def _followed(renames: Renames, have: Catalog) -> Renames:
    """Add what PostgreSQL renames or moves on the way: heirs' columns; indexes and own sequences of a moved table."""
    things = dict(renames.things)
    moved = {path: now for path, now in renames.tables.items() if path[0] != now[0]}
    for fact in have.facts.values() if moved else ():
        if isinstance(fact, Index) and (fact.schema, fact.table) in moved:
            things.setdefault(fact.ident, Ident("index", (moved[fact.schema, fact.table][0], fact.name)))
        if isinstance(fact, Ownership) and (fact.table_schema, fact.table) in moved:
            schema = moved[fact.table_schema, fact.table][0]
            things.setdefault(fact.parent, Ident("sequence", (schema, fact.sequence)))
    heirs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for inheritance in have.of(Inheritance):
        for parent in inheritance.parents:
            heirs[parent].append((inheritance.schema, inheritance.table))
    queue = [ident for ident in things if ident.kind == "column"]
    while queue and heirs:
        column = queue.pop()
        for heir in heirs.get((column.path[0], column.path[1]), ()):
            inherited = Ident("column", (*heir, column.path[2]))
            table = renames.now(Ident("table", heir)).path
            if inherited in have.facts and inherited not in things:
                things[inherited] = Ident("column", (*table, things[column].path[2]))
                queue.append(inherited)
    return replace(renames, things=things)


def _with_alike(renames: Renames, have: Catalog, want: Catalog) -> Renames:
    """Add what is the same under another name, and holds no rows."""
    after = Speller(have, want, renames)
    fresh: dict[tuple[object, ...], list[Ident]] = defaultdict(list)
    for ident in sorted(want.facts.keys() - have.facts.keys() - set(renames.things.values())):
        fact = want.facts[ident]
        if isinstance(fact, _ALIKE) and not getattr(fact, "inherited", False):
            fresh[_nameless(fact)].append(ident)
    if not fresh:
        return renames
    alike = {
        ident: fact
        for ident, fact in have.facts.items()
        if isinstance(fact, _ALIKE) and not getattr(fact, "inherited", False) and ident not in renames.things
    }
    things: dict[Ident, Ident] = {}
    for ident in sorted(ident for ident in alike if after.called(ident) not in want.facts):
        if found := fresh.get(_nameless(after.fact(alike[ident]))):
            things[ident] = found.pop(0)
    return replace(renames, things={**renames.things, **things}) if things else renames


def _nameless(fact: Fact) -> tuple[object, ...]:
    """Give all of a fact that counts, but its name."""
    return fact.parent, replace(fact, name="")  # type: ignore[call-arg]  # all of _ALIKE have one


def _aside(renames: Renames, have: Catalog) -> dict[Ident, Ident]:
    """Give another name to what has one that is needed, and is not renamed itself: it will be dropped later on."""
    holders = {name: fact for fact in have.facts.values() for name in relation_names(fact)}
    found: dict[Ident, Ident] = {}
    for was, now in renames.things.items():
        holder = have.facts.get(_before(was, now))
        if holder is None and (was.kind in NAMED or was.kind == "constraint"):
            wanted = [now.path[:2]] if was.kind in NAMED else [(now.path[0], now.path[2])]
            holder = next((holders[name] for name in wanted if name in holders), None)
        if holder and holder.ident not in renames.things and holder.ident != was:
            *path, name = holder.ident.path[: 2 if holder.kind in ("function", "aggregate") else None]
            rest = holder.ident.path[len(path) + 1 :]
            found[holder.ident] = Ident(holder.kind, (*path, f"{name[:50]}__krakn_old", *rest))
    return found


def _before(was: Ident, now: Ident) -> Ident:
    """Give the identity in `have` of whatever has the name that something is to get."""
    return Ident(was.kind, (*was.path[:2], now.path[2])) if was.kind in ON_TABLES else now


def _new_schemas(renames: Renames, after: Catalog, want: Catalog) -> list[Ident]:
    """List the schemas that things move to and that are not there yet."""
    needed = {Ident("schema", (now.schema,)) for now in renames.things.values() if now.schema is not None}
    return sorted(ident for ident in needed if ident not in after.facts and isinstance(want.facts.get(ident), Schema))


@dataclass(frozen=True)
class _Move:
    """One thing on its way from one name to another; `space` is where names must not meet."""

    ident: Ident  # in `have`
    space: Path
    have: Path
    want: Path


def _steps(renames: Renames, speller: Speller, after: Catalog) -> Iterator[Step]:
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
    keyword = "INDEX" if fact.kind == "constraint" else "TYPE" if fact.kind in TYPES else fact.kind.upper()
    if fact.kind == "function" and getattr(fact, "procedure", False):
        keyword = "PROCEDURE"

    lead: sql.Composable = verbatim(f"ALTER {keyword} ") + Name(*was[:2])
    if fact.kind in ("function", "aggregate"):
        lead = lead + verbatim(f"({was[2]})")
    if len(was) > 1 and was[0] != now[0]:
        yield lead + sql.SQL(" SET SCHEMA {}").format(Name(now[0]))
    else:
        yield lead + sql.SQL(" RENAME TO {}").format(Name(now[min(1, len(now) - 1)]))
