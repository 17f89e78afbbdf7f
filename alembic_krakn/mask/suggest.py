"""A word that nobody knows and the known ones in, a hint for a message out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """Give `; did you mean 'email'?` for the known words near to this one, or nothing."""
    found = get_close_matches(word, sorted(known), n=3, cutoff=0.6)
    return "; did you mean " + " or ".join(map(repr, found)) + "?" if found else ""
