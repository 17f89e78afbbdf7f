"""The programs: `krakn`, and krakn's commands of `alembic`; the only place that prints."""

from .program import main

__all__ = ["main"]
