"""Say facts to a person: a fact in, a few words of SQL out; two facts in, what differs attribute by attribute out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from ..catalog import (
    Clustering,
    Column,
    Comment,
    Constraint,
    Default,
    Domain,
    DomainConstraint,
    Enum,
    Extension,
    Fact,
    Function,
    Identity,
    Index,
    IndexKey,
    MaterializedView,
    Ownership,
    ReplicaIdentity,
    Schema,
    Sequence,
    Table,
    Trigger,
    View,
    ViewColumn,
)
from ..names import Name, text_of

# Words for one-letter codes of the catalog.
_CODES = {
    ("persistence", "p"): "permanent",
    ("persistence", "u"): "unlogged",
    ("enabled", "O"): "yes",
    ("enabled", "D"): "no",
    ("enabled", "R"): "on replicas only",
    ("enabled", "A"): "always",
    ("mode", "n"): "nothing",
    ("mode", "f"): "full",
    ("mode", "i"): "index",
    ("storage", "p"): "plain",
    ("storage", "e"): "external",
    ("storage", "m"): "main",
    ("storage", "x"): "extended",
}
_NAMES = {"not_null": "not null", "expression": "default", "keys": "columns", "predicate": "where"}
# Attributes that say by themselves what they are.
_SPEAKING = {"definition", "parameters", "privileges"}
# Attributes that only follow from another one.
_FOLLOWS = {"columns": "definition", "type": "definition"}


@dataclass(frozen=True)
class Edit:
    """One attribute that differs; either side may be several lines."""

    attribute: str
    have: str
    want: str


def words(fact: Fact) -> str:
    """Describe a fact on one line, without its name."""
    return " ".join(_words(fact))


def body(fact: Fact) -> list[str]:
    """Give the text of what is written in many lines: a view, a function."""
    if isinstance(fact, View | MaterializedView | Function):
        return fact.definition.strip().splitlines()
    return []


def edits(have: Fact | Identity, want: Fact | Identity) -> list[Edit]:
    """List what differs between two facts of one identity, or between two parts of a fact."""
    found = {}
    for each in fields(have):
        was, now = getattr(have, each.name), getattr(want, each.name)
        if each.compare and was != now:
            found[each.name] = was, now
    listed = []
    for name, (was, now) in found.items():
        if isinstance(was, Identity) and isinstance(now, Identity):
            listed += [replace(edit, attribute=f"identity {edit.attribute}") for edit in edits(was, now)]
        elif _FOLLOWS.get(name) not in found:
            listed.append(Edit(_NAMES.get(name, name.replace("_", " ")), _shown(name, was), _shown(name, now)))
    return listed


def _words(fact: Fact) -> Iterator[str]:
    match fact:
        case Column():
            yield from _column(fact)
        case Default():
            yield f"default {fact.expression}"
        case Constraint(whole=False):
            yield f"{fact.definition} (not in all partitions)"
        case Constraint() | DomainConstraint() | Trigger():
            yield fact.definition
        case Index():
            yield from _index(fact)
        case Comment():
            yield _quoted(fact.text)
        case Enum():
            yield f"({', '.join(map(_quoted, fact.labels))})"
        case Extension():
            yield f"version {fact.version} in schema {_name(fact.schema)}"
        case Domain():
            yield fact.type
            yield from filter(None, [fact.default and f"default {fact.default}", "not null" if fact.not_null else ""])
        case Sequence():
            yield f"as {fact.type}"
        case Ownership():
            yield _name(fact.table_schema, fact.table, fact.column)
        case ReplicaIdentity() | Clustering():
            yield f"using {_name(fact.index)}" if fact.index else _shown("mode", getattr(fact, "mode", ""))
        case Table():
            yield from _table(fact)
        case View() | MaterializedView() | Function() | Schema():
            pass  # `body` gives their text
        case _:
            yield from _anything(fact)


def _anything(fact: Fact) -> Iterator[str]:
    """Describe a fact of any kind by what it does not leave to defaults."""
    for each in fields(fact):
        value = getattr(fact, each.name)
        if each.compare and each.name not in fact.key and value not in (each.default, None, ()):
            label = "" if each.name in _SPEAKING else f"{each.name.replace('_', ' ')} "
            yield label + " ".join(_shown(each.name, value).split())


def _column(column: Column) -> Iterator[str]:
    yield column.type
    if column.collation:
        yield f"collate {column.collation}"
    if column.not_null:
        yield "not null"
    if column.identity:
        yield f"generated {'always' if column.identity.always else 'by default'} as identity"
    if column.generated:
        yield f"generated always as ({column.generated}) {'virtual' if column.virtual else 'stored'}"


def _index(index: Index) -> Iterator[str]:
    yield f"{'unique ' if index.unique else ''}{index.method} {_shown('keys', index.keys)}"
    if index.include:
        yield f"include ({', '.join(map(_name, index.include))})"
    if index.nulls_not_distinct:
        yield "nulls not distinct"
    if index.predicate:
        yield f"where {index.predicate}"
    if not index.valid:
        yield "(invalid)"


def _table(table: Table) -> Iterator[str]:
    if table.persistence == "u":
        yield "unlogged"
    if table.partition_of:
        yield f"partition of {_name(*table.partition_of)} {table.bound}"
    if table.inherits:
        yield f"inherits ({', '.join(_name(*parent) for parent in table.inherits)})"
    if table.partition_key:
        yield f"partition by {table.partition_key}"


def _shown(name: str, value: Any) -> str:
    """Say the value of an attribute."""
    match value:
        case None | ():
            return "none"
        case bool():
            return "yes" if value else "no"
        case Identity():
            return f"generated {'always' if value.always else 'by default'}"
        case IndexKey():
            order = [
                value.opclass,
                value.collation and f"collate {value.collation}",
                "desc" if value.descending else "",
            ]
            # NULLs come last in an ascending index and first in a descending one, unless it says otherwise.
            nulls = f"nulls {'first' if value.nulls_first else 'last'}" if value.nulls_first != value.descending else ""
            return " ".join(filter(None, [value.expression, *order, nulls]))
        case ViewColumn():
            return f"{_name(value.name)} {value.type}"
        case tuple() if name == "labels":
            return "\n".join(map(_quoted, value))
        case tuple() if all(isinstance(part, str) for part in value) and name in ("partition_of", "parent_index"):
            return _name(*value)
        case tuple() if name == "keys":
            return f"({', '.join(_shown('', part) for part in value)})"
        case tuple() if name == "roles":
            return ", ".join(role or "PUBLIC" for role in value)
        case tuple():
            return ", ".join(": ".join(part) if isinstance(part, tuple) else _shown("", part) for part in value)
        case str() if name == "text":
            return _quoted(value)
        case str():
            return _CODES.get((name, value), value.strip())
    return str(value)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(*parts: str) -> str:
    return text_of(Name(*parts))
