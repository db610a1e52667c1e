"""What waits to be sent to a page: messages and sound in order, and the newest picture of each kind."""

import asyncio
import json
from collections import deque

from aiohttp import web

from dystream_ros.nodes.web.protocol import Json

_MOST = 400  # messages and blocks of sound, eight seconds
_TOO_SLOW = 1013  # "try again later"


class Outbox:
    """Sends to one page. A slow connection leaves out pictures; one that takes nothing for seconds is closed.

    Args:
        socket: the WebSocket of the page.
    """

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._waiting: deque[str | bytes] = deque()
        self._pictures: dict[int, bytes] = {}
        self._filled = asyncio.Event()
        self._overflow = False

    def send(self, message: Json) -> None:
        """Send a message as JSON."""
        self._append(json.dumps(message, allow_nan=False, separators=(",", ":")))

    def send_sound(self, data: bytes) -> None:
        """Send a binary frame of sound."""
        self._append(data)

    def send_picture(self, kind: int, data: bytes) -> None:
        """Send a picture in place of an older one of this kind that still waits."""
        self._pictures[kind] = data
        self._filled.set()

    def drop_sound(self) -> None:
        """Drop the sound that waits."""
        self._waiting = deque(each for each in self._waiting if isinstance(each, str))

    async def run(self) -> None:
        """Send until the connection ends."""
        try:
            while not self._socket.closed:
                await self._filled.wait()
                self._filled.clear()
                while self._waiting or self._pictures:
                    if self._overflow:
                        await self._socket.close(code=_TOO_SLOW, message=b"the connection is too slow")
                        return
                    next_ = self._next()
                    if isinstance(next_, str):
                        await self._socket.send_str(next_)
                    else:
                        await self._socket.send_bytes(next_)
        except ConnectionError:
            return

    def _next(self) -> str | bytes:
        return self._waiting.popleft() if self._waiting else self._pictures.pop(next(iter(self._pictures)))

    def _append(self, data: str | bytes) -> None:
        self._overflow |= len(self._waiting) >= _MOST
        if not self._overflow:
            self._waiting.append(data)
        self._filled.set()
