"""Pure: two catalogs in, a plan of steps with hazards out, in an order that runs."""

from .changes import Change, Hazard, HazardKind, Plan, Step, Verb

__all__ = ["Change", "Hazard", "HazardKind", "Plan", "Step", "Verb"]
