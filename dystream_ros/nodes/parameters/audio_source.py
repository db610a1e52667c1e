"""Parameters about audio whose messages do not describe themselves, shared by the nodes that receive audio."""

from dystream_ros.audio.pcm import PCM_FORMATS
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.nodes.audio_input import AUDIO_TYPES
from dystream_ros.nodes.audio_input.described import SourceFormat
from dystream_ros.nodes.parameters.parameter import START, Dataclass, parameter

_UNLESS = "where the messages do not state it and there is no `audio_info` beside the topic."


def audio_type(applies: str = START) -> str:
    """The parameter `audio_type`."""
    return parameter(
        "auto",
        "Message type of the audio topics; auto uses the type of the publisher.",
        choices=("auto", *AUDIO_TYPES),
        applies=applies,
    )


def source_rate(topic: str, applies: str = START) -> int:
    """Parameter with the sample rate of a topic."""
    return parameter(
        MEDIA_RATE, f"Sample rate of {topic}, {_UNLESS}", unit="Hz", minimum=8000, maximum=96000, applies=applies
    )


def source_channels(topic: str, applies: str = START) -> int:
    """Parameter with the number of channels of a topic."""
    return parameter(1, f"Interleaved channels of {topic}, {_UNLESS}", minimum=1, maximum=32, applies=applies)


def source_format(topic: str, applies: str = START) -> str:
    """Parameter with the sample format of a topic."""
    return parameter("S16LE", f"Sample format of {topic}, {_UNLESS}", choices=PCM_FORMATS, applies=applies)


def source_of(settings: Dataclass, prefix: str = "audio") -> SourceFormat:
    """The three parameters of a topic, e.g. `self_audio_rate`, `self_audio_channels`, `self_audio_format`."""
    return SourceFormat(*(getattr(settings, f"{prefix}_{what}") for what in ("rate", "channels", "format")))
