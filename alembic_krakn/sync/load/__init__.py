"""Rows through streams into tables, with everything that stood in their way built again afterwards."""

from .crew import Crew, Pool, crew
from .ending import run_hooks
from .flow import Load
from .loaded import Beside, Carried, Finished, Loaded
from .whole import in_one_transaction, whole_or_nothing

__all__ = [
    "Beside",
    "Carried",
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
