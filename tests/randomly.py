"""How many random examples a property gets: a few of one seed; KRAKN_EXAMPLES=500 asks for more, of another seed."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_ASKED = int(os.environ.get("KRAKN_EXAMPLES", "0"))


def examples(usual: int) -> settings:
    """Try as many examples as were asked for, or the usual number."""
    return settings(
        max_examples=_ASKED or usual,
        deadline=None,
        derandomize=not _ASKED,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        # Shrinking a failure takes minutes, so only a person who asked for examples waits for it.
        phases=(Phase.generate, Phase.shrink) if _ASKED else (Phase.generate,),
    )
