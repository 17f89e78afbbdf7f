"""Only what is new or has changed: ranges of keys compared on both sides, those that differ merged into test."""

from .merging import merge_in_one_transaction

__all__ = ["merge_in_one_transaction"]
