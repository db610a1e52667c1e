"""Parameters of the `microphone` node."""

from dataclasses import dataclass

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class MicrophoneSettings:
    device: str = parameter(
        "",
        "Capture device: its index, or part of its name, also of the sound server; empty for the default device. See "
        "--list-devices.",
    )
    sample_rate: int = parameter(
        MEDIA_RATE,
        "Sample rate; a device that does not have it is opened at its own.",
        unit="Hz",
        minimum=8000,
        maximum=96000,
    )
    channels: int = parameter(
        1, "Channels; a device that does not have so few is opened with its own.", minimum=1, maximum=16
    )
    chunk_ms: float = parameter(
        10.0, "Audio per message. Short chunks arrive earlier and cost little.", unit="ms", minimum=1.0, maximum=1000.0
    )
    latency_ms: float = parameter(
        20.0, "Buffer requested from the sound system.", unit="ms", minimum=1.0, maximum=1000.0
    )
    watchdog: float = parameter(
        2.0, "Time without audio after which the device is opened again.", unit="s", minimum=0.2, maximum=60.0
    )
    retry: float = parameter(
        2.0, "Pause between attempts to open a missing device.", unit="s", minimum=0.1, maximum=600.0
    )
    frame_id: str = parameter("microphone", "Coordinate frame in the header of the messages.")
