"""Binary frames of the WebSocket: pictures and sound to a page, sound of its microphone. docs/web_protocol.md."""

import math
import struct
from dataclasses import dataclass

from dystream_ros.nodes.web.message_fields import bad

# Binary frames: kind, flags, 0, sample rate, stamp in ms or first sample.
_LARGEST_POSITION = 2**53
_HEADER = struct.Struct("<BBHId")
FACE, SOUND, CAMERA, MICROPHONE = 1, 2, 3, 17
DROP_WAITING = 1
LARGEST_FRAME = 65_536
SOUND_RATE = 48_000


def binary(kind: int, data: bytes | memoryview, stamp_ms: float, rate: int = 0, flags: int = 0) -> bytes:
    """A binary frame of the server."""
    return _HEADER.pack(kind, flags, 0, rate, stamp_ms) + data


@dataclass(frozen=True)
class MicrophoneFrame:
    """Sound of the page's microphone.

    Attributes:
        rate: Hz, 8000 to 48000.
        first_sample: index since `open_microphone`.
        pcm: int16 little endian, mono, 5 to 60 ms.
    """

    rate: int
    first_sample: int
    pcm: bytes


def parse_binary(data: bytes) -> MicrophoneFrame:
    """The binary frame of a page.

    Raises:
        Refused: `bad_message`: another kind, rate, length or position.
    """
    if len(data) < _HEADER.size:
        raise bad(f"a binary frame of {len(data)} bytes; its header has {_HEADER.size}")
    kind, _, _, rate, position = _HEADER.unpack_from(data)
    pcm = data[_HEADER.size :]
    if kind != MICROPHONE:
        raise bad(f"a binary frame of kind {kind}; accepted is {MICROPHONE}")
    if not 8000 <= rate <= SOUND_RATE:
        raise bad(f"a sample rate of {rate} Hz; accepted are 8000 to {SOUND_RATE} Hz")
    if len(pcm) % 2 or not 5 <= 1000 * len(pcm) / 2 / rate <= 60:
        raise bad(f"{len(pcm)} bytes of sound at {rate} Hz; accepted are 5 to 60 ms of int16")
    if not (math.isfinite(position) and 0 <= position < _LARGEST_POSITION and position == int(position)):
        raise bad(f"the first sample is {position}; accepted is an index, 0 to 2^53")
    return MicrophoneFrame(rate, int(position), pcm)
