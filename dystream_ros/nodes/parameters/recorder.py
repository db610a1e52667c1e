"""Parameters of the `recorder` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.audio_source import audio_type, source_channels, source_format, source_rate
from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class RecorderSettings:
    output: str = parameter("conversation.mp4", "Video file; the motion is written into a .csv file beside it.")
    image_transport: str = parameter(
        "raw", "Recorded image topic: raw is `image`, compressed is `image/compressed`.", choices=("raw", "compressed")
    )
    frame_rate: int = parameter(25, "Frame rate of the video.", unit="Hz", minimum=1, maximum=100)
    quality: int = parameter(20, "H.264 constant rate factor: lower is better and larger.", minimum=0, maximum=51)
    behind: int = parameter(
        0x808080,
        "Colour behind transparent images, since mp4 has no transparency: red, green and blue as 0xRRGGBB.",
        minimum=0,
        maximum=0xFFFFFF,
    )
    sound: str = parameter(
        "mix",
        "mix: both parties on both channels. stereo: self on the left, other on the right.",
        choices=("mix", "stereo"),
    )
    duration: float = parameter(
        0.0,
        "Duration of the recording; 0: until both audio streams end or the node is stopped.",
        unit="s",
        minimum=0.0,
        maximum=86400.0,
    )
    reorder: float = parameter(
        1.0,
        "Longest wait for late images and audio before the video continues.",
        unit="s",
        minimum=0.2,
        maximum=10.0,
    )
    audio_type: str = audio_type()
    self_audio_rate: int = source_rate("self/audio")
    self_audio_channels: int = source_channels("self/audio")
    self_audio_format: str = source_format("self/audio")
    other_audio_rate: int = source_rate("other/audio")
    other_audio_channels: int = source_channels("other/audio")
    other_audio_format: str = source_format("other/audio")
    exit_at_end: bool = parameter(True, "Close the file and exit when both audio streams have ended.")
