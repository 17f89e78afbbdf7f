"""Connect to databases: a URL in any spelling goes in, connections that may read or write come out.

The streams' driver takes a while to import, and not every command streams: `.stream` has that one.
"""

from __future__ import annotations

from .address import Address, Side, settle
from .identity import ServerIdentity, refuse_same
from .likeness import Likeness, creation, likeness
from .problems import ConnectionLost
from .session import (
    ReadOnlyConnection,
    WritableConnection,
    engine,
    open_prod,
    open_test,
)
from .settings import TEXT_SETTINGS, behind_builtins

__all__ = [
    "TEXT_SETTINGS",
    "Address",
    "ConnectionLost",
    "Likeness",
    "ReadOnlyConnection",
    "ServerIdentity",
    "Side",
    "WritableConnection",
    "behind_builtins",
    "creation",
    "engine",
    "likeness",
    "open_prod",
    "open_test",
    "refuse_same",
    "settle",
]
