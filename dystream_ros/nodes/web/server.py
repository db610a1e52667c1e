"""The HTTP server: the page, its WebSocket, downloads, and what is refused at the door."""

import asyncio
import itertools
import mimetypes
import secrets
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import WSCloseCode, WSMsgType, web

from dystream_ros.nodes.web import binary_frames, protocol
from dystream_ros.nodes.web.access import Access
from dystream_ros.nodes.web.connected_page import Page, result
from dystream_ros.nodes.web.hub import Hub
from dystream_ros.nodes.web.limits import Attempts, Rate
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.outbox import Outbox
from dystream_ros.nodes.web.protocol import Hello, Json, Message, NumberedRefusal
from dystream_ros.nodes.web.requests import Requests

PAGE_FOLDER = Path(__file__).parent / "page"
_HELLO_SECONDS, _SILENT_SECONDS = 5.0, 30.0
_WRONG_TOKENS = 10
_REQUESTS_AT_ONCE = 20  # of one page
_CONNECTIONS = 200  # TCP, of all
_RETURNING = 200  # pages that may come back; the oldest are forgotten first
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "worker-src 'self' blob:; style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page_files(folder: Path = PAGE_FOLDER) -> dict[str, tuple[str, bytes]]:
    """Type and content of each file of the page by its path below the folder: nothing else can be asked for."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            files[path.relative_to(folder).as_posix()] = (kind, path.read_bytes())
    return files


class Server:
    """Serves pages.

    Args:
        access: who may come in.
        hub: what the pages share.
        requests: fulfils what pages ask for.
        most: largest number of pages.
        greeting: further fields of `welcome`.
    """

    def __init__(self, access: Access, hub: Hub, requests: Requests, most: int, greeting: Json) -> None:
        self._access, self._hub, self._requests, self._most, self._greeting = access, hub, requests, most, greeting
        self._files = page_files()
        self._wrong_tokens = Attempts(_WRONG_TOKENS)
        self._numbers = itertools.count(1)
        self._returning: dict[str, int] = {}
        self._sockets: dict[int, web.WebSocketResponse] = {}
        self._open = 0  # WebSockets, also of those that have not said hello
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    async def start(self, context: ssl.SSLContext | None) -> None:
        """Listen.

        Raises:
            OSError: the address is in use, or is none of this machine.
        """
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/", self._index)
        app.router.add_get("/page/{name:.+}", self._file)
        app.router.add_get("/ws", self._websocket)
        app.router.add_get("/download/{ticket}", self._download)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
        await self._runner.setup()
        server = self._runner.server
        assert server is not None

        def accept() -> asyncio.Protocol:
            return server() if len(server.connections) < _CONNECTIONS else _Closed()

        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(accept, self._access.host, self._access.port, ssl=context)

    async def stop(self) -> None:
        """Close all connections."""
        if self._listener is not None:
            self._listener.close()
        for socket in list(self._sockets.values()):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the server stops")
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what no page of this server sends; add the headers to every answer."""
        try:
            response = await self._checked(request, handler)
        except web.HTTPException as error:
            response = error
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _checked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._access.knows_host(request.headers.get("Host")):
            return web.Response(
                status=421,
                text="This server has another name. Open the address that it has printed, or name this one in the "
                "parameter host_names.\n",
            )
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, text="Accepted are GET and HEAD.\n", headers={"Allow": "GET, HEAD"})
        if request.body_exists:
            return web.Response(status=413, text="A request may have no body.\n")
        return await handler(request)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return self._answer_file("index.html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return self._answer_file(request.match_info["name"])

    def _answer_file(self, name: str) -> web.StreamResponse:
        found = self._files.get(name)
        if found is None:
            raise web.HTTPNotFound(text="There is no such file.\n")
        kind, content = found
        charset = "utf-8" if kind.startswith("text/") or kind.endswith(("json", "xml")) else None
        return web.Response(body=content, content_type=kind, charset=charset)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = self._hub.recordings.redeem(request.match_info["ticket"])
        if path is None:
            raise web.HTTPNotFound(text="The ticket is unknown, used or too old: ask for a new one.\n")
        headers = {"Content-Disposition": f'attachment; filename="{path.name}"'} | _HEADERS
        return web.FileResponse(path, headers=headers)

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        if not self._access.knows_origin(request.headers.get("Origin")):
            raise web.HTTPForbidden(text="The WebSocket is for the page of this server only.\n")
        address = request.remote or ""
        if self._wrong_tokens.blocked(address):
            raise web.HTTPTooManyRequests(text="Too many wrong tokens: wait a minute.\n")
        if self._open >= self._most:
            raise web.HTTPServiceUnavailable(text=f"{self._most} pages are connected, which is the limit.\n")
        socket = web.WebSocketResponse(max_msg_size=binary_frames.LARGEST_FRAME, heartbeat=15.0, compress=False)
        self._open += 1
        try:
            await socket.prepare(request)
            await self._serve(socket, address)
        finally:
            self._open -= 1
        return socket

    async def _serve(self, socket: web.WebSocketResponse, address: str) -> None:
        hello = await self._hello(socket, address)
        if hello is None:
            return
        number = self._returning.pop(hello.resume, None) or next(self._numbers)
        former = self._sockets.get(number)
        if former is not None:
            # What it still has to send may wait forever where the network is gone.
            await former.close(code=protocol.CLOSE_RESUMED, message=b"the page has connected again", drain=False)
        outbox = Outbox(socket)
        page = Page(number, hello.name, outbox, self._hub)
        resume = secrets.token_urlsafe(18)
        others = [(key, each) for key, each in self._returning.items() if each != number]
        self._returning = dict(others[1 - _RETURNING :]) | {resume: number}
        self._sockets[number] = socket
        outbox.send(self._welcome(number, resume))
        sender = asyncio.ensure_future(outbox.run())
        closed_by_page = False
        try:
            self._hub.join(page)
            self._hub.tell_status()
            closed_by_page = await self._receive(socket, page)
        finally:
            sender.cancel()
            if self._sockets.get(number) is socket:
                del self._sockets[number]
            self._hub.leave(page, for_good=closed_by_page)
            await page.close()
            self._hub.tell_status()

    async def _hello(self, socket: web.WebSocketResponse, address: str) -> Hello | None:
        """The first message; None after closing the connection."""
        try:
            first = await socket.receive(timeout=_HELLO_SECONDS)
            message, _ = protocol.parse(first.data) if first.type is WSMsgType.TEXT else (None, None)
        except (asyncio.TimeoutError, Refused):
            message = None
        if not isinstance(message, Hello) or message.version != protocol.VERSION:
            text = f"the first message is 'hello' of version {protocol.VERSION}, within {_HELLO_SECONDS:g} s"
            await socket.close(code=protocol.CLOSE_HELLO, message=text.encode())
            return None
        if not self._access.knows_token(message.token):
            self._wrong_tokens.failed(address)
            await socket.close(code=protocol.CLOSE_TOKEN, message=b"wrong token")
            return None
        return message

    def _welcome(self, number: int, resume: str) -> Json:
        robot = self._hub.robot
        return {
            "type": "welcome",
            "version": protocol.VERSION,
            "page": number,
            "resume": resume,
            "server_ms": self._hub.now_ns() / 1e6,
            "camera": robot.camera,
            "say": robot.say_ready(),
            "token_needed": bool(self._access.token),
            "text_limit": protocol.TEXT_LIMIT,
        } | self._greeting

    async def _receive(self, socket: web.WebSocketResponse, page: Page) -> bool:
        """Take messages until the connection ends; returns whether the page itself closed it with 1000.

        `socket.close_code` does not say so: aiohttp sets it to 1000 also where this server closes while it receives.
        """
        texts, binaries = Rate(50.0, 100.0), Rate(150.0, 300.0)
        tasks: set[asyncio.Task[None]] = set()
        try:
            while True:
                try:
                    message = await socket.receive(timeout=_SILENT_SECONDS)
                except asyncio.TimeoutError:
                    await socket.close(code=protocol.CLOSE_SILENT, message=b"nothing was received for 30 s")
                    return False
                if message.type is WSMsgType.TEXT and texts.allow():
                    await self._text(page, message.data, tasks)
                elif message.type is WSMsgType.BINARY and binaries.allow():
                    if not self._binary(page, message.data):
                        await socket.close(code=protocol.CLOSE_TOO_MANY, message=b"more sound than real time")
                        return False
                elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await socket.close(code=protocol.CLOSE_TOO_MANY, message=b"too many messages")
                    return False
                else:  # closed, or a frame that is too large
                    return message.type is WSMsgType.CLOSE and message.data == WSCloseCode.OK
        finally:
            for task in tasks:
                task.cancel()

    async def _text(self, page: Page, text: str, tasks: "set[asyncio.Task[None]]") -> None:
        try:
            message, number = protocol.parse(text)
        except Refused as refused:
            self._refuse(page, refused, refused.number if isinstance(refused, NumberedRefusal) else None)
            return
        if len(tasks) >= _REQUESTS_AT_ONCE:
            self._refuse(page, Refused("too_many", f"{_REQUESTS_AT_ONCE} requests are not answered yet"), number)
            return
        task = asyncio.ensure_future(self._fulfil(page, message, number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        await asyncio.sleep(0)  # what needs no waiting is done in the order in which it came

    async def _fulfil(self, page: Page, message: Message, number: int | None) -> None:
        try:
            await self._requests.fulfil(page, message)
        except Refused as refused:
            self._refuse(page, refused, number)
            return
        except Exception as error:
            self._hub.robot.failed(error)
            text = f"the server failed: {type(error).__name__}: {error}; its log says where"
            self._refuse(page, Refused("failed", text), number)
            return
        if number is not None:
            page.outbox.send(result(number))

    def _binary(self, page: Page, data: bytes) -> bool:
        try:
            return page.take_frame(binary_frames.parse_binary(data))
        except Refused as refused:
            self._refuse(page, refused, None)
            return True

    def _refuse(self, page: Page, refused: Refused, number: int | None) -> None:
        if number is not None:
            page.outbox.send(result(number, refused.code, refused.text))
        else:
            page.outbox.send({"type": "error", "code": refused.code, "text": refused.text})


class _Closed(asyncio.Protocol):
    """Closes a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
