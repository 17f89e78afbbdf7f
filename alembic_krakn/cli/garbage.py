"""Let Python look for garbage seldom: nearly all that a command makes, it keeps."""

from __future__ import annotations

import atexit
import gc


def keep_all() -> None:
    """Look after a million objects instead of 700, and at the end not at all.

    Looking among a large schema's facts took a third of a diff's time; when the program ends, a twentieth.
    """
    gc.set_threshold(1_000_000)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
