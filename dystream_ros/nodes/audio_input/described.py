"""What a message type leaves open, and what an adapter needs to know beside the messages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dystream_ros.audio.resample import MEDIA_RATE

# A source without running indices that is silent for longer begins a new stream.
PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class SourceFormat:
    """Format of audio whose messages do not describe it.

    Attributes:
        sample_rate: Hz.
        channels: interleaved.
        sample_format: one of `audio.pcm.PCM_FORMATS`.
    """

    sample_rate: int = MEDIA_RATE
    channels: int = 1
    sample_format: str = "S16LE"


@dataclass(frozen=True)
class InputContext:
    """What the adapters of one audio input share.

    Attributes:
        format: of messages that do not describe themselves, unless their source does on another topic.
        pause: of `audio.running_stream.RunningStream`; None in driven time.
        repaired: takes the counter and the message about audio that was repaired.
    """

    format: SourceFormat
    pause: float | None
    repaired: Callable[[str, str], None]


class WithoutInfo:
    """Base of an adapter of messages that have no description beside them."""

    info: type[Any] | None = None

    def describe(self, info: Any) -> None:
        """There is none."""
