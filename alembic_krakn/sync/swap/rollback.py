"""Test's address in; the database that was test before the last swap in its place again out."""

from __future__ import annotations

from ...connect import Address, open_test
from ...errors import SyncError
from ..turns import alone
from .beside import neighbourhood


def roll_back(test: Address) -> tuple[str, str]:
    """Exchange test for the latest former one; give the name that this had, and the one that test has now.

    Nothing is lost: to roll back once more undoes it.
    """
    with neighbourhood(test) as near, open_test(test) as now:
        alone(now)
        former = near.former()
        if not former:
            raise SyncError(
                f"test: there is no former database of {test.shown} to go back to; --swap keeps as many as"
                " keep_before says; nothing was changed"
            )
        near.refuse_bound(former[0])
        return former[0], near.put(former[0], None)


__all__ = ["roll_back"]
