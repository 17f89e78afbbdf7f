"""Pure: what a plan is in doubt about, as questions to prod; and prod's answers, in the plan's hazards."""

from .answers import answered
from .questions import Question, questions

__all__ = ["Question", "answered", "questions"]
