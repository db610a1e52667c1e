"""Parameters of the `head` node."""

from dataclasses import dataclass
from typing import Any

from dystream_ros.engine.config import LIMITS, SELF_MODES, TIME_MODES, WAIT_FOR, ConversationConfig
from dystream_ros.nodes.audio_input import AUDIO_TYPES
from dystream_ros.nodes.parameters.parameter import CONFIGURE, LIVE, START, parameter
from dystream_ros.rendering.view import FRAMINGS, ROTATIONS

_LIMITS = {name: {"minimum": low, "maximum": high} for name, low, high in LIMITS}


def _conversation(name: str, description: str, **attributes: Any) -> Any:
    """A parameter that is a field of `ConversationConfig`, with its default and range."""
    limits = _LIMITS.get(name, {})
    return parameter(getattr(ConversationConfig, name), description, applies=CONFIGURE, **limits, **attributes)


@dataclass(frozen=True)
class HeadSettings:
    autostart: bool = parameter(
        True,
        "Configure and activate from inside the process. Switch it off where a launch file or a lifecycle manager "
        "makes the transitions; never use both.",
        applies=START,
    )
    model: str = parameter(
        "compact", "Model that makes the motion: a shipped name, or the path of a weights file.", applies=CONFIGURE
    )
    seed: int = parameter(
        0, "Seed of the motion; counts from the next reset.", minimum=0, maximum=2**63 - 1, applies=LIVE
    )
    time_mode: str = _conversation(
        "time_mode",
        "paced: a steady clock asks for 25 frames a second, live. driven: the audio advances the clock, for bags and "
        "files; the same audio gives the same frames.",
        choices=TIME_MODES,
    )
    parties: str = _conversation(
        "parties",
        "Whose audio driven time waits for; a party that is not waited for may be silent.",
        choices=WAIT_FOR,
    )
    self_mode: str = _conversation(
        "self_mode",
        "Paced time: queued is synthetic speech that comes in bursts and is played out in real time; live is a "
        "microphone.",
        choices=SELF_MODES,
    )
    jitter_budget: float = _conversation(
        "jitter_budget",
        "Paced time: how long a frame waits at most for audio that is late; one whose audio is there does not wait.",
        unit="s",
    )
    queue_limit: float = _conversation("queue_limit", "Self audio that may wait for its time.", unit="s")
    catch_up: int = _conversation("catch_up", "Frames made up for after a stall; older ones are dropped.")
    self_channel: int = _conversation("self_channel", "Channel of self/audio to hear, from 0; -1 for the mean of all.")
    other_channel: int = _conversation(
        "other_channel", "Channel of other/audio to hear, from 0; -1 for the mean of all."
    )
    source_timeout: float = _conversation(
        "source_timeout", "Silence after which another source may take over a topic.", unit="s"
    )
    speech_floor: float = _conversation("speech_floor", "Level below which nothing counts as speech.", unit="dBFS")
    audio_type: str = parameter(
        "auto",
        "Message type of the audio topics; auto takes that of the publisher found.",
        choices=("auto", *AUDIO_TYPES),
        applies=CONFIGURE,
    )
    images: bool = parameter(
        True,
        "Open the renderer, so that images can be subscribed to; false spares a robot without a screen its memory.",
        applies=CONFIGURE,
    )
    portrait: str = parameter(
        "astronaut",
        "Face that the images show: a shipped name, or the path of a .face file, which `dystream portrait prepare` "
        "makes of a photo.",
        applies=LIVE,
    )
    framing: str = parameter(
        "bust",
        "bust: all of the portrait. head: closer, hair and chin stay in the image.",
        choices=FRAMINGS,
        applies=LIVE,
    )
    background: str = parameter(
        "keep",
        "What is behind the face: keep, transparent (images are bgra8 and PNG), a colour (#rrggbb, black, white, grey, "
        "green or blue), or the path of a picture.",
        applies=LIVE,
    )
    mirror: bool = parameter(False, "Swap left and right of the images, before they are turned.", applies=LIVE)
    rotation: int = parameter(
        0,
        "Clockwise turn of the images, for screens that are mounted on a side and show them as they are.",
        unit="deg",
        choices=ROTATIONS,
        applies=LIVE,
    )
    renderer: str = parameter(
        "auto",
        "opengl: a head in three dimensions. fallback: the photo, warped, without OpenGL. auto: the first that works.",
        choices=("auto", "opengl", "fallback"),
        applies=CONFIGURE,
    )
    image_width: int = parameter(512, "Width of the images.", unit="px", minimum=64, maximum=2048, applies=LIVE)
    image_height: int = parameter(512, "Height of the images.", unit="px", minimum=64, maximum=2048, applies=LIVE)
    image_reliable: bool = parameter(
        True, "Publish images reliably; false: best effort, for wireless links.", applies=CONFIGURE
    )
    jpeg_quality: int = parameter(
        85,
        "JPEG quality of image/compressed; a transparent image is PNG.",
        unit="%",
        minimum=1,
        maximum=100,
        applies=LIVE,
    )
    neutral_ramp: float = parameter(
        0.4,
        "How long the face takes to come to rest on deactivate, shutdown or failure.",
        unit="s",
        minimum=0.0,
        maximum=5.0,
        applies=LIVE,
    )
    frame_id: str = parameter("face", "Coordinate frame of the face, in motion and image headers.", applies=CONFIGURE)
    torch_threads: int = parameter(
        1,
        "CPU threads of the model; more than one costs latency on two cores.",
        minimum=1,
        maximum=64,
        applies=CONFIGURE,
    )
