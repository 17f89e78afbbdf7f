"""Make the JSON Schema of a diff out of the types that the document and the facts in it have."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from ..catalog import Fact, facts
from .diff_document import Document

TITLE = "alembic-krakn schema diff"


def diff_schema() -> dict[str, Any]:
    """Give the JSON Schema of a diff; every object in it may have more keys than it names."""
    found = (kind for kind in vars(facts).values() if isinstance(kind, type) and issubclass(kind, Fact))
    kinds = sorted((kind for kind in found if kind is not Fact), key=lambda kind: kind.kind)
    types: list[Any] = [Document, *kinds]
    adapters: list[TypeAdapter[Any]] = [TypeAdapter(each) for each in types]
    _, made = TypeAdapter.json_schemas([(adapter, "serialization", adapter) for adapter in adapters])
    definitions = made["$defs"]
    definitions["Ident"] = {"$ref": "#/$defs/Thing"}  # which facts refer to others by
    for kind in kinds:
        _describe_fact(definitions[kind.__name__], kind)
    definitions["Change"]["allOf"] = [_sides_of(kind) for kind in kinds]
    document = definitions.pop("Document")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_untitled(document),
        "title": TITLE,
        "$defs": {name: _untitled(definition) for name, definition in sorted(definitions.items())},
    }


def _describe_fact(definition: dict[str, Any], kind: type[Fact]) -> None:
    """Leave out what the path says already; what is left is always there."""
    names = [each.name for each in fields(kind) if each.name not in kind.key]
    definition["properties"] = {name: definition["properties"][name] for name in names}
    definition["required"] = names


def _sides_of(kind: type[Fact]) -> dict[str, Any]:
    """Say what both sides of a change of one kind look like; a kind that is not known here may look like anything."""
    side = {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"}, {"type": "null"}]}
    return {
        "if": {"properties": {"kind": {"const": kind.kind}}},
        "then": {"properties": {"have": side, "want": side}},
    }


def _untitled(schema: Any) -> Any:
    """Leave out what pydantic says besides: titles that repeat the names, and defaults, as nothing is left to them."""
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _untitled(part) for name, part in schema.items() if name not in ("title", "default", "properties")}
    if "properties" in schema:  # whose keys are names, not words of JSON Schema
        kept["properties"] = {name: _untitled(part) for name, part in schema["properties"].items()}
    return kept
