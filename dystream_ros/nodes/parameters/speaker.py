"""Parameters of the `speaker` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class SpeakerSettings:
    device: str = parameter(
        "", "Playback device: its index, or a part of its name; empty for the system's default. See --list-devices."
    )
    sample_rate: int = parameter(
        48000, "Sample rate of the device; audio of other rates is converted.", unit="Hz", minimum=8000, maximum=96000
    )
    buffer_ms: float = parameter(
        60.0,
        "Sound kept ready against late messages; the rate of the playback is steered to hold it.",
        unit="ms",
        minimum=5.0,
        maximum=2000.0,
    )
    latency_ms: float = parameter(20.0, "Buffer asked of the sound system.", unit="ms", minimum=1.0, maximum=1000.0)
    watchdog: float = parameter(
        2.0, "The device is opened again when it has taken nothing for so long.", unit="s", minimum=0.2, maximum=60.0
    )
    retry: float = parameter(
        2.0, "Pause before a device that is not there is tried again.", unit="s", minimum=0.1, maximum=600.0
    )
