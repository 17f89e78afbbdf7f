"""Work for an event loop in; its result, or what Ctrl-C means, out."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from ..errors import Interrupted

T = TypeVar("T")
logger = logging.getLogger(__name__)


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run the event loop, uvloop's where the platform has it; Ctrl-C cancels the work, which rolls back."""
    try:
        try:
            import uvloop
        except ImportError:  # there is none for Windows, nor for PyPy
            return asyncio.run(_quiet(work))
        return uvloop.run(_quiet(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted("interrupted; everything is rolled back, test is as it was") from None


async def _quiet(work: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    loop.set_exception_handler(_note)
    # From 3.11 on, asyncio does so by itself; before, Ctrl-C ends all tasks at once, those that must not be cut in two
    # as well. Only the main thread hears of it, and on Windows no loop does.
    if sys.version_info < (3, 11) and task is not None:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGINT, task.cancel)
    return await work


def _note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note what asyncio says of futures that nobody waits for any more, without the values that it may show."""
    logger.debug("the event loop: %s", type(context.get("exception")).__name__)


__all__ = ["in_loop"]
