"""Pure: two catalogs in, a plan of steps with hazards out, in an order that runs."""

from .changes import Change, Hazard, HazardKind, Plan, Step, Verb
from .compare import compare
from .planning import plan
from .way_back import with_way_back

__all__ = ["Change", "Hazard", "HazardKind", "Plan", "Step", "Verb", "compare", "plan", "with_way_back"]
