"""Where databases are: the settings and a side in; its address, which knows who gave it, out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .connect import Address, Side, settle

if TYPE_CHECKING:
    from .config import Settings


def address_of(settings: Settings, side: Side) -> Address:
    """Settle where one of the databases is."""
    return settle(settings.url(side.value), side, origin=settings.origin(f"{side.value}_url"))
