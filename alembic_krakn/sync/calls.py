"""Columns of test in; the sequences that what runs for their rows may count, out."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..catalog import Catalog, Default, Function, Sequence
from .values import Relation


def counted_by(test: Catalog, columns: Collection[tuple[Relation, str]]) -> list[Relation]:
    """List the sequences whose names stand in the defaults of columns, or in functions that these seem to call."""
    paths = {(*relation, column) for relation, column in columns}
    texts = [default.expression for default in test.of(Default) if default.parent and default.parent.path in paths]
    if not texts:
        return []
    functions = [*test.of(Function)]
    for text in texts:  # which grow by what they call
        called = [function for function in functions if _names(text, function.name)]
        texts += [function.definition for function in called]
        functions = [function for function in functions if function not in called]
    return [(each.schema, each.name) for each in test.of(Sequence) if any(_names(text, each.name) for text in texts)]


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


__all__ = ["counted_by"]
