"""A virtual screen, and a publisher that acts as a head."""

import array
import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from dystream_ros.msg import FaceMotion
from dystream_ros.msg import MotionLayout as MotionLayoutMessage
from PIL import ImageGrab
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image
from Xlib import XK, X, error
from Xlib.display import Display
from Xlib.ext import xtest

from dystream_ros.face.motion import ARKIT_LAYOUT
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import time_message


class VirtualScreen:
    """An X server without hardware, of this size in pixels; `name` is its value of DISPLAY."""

    def __init__(self, width: int, height: int) -> None:
        if shutil.which("Xvfb") is None:
            pytest.skip("there is no Xvfb: install the Debian package xvfb")
        reading, writing = os.pipe()
        self._server = subprocess.Popen(
            [
                "Xvfb",
                "-displayfd",
                str(writing),
                "-nolisten",
                "tcp",
                "-noreset",
                "-screen",
                "0",
                f"{width}x{height}x24",
            ],
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        # The server takes a number that is free, and writes it when it is ready.
        with os.fdopen(reading) as ready:
            number = ready.readline().strip()
        assert number, "Xvfb did not start"
        self.name = f":{number}"
        self._display = Display(self.name)

    def picture(self) -> np.ndarray:
        """What is on the screen, uint8 (height, width, 3), BGR."""
        return np.asarray(ImageGrab.grab(xdisplay=self.name).convert("RGB"))[..., ::-1]

    def press(self, key: str) -> None:
        code = self._display.keysym_to_keycode(XK.string_to_keysym(key))
        for event in (X.KeyPress, X.KeyRelease):
            xtest.fake_input(self._display, event, code)
        self._display.sync()

    def cursor_is_visible(self) -> bool:
        """Whether any dot of the mouse pointer is drawn."""
        self._display.xfixes_query_version()
        image = self._display.xfixes_get_cursor_image(self._display.screen().root)
        return any(dot >> 24 for dot in image.cursor_image)

    def windows(self) -> list[tuple[int, int, int, int]]:
        """x, y, width and height of the visible windows."""
        windows = []
        for child in self._display.screen().root.query_tree().children:
            # SDL opens short-lived windows of its own: one may be gone before it is asked.
            with contextlib.suppress(error.BadWindow, error.BadDrawable):
                if child.get_attributes().map_state == X.IsViewable:
                    place = child.get_geometry()
                    windows.append((place.x, place.y, place.width, place.height))
        return windows

    def close(self) -> None:
        self._display.close()
        self._server.terminate()
        self._server.wait()


class Sender:
    """Publishes a picture and the motion that it was drawn from, 25 times per second.

    Attributes:
        speaking: bits of the motion.
    """

    def __init__(self, node: Node, transport: str, picture: np.ndarray) -> None:
        self._frame = (picture, 0.0)
        self.speaking = 0
        self._node = node
        make, message_type, topic = {
            "raw": (_image, Image, "image"),
            "compressed": (_jpeg, CompressedImage, "image/compressed"),
        }[transport]
        self._make = make
        self._image = node.create_publisher(message_type, topic, qos.image(reliable=True))
        self._motion = node.create_publisher(FaceMotion, "motion", qos.motion())
        self._layout = node.create_publisher(MotionLayoutMessage, "motion_layout", qos.latched())
        self._layout.publish(_layout())
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def send(self, picture: np.ndarray, amount: float = 0.0) -> None:
        """Publish a picture uint8 (height, width, 3), BGR, or (height, width, 4), BGRA, from now on.

        Every coefficient of its motion is `amount`.
        """
        # One assignment, so that no picture is published with the motion of another.
        self._frame = (picture, amount)

    def stop(self) -> None:
        """Stop at once, like a head that is killed."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._thread.join()
        for publisher in (self._image, self._motion, self._layout):
            self._node.destroy_publisher(publisher)

    def _send(self) -> None:
        while not self._stopping.wait(0.04):
            picture, amount = self._frame
            image = self._make(picture)
            values = array.array("f", [amount] * len(ARKIT_LAYOUT.names))
            motion = FaceMotion(layout_id=ARKIT_LAYOUT.layout_id, speaking=self.speaking, values=values)
            motion.head_pose.orientation.w = 1.0
            motion.header.stamp = image.header.stamp = time_message(self._node.get_clock().now().nanoseconds)
            self._motion.publish(motion)
            self._image.publish(image)


def _image(picture: np.ndarray) -> Image:
    height, width, channels = picture.shape
    encoding, data = {3: "bgr8", 4: "bgra8"}[channels], array.array("B", picture.tobytes())
    return Image(height=height, width=width, encoding=encoding, step=channels * width, data=data)


def _jpeg(picture: np.ndarray) -> CompressedImage:
    data = array.array("B", cv2.imencode(".jpg", picture)[1].tobytes())
    return CompressedImage(format="bgr8; jpeg compressed bgr8", data=data)


def _layout() -> MotionLayoutMessage:
    limits = {name: array.array("f", getattr(ARKIT_LAYOUT, name)) for name in ("minimum", "maximum", "neutral")}
    names, units = list(ARKIT_LAYOUT.names), list(ARKIT_LAYOUT.units)
    return MotionLayoutMessage(layout_id=ARKIT_LAYOUT.layout_id, names=names, units=units, **limits)


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    """The only monitor of the display node."""
    screen = VirtualScreen(640, 480)
    yield screen
    screen.close()


@pytest.fixture
def senders(graph) -> Iterator[Callable[..., Sender]]:
    """senders(picture) starts a head; it stops with the test."""
    made = []

    def make(picture: np.ndarray, transport: str = "raw") -> Sender:
        made.append(Sender(graph.node, transport, picture))
        return made[-1]

    yield make
    for sender in made:
        sender.stop()
