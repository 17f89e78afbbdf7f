"""The front room: what each command does, without printing; settings go in, plain results come out."""

from .differing import DiffResult, diff
from .migrating import MigrateResult, migrate
from .naming import Ask
from .rows import history, preview, roll_back, sync

__all__ = [
    "Ask",
    "DiffResult",
    "MigrateResult",
    "diff",
    "history",
    "migrate",
    "preview",
    "roll_back",
    "sync",
]
