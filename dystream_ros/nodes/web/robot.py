"""What the server needs of the ROS side."""

from typing import Protocol

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.nodes.web.head_client import HeadClient
from dystream_ros.nodes.web.topics import Demand


class Robot(Protocol):
    """The ROS side of the server; all methods may be called in the thread of the event loop."""

    client: HeadClient
    camera: bool

    def now_ns(self) -> int: ...

    def need(self, demand: Demand) -> None: ...

    def open_publisher(self, party: str) -> None: ...

    def close_publisher(self, party: str) -> None: ...

    def publish(self, party: str, block: AudioBlock) -> None: ...

    def say(self, text: str) -> None: ...

    def say_ready(self) -> bool: ...

    def audio_refused(self, party: str, error: AudioRejected) -> None: ...

    def failed(self, error: Exception) -> None:
        """Report an exception that nobody expected, while the server goes on."""
