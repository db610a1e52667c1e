"""Shows the images of a head on a screen, from a thread of its own."""

import math
import threading
import time

import numpy as np

from dystream_ros.face.head_pose import pose_from_quaternion
from dystream_ros.face.motion import MotionLayout
from dystream_ros.msg import FaceMotion
from dystream_ros.msg import MotionLayout as MotionLayoutMessage
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.diagnostics import OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.display.image_input import ImageInput
from dystream_ros.nodes.display.neutral import NeutralPicture, deviation
from dystream_ros.nodes.display.presence import Presence
from dystream_ros.nodes.display.screen import Screen
from dystream_ros.nodes.display.video import ScreenUnavailable
from dystream_ros.nodes.parameters import DisplaySettings
from dystream_ros.nodes.recorder.pictures import PictureRefused

# How often the keys are looked at while nothing changes on the screen.
_PERIOD = 0.05  # s


class DisplayNode(RunnableNode):
    """The face on a screen; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("display", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, DisplaySettings, self.reports)
        self._settings = read(self, DisplaySettings)
        self.add_post_set_parameters_callback(self._on_parameters)
        self.exit_status = 0
        self._screen_name = ""
        self._shown = 0
        self._stopped_showing = True
        self._lock = threading.Lock()
        self._presence = Presence(time.monotonic())
        self._neutral = NeutralPicture()
        self._layout: tuple[int, MotionLayout] | None = None
        self._images = ImageInput(self, self._settings.image_transport)
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.motion())
        self.create_subscription(MotionLayoutMessage, "motion_layout", self._on_layout, qos.latched())
        self._diagnostics = Diagnostics(self, self._health)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._show, name="showing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finished(self) -> bool:
        """Whether Escape was pressed, or there is no screen."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Gives the monitor back."""
        self._stopping.set()
        self._thread.join()

    def _on_parameters(self, _: object) -> None:
        self._settings = read(self, DisplaySettings)

    def _on_layout(self, message: MotionLayoutMessage) -> None:
        lists = (message.names, message.units, message.minimum, message.maximum, message.neutral)
        try:
            self._layout = (message.layout_id, MotionLayout(*map(tuple, lists), message.latent_size))
        except ValueError as refused:
            self.reports.warning("layouts_refused", str(refused))

    def _on_motion(self, message: FaceMotion) -> None:
        far = math.inf
        if self._layout is not None and message.layout_id == self._layout[0]:
            turn, shift = message.head_pose.orientation, message.head_pose.position
            pose = [*pose_from_quaternion(turn.x, turn.y, turn.z, turn.w), shift.x, shift.y, shift.z]
            far = deviation(np.asarray(message.values), np.array(pose), self._layout[1])
        with self._lock:
            self._presence.motion(time.monotonic(), bool(message.speaking))
            self._neutral.motion(nanoseconds(message.header.stamp), far)

    def _show(self) -> None:
        try:
            with Screen(self._settings) as screen:
                self._screen_name = f"{screen.driver}, monitor {screen.monitor}, {screen.renderer}"
                self.get_logger().info(
                    f"showing on {self._screen_name}; monitors: {'; '.join(map(str, screen.monitors))}"
                )
                self._show_on(screen)
        except ScreenUnavailable as unavailable:
            self.exit_status = 2
            self.get_logger().error(str(unavailable))
        except Exception as error:
            self.exit_status = 2
            self.get_logger().error(f"the screen failed: {type(error).__name__}: {error}")

    def _show_on(self, screen: Screen) -> None:
        """Until Escape is pressed or the node is stopped."""
        own = _read_picture(self._settings.neutral_image, self.reports)
        if own is not None:
            screen.rest(own)
        resting, drawn = False, None
        while not self._stopping.is_set() and not screen.escaped:
            screen.handle_events()
            settings = self._settings
            self._take_picture(screen)
            now = time.monotonic()
            with self._lock:
                stopped = self._presence.stopped(now, settings)
                appearance = self._presence.at(now, settings)
                neutral = self._neutral.best() if stopped and not resting and own is None else None
            if neutral is not None:
                screen.rest(neutral)
            resting = self._stopped_showing = stopped
            if screen.stale or (appearance, settings) != drawn:
                screen.draw(appearance, settings)
                drawn = (appearance, settings)
            else:
                self._images.wait(_PERIOD)

    def _take_picture(self, screen: Screen) -> None:
        """Decode and upload the newest image, if one has come."""
        newest = self._images.take()
        if newest is None:
            return
        convert, message = newest
        try:
            picture = convert(message, self._settings.letterbox)
            screen.show(picture)
        except (PictureRefused, ValueError) as refused:
            self.reports.warning("pictures_refused", str(refused))
            return
        now = time.monotonic()
        with self._lock:
            self._presence.picture(now, self._settings)
            self._neutral.picture(nanoseconds(message.header.stamp), picture, now)
        self._shown += 1

    def _health(self) -> Health:
        values = {
            "screen": self._screen_name or "none",
            "topic": self._images.topic or "none",
            "images_shown": self._shown,
            "images_overtaken": self._images.overtaken,
            **self.reports.counts(),
        }
        return (WARN, "no images", values) if self._stopped_showing else (OK, "showing", values)


def _read_picture(path: str, reports: Reports) -> np.ndarray | None:
    """uint8 (height, width, 3), BGR, of a picture file; None without one."""
    if not path:
        return None
    import cv2

    picture = cv2.imread(path, cv2.IMREAD_COLOR)
    if picture is None:
        reports.error(
            "neutral_image_refused", f"neutral_image: '{path}' is not there or no picture; going on without it"
        )
    return picture
