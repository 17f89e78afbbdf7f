"""A new database filled beside test, by several connections at a time, and put in its place when all is well."""

from .rollback import roll_back
from .swapping import swap

__all__ = ["roll_back", "swap"]
