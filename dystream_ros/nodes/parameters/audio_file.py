"""Parameters of the `audio_file` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class AudioFileSettings:
    self_file: str = parameter("", "Audio file of the self party, of any common format; goes to self/audio.")
    other_file: str = parameter("", "Audio file of the other party; goes to other/audio.")
    file: str = parameter("", "One file of both parties instead: first channel to self/audio, second to other/audio.")
    pace: str = parameter(
        "real_time",
        "real_time: as the sound is spoken. head: as fast as the head goes, at most `ahead` before its motion.",
        choices=("real_time", "head"),
    )
    ahead: float = parameter(
        1.0, "Pace head: sound that may be sent before the motion of it is seen.", unit="s", minimum=0.2, maximum=1.0
    )
    chunk_ms: float = parameter(10.0, "Sound in a message.", unit="ms", minimum=1.0, maximum=1000.0)
    loop: bool = parameter(False, "Start again at the end, as a new stream.")
    subscribers: int = parameter(
        1, "Subscribers to wait for on each topic before the first chunk; 0 starts at once.", minimum=0, maximum=100
    )
    frame_id: str = parameter("microphone", "Coordinate frame in the header of the messages.")
