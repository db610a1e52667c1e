"""Parameters of the `audio_file` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class AudioFileSettings:
    self_file: str = parameter("", "Audio file of the self party, in any common format; published on self/audio.")
    other_file: str = parameter("", "Audio file of the other party; published on other/audio.")
    file: str = parameter(
        "", "One file of both parties, in place of the two: first channel on self/audio, second on other/audio."
    )
    pace: str = parameter(
        "real_time",
        "real_time: at the speed of the recording. head: as fast as the head, at most `ahead` before its motion.",
        choices=("real_time", "head"),
    )
    ahead: float = parameter(
        1.0,
        "pace head: longest audio that may be published ahead of the last received motion.",
        unit="s",
        minimum=0.2,
        maximum=1.0,
    )
    chunk_ms: float = parameter(10.0, "Audio per message.", unit="ms", minimum=1.0, maximum=1000.0)
    loop: bool = parameter(False, "Repeat the files, each time as a new stream.")
    subscribers: int = parameter(
        1,
        "Number of subscribers on each topic before the first chunk is sent; 0 starts at once.",
        minimum=0,
        maximum=100,
    )
    frame_id: str = parameter("microphone", "Coordinate frame in the header of the messages.")
