"""alembic-krakn: the latest schema with real data, masked, for teams on Alembic and PostgreSQL."""

from __future__ import annotations

__all__ = ["__version__"]
__version__ = "0.1.0"
