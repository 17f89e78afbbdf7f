"""Choose rows: where, sample and limit, and the closure over foreign keys that leaves no row dangling."""

from .choosing import choose
from .ground import ground_of
from .values import Ground, Subset

__all__ = ["Ground", "Subset", "choose", "ground_of"]
