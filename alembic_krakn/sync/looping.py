"""Work for an event loop in; its result, or what Ctrl-C means, out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
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
    except KeyboardInterrupt:
        interrupted = Interrupted("interrupted; everything is rolled back, test is as it was")
    raise interrupted


async def _quiet(work: Coroutine[Any, Any, T]) -> T:
    asyncio.get_running_loop().set_exception_handler(_note)
    return await work


def _note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note what asyncio says of futures that nobody waits for any more, without the values that it may show."""
    logger.debug("the event loop: %s", type(context.get("exception")).__name__)


__all__ = ["in_loop"]
