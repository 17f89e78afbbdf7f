"""Pure: two catalogs in, a plan of steps with hazards out, in an order that runs."""

from .changes import Change, Hazard, HazardKind, Plan, Step, Verb
from .choice import choose
from .column_order import ColumnOrder, column_orders
from .compare import compare
from .keeping import Kept, keep
from .planning import plan
from .way_back import with_way_back

__all__ = [
    "Change",
    "ColumnOrder",
    "Hazard",
    "HazardKind",
    "Kept",
    "Plan",
    "Step",
    "Verb",
    "choose",
    "column_orders",
    "compare",
    "keep",
    "plan",
    "with_way_back",
]
