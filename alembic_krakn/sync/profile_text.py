"""A table, a column and a rule in; the line of YAML that puts the rule into a profile out."""

from __future__ import annotations

import json
import re

from ..mask import HashMask, MaskSpec
from .values import Relation

_SIMPLE = re.compile(r"[A-Za-z_]\w*")
_NO_TEXT = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})  # to YAML
_PART = re.compile(r'[^".\s][^".]*')


def table_key(relation: Relation) -> str:
    """Write a table as a profile does: without its schema where that is public."""
    parts = [relation[1]] if relation[0] == "public" else list(relation)
    return ".".join(part if _PART.fullmatch(part) else '"' + part.replace('"', '""') + '"' for part in parts)


def line_for(relation: Relation, column: str, rule: str) -> str:
    """Write the rule of one column: `customers: {columns: {tier: {value: 0}}}`, to stand under `tables:`."""
    return f"{scalar(table_key(relation))}: {{columns: {{{scalar(column)}: {{{rule}}}}}}}"


def table_line_for(relation: Relation, rule: str) -> str:
    """Write a rule of a whole table: `customers: {skip: true}`, to stand under `tables:`."""
    return f"{scalar(table_key(relation))}: {{{rule}}}"


def scalar(text: str) -> str:
    """Write a name so that YAML reads it as text."""
    plain = text.lower() not in _NO_TEXT and all(_SIMPLE.fullmatch(part) for part in text.split("."))
    return text if plain else json.dumps(text, ensure_ascii=False)


def mask_yaml(mask: MaskSpec | None) -> str:
    """Write a mask as a profile does: `mask: hash`, `mask: {fake: email}`."""
    if mask is None or isinstance(mask, str):
        return f"mask: {mask}"
    parts = mask.model_dump(exclude_defaults=True) | ({"hash": True} if isinstance(mask, HashMask) else {})
    return "mask: {" + ", ".join(f"{key}: {json.dumps(value)}" for key, value in parts.items()) + "}"
