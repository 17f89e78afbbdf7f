"""What a server sends for one COPY in, the same with each large row in slices out, so that no row is held as a whole.

PostgreSQL sends a row as one message, and asyncpg hands nothing of a message on before all of it is there. But where
rows end does not depend on messages, so a large one may become several. A message is the letter of its type, four bytes
that tell how many follow, themselves among them, and what it says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from struct import Struct

LARGE = 1 << 20  # bytes, from which on a row comes in slices
_HEADER = Struct("!cI")
_LENGTH = Struct("!I")
_ROW, _READY = ord("d"), ord("Z")


def slice_rows(transport: asyncio.Transport) -> None:
    """Let large rows of the next COPY come in slices; to look where each row begins takes a little time."""
    driver = transport.get_protocol()
    if not isinstance(driver, _Slicing):
        assert isinstance(driver, asyncio.Protocol)
        transport.set_protocol(_Slicing(transport, driver))


class _Slicing(asyncio.Protocol):
    """Stand between the wire and the driver until the server is ready for another query."""

    def __init__(self, transport: asyncio.Transport, driver: asyncio.Protocol) -> None:
        self._transport, self._driver = transport, driver
        self._begun = b""  # of the next message's header
        self._left = 0  # bytes until the next message begins
        self._large = False  # those are the rest of a large row

    def data_received(self, data: bytes) -> None:
        """Hand on what has come, all but a part of a header."""
        if self._begun:
            data, self._begun = self._begun + data, b""
        size, at = len(data), self._left
        end = at if self._large else 0  # of the last large row
        out = [*_slice(data, 0, end)]
        ready, read = False, _LENGTH.unpack_from
        while at + _HEADER.size <= size:
            (length,) = read(data, at + 1)
            if not 5 < length <= LARGE:  # few rows are as short as a message that is none
                ready = data[at] == _READY
                if data[at] == _ROW and length > LARGE:
                    out += data[end:at], *_slice(data, at + _HEADER.size, at + 1 + length)
                    end = at + 1 + length
            at += 1 + length
        self._left, self._large = max(at - size, 0), end > size
        self._begun = data[at:]
        if out or self._begun:
            data = b"".join([*out, data[end:at]])
        if data:
            self._driver.data_received(data)
        if ready and not (self._left or self._begun):
            self._transport.set_protocol(self._driver)

    def eof_received(self) -> bool | None:
        """Hand on that no more will come."""
        return self._driver.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on that the connection is gone."""
        self._driver.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hand on that the wire is full."""
        self._driver.pause_writing()

    def resume_writing(self) -> None:
        """Hand on that the wire has room again."""
        self._driver.resume_writing()


def _slice(data: bytes, begin: int, end: int) -> Iterator[bytes]:
    """Give what has come of a large row as a message of its own."""
    if piece := data[begin:end]:
        yield _HEADER.pack(b"d", len(piece) + _LENGTH.size)
        yield piece
