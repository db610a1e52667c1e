"""Parameters of the `speaker` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.audio_source import audio_type, source_channels, source_format, source_rate
from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class SpeakerSettings:
    device: str = parameter(
        "",
        "Playback device: its index, or part of its name, also of the sound server; empty for the default device. See "
        "--list-devices.",
    )
    sample_rate: int = parameter(
        48000,
        "Sample rate of the device, or else its own; audio at other rates is resampled.",
        unit="Hz",
        minimum=8000,
        maximum=96000,
    )
    buffer_ms: float = parameter(
        60.0,
        "Audio buffered against late messages; the playback rate is controlled to keep this level.",
        unit="ms",
        minimum=5.0,
        maximum=2000.0,
    )
    sync_offset_ms: float = parameter(
        0.0,
        "Time by which the sound is played later, for a face that is seen later: a slow screen. Negative: earlier, at "
        "most by buffer_ms less 5 ms.",
        unit="ms",
        minimum=-1000.0,
        maximum=1000.0,
    )
    latency_ms: float = parameter(
        20.0, "Buffer requested from the sound system.", unit="ms", minimum=1.0, maximum=1000.0
    )
    audio_type: str = audio_type()
    audio_rate: int = source_rate("audio")
    audio_channels: int = source_channels("audio")
    audio_format: str = source_format("audio")
    watchdog: float = parameter(
        2.0, "Time after which a device that takes no audio is opened again.", unit="s", minimum=0.2, maximum=60.0
    )
    retry: float = parameter(
        2.0, "Pause between attempts to open a missing device.", unit="s", minimum=0.1, maximum=600.0
    )
