"""The front room: what each command does, without printing; settings go in, plain results come out."""

from ..sides import addresses
from .naming import Ask
from .rows import preview, roll_back, sync
from .schema import DiffResult, MigrateResult, diff, migrate

__all__ = ["Ask", "DiffResult", "MigrateResult", "addresses", "diff", "migrate", "preview", "roll_back", "sync"]
