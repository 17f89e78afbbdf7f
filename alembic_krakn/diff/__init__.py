"""Pure: two catalogs in, a plan of steps with hazards out, in an order that runs."""

from .changes import Answer, Asks, Change, Doubt, Hazard, HazardKind, Plan, Step, Verb
from .choice import choose
from .column_order import ColumnOrder, column_orders
from .compare import compare
from .invalid import invalid_indexes, without_leftovers
from .keeping import Kept, keep
from .likeness import Suggestion, confirmed, suggestions
from .online import Stage, stages
from .phases import Phases
from .planning import plan
from .way_back import plan_back, with_way_back

__all__ = [
    "Answer",
    "Asks",
    "Change",
    "ColumnOrder",
    "Doubt",
    "Hazard",
    "HazardKind",
    "Kept",
    "Phases",
    "Plan",
    "Stage",
    "Step",
    "Suggestion",
    "Verb",
    "choose",
    "column_orders",
    "compare",
    "confirmed",
    "invalid_indexes",
    "keep",
    "plan",
    "plan_back",
    "stages",
    "suggestions",
    "with_way_back",
    "without_leftovers",
]
