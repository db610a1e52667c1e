"""A page, as far as the server sees it: a WebSocket and what came by it."""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import time

import aiohttp
from patience import PATIENCE

from dystream_ros.nodes.web.binary_frames import MICROPHONE, binary


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """The address of a server and a token; opens pages."""

    def __init__(self, port, token="", scheme="http"):
        self.port, self.token, self.tls = port, token, scheme == "https"
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def session(self, source="127.0.0.1"):
        connector = aiohttp.TCPConnector(local_addr=(source, 0), ssl=self.context)
        return aiohttp.ClientSession(connector=connector)

    @contextlib.asynccontextmanager
    async def socket(self, source="127.0.0.1", **headers):
        """A WebSocket before its `hello`; `Origin` is that of the server unless it is given."""
        async with self.session(source) as session:
            headers = {"Origin": self.url} | {name: value for name, value in headers.items() if value is not None}
            async with session.ws_connect(f"{self.url}/ws", headers=headers) as socket_:
                yield socket_

    @contextlib.asynccontextmanager
    async def page(self, name="page", resume=""):
        """A page that has said hello."""
        async with self.socket() as socket_:
            page = Page(socket_)
            tasks = [asyncio.ensure_future(page.read()), asyncio.ensure_future(page.ping())]
            try:
                page.send("hello", version=1, token=self.token, name=name, resume=resume)
                await page.until("welcome")
                yield page
            finally:
                # The reader goes on: a page has left when the server has answered its close frame.
                await socket_.close()
                for task in tasks:
                    task.cancel()


class Page:
    def __init__(self, socket_):
        self.socket, self.messages, self.frames, self._count = socket_, [], [], 100
        self.changed = asyncio.Event()
        self._sending = []

    async def read(self):
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.messages.append(json.loads(message.data))
            else:
                kind, flags, _, rate, stamp = struct.unpack_from("<BBHId", message.data)
                self.frames.append((kind, flags, rate, stamp, message.data[16:], time.time()))
            self.changed.set()

    async def ping(self):
        """As the page in a browser does: the server closes a silent connection."""
        while not self.socket.closed:
            await asyncio.sleep(2.0)
            self.send("ping", sent=1000 * time.monotonic())

    async def take(self, seat):
        """Take a seat that is free, or becomes free now."""
        answer = await self.ask("take_seat", seat=seat)
        assert answer["ok"], answer

    def vanish(self):
        """End the connection without a word, as a machine that loses its network."""
        self.socket._response.connection.transport.abort()

    def send(self, kind, **fields):
        self._sending.append(asyncio.ensure_future(self.socket.send_json({"type": kind} | fields)))

    async def ask(self, kind, **fields):
        """The result of a request."""
        self._count += 1
        number = self._count
        self.send(kind, id=number, **fields)
        return await self.until("result", lambda message: message["id"] == number)

    async def until(self, kind, accepts=lambda message: True, since=0):
        """The first message of a type that fits."""
        return await self.when(
            lambda: next((m for m in self.messages[since:] if m["type"] == kind and accepts(m)), None), kind
        )

    async def when(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not (value := condition()):
            left = end - time.monotonic()
            assert left > 0, f"waited for {what}; the last messages: {self.messages[-5:]}"
            self.changed.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.changed.wait(), min(left, 0.2))
        return value

    async def speak(self, samples, rate=16_000, first=0):
        """Send the sound of a microphone in real time."""
        size = rate // 50
        begin = time.monotonic()
        for k in range(0, len(samples), size):
            await asyncio.sleep(max(0.0, begin + k / rate - time.monotonic()))
            await self.socket.send_bytes(binary(MICROPHONE, samples[k : k + size].tobytes(), first + k, rate))

    def of_kind(self, kind):
        return [frame for frame in self.frames if frame[0] == kind]
