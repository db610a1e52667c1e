"""The node: the executor's thread has the ROS side, the worker thread the event loop of the server."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import segno
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import ParameterEvent
from rclpy.publisher import Publisher
from std_msgs.msg import String

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.msg import AudioChunk, FaceMotion, StreamStatus, UtteranceEvent
from dystream_ros.nodes.audio_input.audio_chunk import audio_chunk
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.diagnostics import OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.executable import guarded
from dystream_ros.nodes.common.worker_node import WorkerNode
from dystream_ros.nodes.parameters import WebSettings
from dystream_ros.nodes.web.access import Access, Misconfigured, access, is_loopback
from dystream_ros.nodes.web.certificate import Certificate, given_certificate, own_certificate
from dystream_ros.nodes.web.head_client import HeadClient
from dystream_ros.nodes.web.head_parameters import shipped_portraits
from dystream_ros.nodes.web.hub import Hub
from dystream_ros.nodes.web.peer import ice_servers
from dystream_ros.nodes.web.pictures import TimedPicture
from dystream_ros.nodes.web.recordings import Recordings
from dystream_ros.nodes.web.requests import Requests
from dystream_ros.nodes.web.server import Server
from dystream_ros.nodes.web.topics import Demand, Topics

_FRAME_ID = "browser"
_RECORDED = {"image": "image", "motion": "motion", "self/audio": "self/audio_aligned", "other/audio": "other/audio"}


class WebNode(WorkerNode[WebSettings]):
    """Serves the page; see docs/nodes.md. Callbacks of ROS only pass on what arrives.

    Attributes:
        client: services of the head and of say.
        camera: whether a camera is named.
    """

    def __init__(self) -> None:
        super().__init__("web", WebSettings)
        settings = self.settings
        self.failure = "the server failed"
        self.client = HeadClient(self, settings.head, settings.say_node)
        self.camera = bool(settings.camera)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hub: Hub | None = None
        self._ended: asyncio.Event | None = None
        self._demand = Demand()
        self._say = self.create_publisher(String, "say", qos.events())
        self._microphones: dict[str, Publisher] = {}
        self._wanted: dict[str, bool] = {"self": False, "other": False}
        self._topics = Topics(
            self, self, self.reports, settings.camera, settings.say_node, settings.behind, settings.frame_mark
        )
        self._changed = self.create_guard_condition(self._apply)
        self._diagnostics = Diagnostics(self, self._health, self.reports)

    def work(self) -> None:
        """Serve until the node is stopped; ends with status 2 when it cannot listen."""
        try:
            asyncio.run(self._serve())
        except (Misconfigured, OSError) as error:
            self.exit_status = 2
            self.get_logger().error(str(error))

    def stop(self) -> None:
        """End the connections, then the node."""
        self.stopping.set()
        if self._loop is not None and self._ended is not None:
            self._post(self._ended.set)
        super().stop()

    async def _serve(self) -> None:
        settings = self.settings
        try:
            servers = ice_servers(settings.ice_servers)
        except ValueError as error:
            raise Misconfigured(str(error)) from error
        certificate = self._certificate()
        context = certificate.context() if certificate is not None else None
        rules = access(
            settings.host, settings.port, settings.token, context is not None, settings.host_names.split(",")
        )
        topics = {name: self.resolve_topic_name(topic) for name, topic in _RECORDED.items()}
        folder = self._state_folder() / "recordings"
        recordings = Recordings(folder, topics, settings.recording_limit, lambda: hub.recordings_changed())
        hub = Hub(self, recordings)
        webrtc = settings.media_path != "websocket" and settings.webrtc_pages > 0
        requests = Requests(hub, settings.webrtc_pages if webrtc else 0, servers, settings.video_codec)
        greeting = {
            "webrtc": webrtc,
            "ice_servers": [
                {"urls": each.urls, "username": each.username or "", "credential": each.credential or ""}
                for each in servers
            ],
            "portraits": shipped_portraits(),
            "frame_mark": settings.frame_mark,
            "media_path": settings.media_path,
        }
        server = Server(rules, hub, requests, settings.pages, greeting)
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._hub = hub
        if self.stopping.is_set():
            return
        try:
            await server.start(context)
        except OSError as error:
            raise Misconfigured(
                f"{settings.host}:{settings.port} cannot be listened on: {error.strerror or error}; choose another "
                "port, or an address of this machine"
            ) from error
        self._announce(rules, certificate)
        regular = asyncio.ensure_future(hub.run())
        await self._ended.wait()
        regular.cancel()
        await server.stop()
        await recordings.close()

    def _certificate(self) -> Certificate | None:
        settings = self.settings
        if settings.certificate or settings.private_key:
            return given_certificate(settings.certificate, settings.private_key)
        return None if is_loopback(settings.host) else own_certificate(self._state_folder())

    def _state_folder(self) -> Path:
        if self.settings.state_folder:
            return Path(self.settings.state_folder)
        return Path(os.environ.get("ROS_HOME") or Path.home() / ".ros") / "dystream_ros" / "web"

    def _announce(self, rules: Access, certificate: Certificate | None) -> None:
        """Print the address, as text and for the camera of a telephone."""
        self.get_logger().info(f"open {rules.address}")
        if certificate is not None and certificate.made_here:
            self.get_logger().info(
                f"the browser warns once, since nobody has signed the certificate; its fingerprint is "
                f"{certificate.fingerprint}"
            )
        if not is_loopback(rules.host):
            segno.make(rules.address, micro=False).terminal(sys.stderr, compact=True)

    # The ROS side of the hub: called in the thread of the event loop

    def now_ns(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def need(self, demand: Demand) -> None:
        self._demand = demand
        self._changed.trigger()

    def open_publisher(self, party: str) -> None:
        self._wanted[party] = True
        self._changed.trigger()

    def close_publisher(self, party: str) -> None:
        self._wanted[party] = False
        self._changed.trigger()

    def publish(self, party: str, block: AudioBlock) -> None:
        publisher = self._microphones.get(party)
        if publisher is not None:
            publisher.publish(audio_chunk(block, _FRAME_ID))

    def say(self, text: str) -> None:
        self._say.publish(String(data=text))

    def say_ready(self) -> bool:
        return self._say.get_subscription_count() > 0

    def audio_refused(self, party: str, error: AudioRejected) -> None:
        self.reports.warning(error.reason, f"{party}: {error}", about=party)

    def failed(self, error: Exception) -> None:
        self._callback_failed(error)

    def _apply(self) -> None:
        """Subscribe and publish as the pages need it, in the thread of the executor."""
        self._topics.need(self._demand)
        for party, wanted in self._wanted.items():
            if wanted and party not in self._microphones:
                publisher = self.create_publisher(AudioChunk, f"{party}/audio", qos.audio_publisher())
                self._microphones[party] = publisher
            elif not wanted and party in self._microphones:
                self.destroy_publisher(self._microphones.pop(party))

    def _health(self) -> Health:
        hub = self._hub
        if hub is None:
            return WARN, "not listening yet; the log has the reason if this lasts", {}
        pages = list(hub.pages)
        values = {
            "pages": len(pages),
            "pages with WebRTC": sum(page.peer is not None for page in pages),
            "pages with fewer pictures": sum(page.picture_rate.interval > 1 for page in pages),
            "microphones": sum(page.microphone_open for page in pages),
        }
        if pages and hub.watch.lifecycle == "missing":
            return WARN, f"there is no head '{self.client.head}': start one, or set the parameter head", values
        return OK, f"{len(pages)} pages are connected", values

    # What arrives: called in the thread of the messages

    def _post(self, call: Callable[..., None], *arguments: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(guarded(self, call), *arguments)

    def status(self, message: StreamStatus) -> None:
        if self._hub is not None:
            self._post(self._hub.arrivals.status, message)

    def motion(self, message: FaceMotion) -> None:
        if self._hub is not None:
            self._post(self._hub.arrivals.motion, message)

    def utterance(self, message: UtteranceEvent) -> None:
        if self._hub is not None:
            self._post(self._hub.arrivals.utterance, message)

    def sound(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        if self._hub is not None:
            self._post(self._hub.arrivals.sound, party, block, arrival_ns)

    def face(self, picture: TimedPicture) -> None:
        if self._hub is not None:
            self._post(self._hub.arrivals.face, picture)

    def face_file(self, data: bytes, stamp_ns: int) -> None:
        if self._hub is not None:
            self._post(self._hub.arrivals.face_file, data, stamp_ns)

    def camera_picture(self, picture: TimedPicture, data: bytes) -> None:
        if self._hub is not None:
            self._post(self._hub.arrivals.camera, picture, data)

    def diagnostics(self, message: DiagnosticArray) -> None:
        if self._hub is not None:
            self._post(self._hub.arrivals.diagnostics, message)

    def parameters_changed(self, message: ParameterEvent) -> None:
        if self._hub is not None:
            self._post(self._hub.parameters_changed, message)

    def said(self, event: str, text: str) -> None:
        if self._hub is not None:
            self._post(self._hub.arrivals.said, event, text)
