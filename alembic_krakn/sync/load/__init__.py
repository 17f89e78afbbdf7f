"""Rows through streams into tables, with everything that stood in their way built again afterwards."""

from .crew import Crew, Pool, crew
from .flow import Beside, Finished, Load, Loaded, run_hooks
from .whole import in_one_transaction, whole_or_nothing

__all__ = [
    "Beside",
    "Crew",
    "Finished",
    "Load",
    "Loaded",
    "Pool",
    "crew",
    "in_one_transaction",
    "run_hooks",
    "whole_or_nothing",
]
