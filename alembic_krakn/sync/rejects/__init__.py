"""What becomes of rows that break a constraint of test: counted for an account, and kept where that is asked for."""

from .account import Account, Offence
from .keep import Keep, rejects_table
from .landing import Landed, Landing
from .settle import Settling

__all__ = ["Account", "Keep", "Landed", "Landing", "Offence", "Settling", "rejects_table"]
