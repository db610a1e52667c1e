"""Shows the images of a head on a screen."""

import math
import threading
import time
from pathlib import Path

import numpy as np

from dystream_ros.face.motion import MotionLayout
from dystream_ros.msg import FaceMotion
from dystream_ros.msg import MotionLayout as MotionLayoutMessage
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import read
from dystream_ros.nodes.common.diagnostics import OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.image_messages import ImageRejected
from dystream_ros.nodes.common.motion_messages import head_pose, motion_layout
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.common.suspension import LEASE
from dystream_ros.nodes.common.worker_node import WorkerNode
from dystream_ros.nodes.display.neutral import NeutralPicture, deviation
from dystream_ros.nodes.display.newest_image import NewestImage
from dystream_ros.nodes.display.presence import Presence
from dystream_ros.nodes.display.screen import Screen
from dystream_ros.nodes.display.video import ScreenUnavailable
from dystream_ros.nodes.parameters import DisplaySettings
from dystream_ros.rendering.photo import read_picture
from dystream_ros.rendering.portrait import PortraitError

_EVENT_PERIOD = 0.05  # s between checks of keys and window events while the screen does not change


class DisplayNode(WorkerNode[DisplaySettings]):
    """The face on a screen; see docs/nodes.md. Its worker thread owns the screen."""

    forgotten_after = LEASE

    def __init__(self) -> None:
        super().__init__("display", DisplaySettings)
        self.failure = "the screen failed"
        self.add_post_set_parameters_callback(self._on_parameters)
        self._screen_name = ""
        self._shown = 0
        self._images_stopped = True
        self._lock = threading.Lock()  # for _presence and _neutral
        self._presence = Presence(time.monotonic())
        self._neutral = NeutralPicture()
        self._layout: tuple[int, MotionLayout] | None = None
        self._images = NewestImage(self, self.settings.image_transport)
        self._images.delay = self.settings.delay_ms / 1000
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.motion(), callback_group=self.messages)
        self.create_subscription(MotionLayoutMessage, "motion_layout", self._on_layout, qos.latched())
        self._diagnostics = Diagnostics(self, self._health, self.reports)

    def work(self) -> None:
        """Show the face until Escape is pressed or the node is stopped; ends with status 2 when there is no screen."""
        try:
            with Screen(self.settings) as screen:
                self._screen_name = f"{screen.driver}, monitor {screen.monitor}, {screen.renderer}"
                self.get_logger().info(
                    f"showing on {self._screen_name}; monitors: {'; '.join(map(str, screen.monitors))}"
                )
                self._show_on(screen)
        except ScreenUnavailable as unavailable:
            self.exit_status = 2
            self.get_logger().error(str(unavailable))

    def _on_parameters(self, _: object) -> None:
        self.settings = read(self, DisplaySettings)
        self._images.delay = self.settings.delay_ms / 1000

    def _on_layout(self, message: MotionLayoutMessage) -> None:
        try:
            self._layout = (message.layout_id, motion_layout(message))
        except ValueError as rejected:
            self.reports.warning("layouts_refused", f"motion_layout: {rejected}; correct its publisher")

    def _on_motion(self, message: FaceMotion) -> None:
        distance = math.inf
        if self._layout is not None and message.layout_id == self._layout[0]:
            distance = deviation(np.asarray(message.values), head_pose(message), self._layout[1])
        with self._lock:
            self._presence.motion(time.monotonic(), bool(message.speaking))
            self._neutral.motion(nanoseconds(message.header.stamp), distance)

    def _show_on(self, screen: Screen) -> None:
        has_image = self._show_neutral_image(screen)
        stopped, drawn = False, None
        while not self.stopping.is_set() and not screen.closed:
            screen.handle_events()
            settings = self.settings
            self._take_picture(screen)
            now = time.monotonic()
            with self._lock:
                before, stopped = stopped, self._presence.stopped(now, settings)
                appearance = self._presence.at(now, settings)
                neutral = self._neutral.best() if stopped and not before and not has_image else None
            if neutral is not None:
                screen.show_neutral(neutral)
            self._images_stopped = stopped
            if screen.stale or (appearance, settings) != drawn:
                screen.draw(appearance, settings)
                drawn = (appearance, settings)
            else:
                self._images.wait(_EVENT_PERIOD)

    def _show_neutral_image(self, screen: Screen) -> bool:
        """Load the picture of the parameter; False without one, and when it cannot be shown, which is reported."""
        if not self.settings.neutral_image:
            return False
        try:
            screen.show_neutral(read_picture(Path(self.settings.neutral_image).expanduser()))
        except (PortraitError, OSError, ValueError, RuntimeError) as refused:
            self.reports.error(
                "neutral_image_refused",
                f"neutral_image: {refused}; showing the most neutral image of the head instead",
            )
            return False
        return True

    def _take_picture(self, screen: Screen) -> None:
        """Decode and upload the newest image, if one has arrived."""
        newest = self._images.take()
        if newest is None:
            return
        transport, message = newest
        try:
            picture = transport.picture(message, self.settings.letterbox)
            screen.show(picture)
        except (ImageRejected, ValueError) as rejected:
            self.reports.warning("pictures_refused", f"{transport.topic}: {rejected}")
            return
        now = time.monotonic()
        with self._lock:
            self._presence.picture(now, self.settings)
            self._neutral.picture(nanoseconds(message.header.stamp), picture, now)
        self._shown += 1

    def _health(self) -> Health:
        values = {
            "screen": self._screen_name or "none",
            "topic": self._images.topic or "none",
            "images_shown": self._shown,
            "images_overtaken": self._images.skipped,
        }
        if not self._images_stopped:
            return OK, "showing", values
        topic = self.resolve_topic_name(self._images.topic or "image")
        return WARN, f"no images on {topic}: activate a head with images, and check the namespace", values
