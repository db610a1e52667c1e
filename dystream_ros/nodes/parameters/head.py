"""Parameters of the `head` node."""

from dataclasses import dataclass
from typing import Any

from dystream_ros.engine.config import LIMITS, SELF_MODES, TIME_MODES, WAIT_FOR, ConversationConfig
from dystream_ros.models.runtime import BACKENDS, PROVIDERS
from dystream_ros.nodes.audio_input import AUDIO_TYPES
from dystream_ros.nodes.common.priority import LEVELS
from dystream_ros.nodes.parameters.audio_source import audio_type, source_channels, source_format, source_rate
from dystream_ros.nodes.parameters.behaviour import BehaviourSettings
from dystream_ros.nodes.parameters.parameter import CONFIGURE, LIVE, RESET, START, parameter
from dystream_ros.rendering.view import FRAMINGS, ROTATIONS

_LIMITS = {name: (low, high) for name, low, high in LIMITS}


def _conversation(name: str, description: str, *, unit: str = "", choices: tuple[str, ...] = ()) -> Any:
    """A parameter that is a field of `ConversationConfig`, with its default and range."""
    low, high = _LIMITS.get(name, (None, None))
    return parameter(
        getattr(ConversationConfig, name),
        description,
        unit=unit,
        minimum=low,
        maximum=high,
        choices=choices,
        applies=CONFIGURE,
    )


@dataclass(frozen=True)
class _HeadSettings:
    autostart: bool = parameter(
        True,
        "The node configures and activates itself. Set it to false if a launch file or a lifecycle manager makes the "
        "transitions; never use both.",
        applies=START,
    )
    model: str = parameter(
        "compact",
        "Model that generates the motion: a shipped name, or the path of a weights file, a model file or a folder.",
        applies=CONFIGURE,
    )
    seed: int = parameter(
        0,
        "Seed of the random numbers of the motion. An activation is also a reset.",
        minimum=0,
        maximum=2**63 - 1,
        applies=RESET,
    )
    time_mode: str = _conversation(
        "time_mode",
        "paced: a steady clock requests 25 frames per second, for live use. driven: the audio advances the clock, for "
        "bags and files; the same audio gives the same frames.",
        choices=TIME_MODES,
    )
    parties: str = _conversation(
        "parties",
        "Driven time: parties whose audio a frame waits for. The audio of the other party is optional.",
        choices=WAIT_FOR,
    )
    self_mode: str = _conversation(
        "self_mode",
        "Paced time: queued is for synthetic speech, which arrives in bursts and is played in real time; live is for a "
        "microphone.",
        choices=SELF_MODES,
    )
    jitter_budget: float = _conversation(
        "jitter_budget",
        "Paced time: longest wait of a frame for late audio; a frame whose audio has arrived does not wait.",
        unit="s",
    )
    queue_limit: float = _conversation("queue_limit", "Longest self audio that may wait in the queue.", unit="s")
    catch_up: int = _conversation(
        "catch_up",
        "Largest number of frames that are computed late after a single stall; older ones are dropped. A backlog that "
        "does not shrink is dropped to the present.",
    )
    self_channel: int = _conversation(
        "self_channel", "Channel of self/audio that is used, counted from 0; -1 for the mean of all."
    )
    other_channel: int = _conversation(
        "other_channel", "Channel of other/audio that is used, counted from 0; -1 for the mean of all."
    )
    source_timeout: float = _conversation(
        "source_timeout", "Silence after which another source may take over a topic.", unit="s"
    )
    speech_floor: float = _conversation(
        "speech_floor", "Level below which audio is never classified as speech.", unit="dBFS"
    )
    lips_need_voice: bool = _conversation(
        "lips_need_voice",
        "Keep the lips closed in sound of self/audio that is not a voice, or that is the partner's voice. false: lips "
        "follow every sound, for a robot that beeps or sings.",
    )
    audio_type: str = audio_type(CONFIGURE)
    aligned_type: str = parameter(
        "audio_chunk", "Message type of self/audio_aligned.", choices=tuple(AUDIO_TYPES), applies=CONFIGURE
    )
    self_audio_rate: int = source_rate("self/audio", CONFIGURE)
    self_audio_channels: int = source_channels("self/audio", CONFIGURE)
    self_audio_format: str = source_format("self/audio", CONFIGURE)
    other_voices: str = parameter(
        "",
        "Root of the topics of ros4hri, such as /humans: other is the voice that speaks, from voices/<id>/audio, "
        "whichever id it has. Empty: the topic other/audio.",
        applies=CONFIGURE,
    )
    other_audio_rate: int = source_rate("other/audio", CONFIGURE)
    other_audio_channels: int = source_channels("other/audio", CONFIGURE)
    other_audio_format: str = source_format("other/audio", CONFIGURE)
    images: bool = parameter(
        True,
        "Open the renderer. false: no images, and no memory for the renderer, for a robot without a screen.",
        applies=CONFIGURE,
    )
    portrait: str = parameter(
        "lumi",
        "Face in the images: a shipped name, or the path of a .face file, made from a photo by `dystream portrait "
        "prepare`.",
        applies=LIVE,
    )
    framing: str = parameter(
        "bust",
        "bust: the whole portrait. head: closer, with hair and chin in the image.",
        choices=FRAMINGS,
        applies=LIVE,
    )
    background: str = parameter(
        "keep",
        "Background of the face: keep, transparent (images are bgra8 and PNG), a colour (#rrggbb, black, white, grey, "
        "green or blue), or the path of a picture.",
        applies=LIVE,
    )
    mirror: bool = parameter(False, "Swap left and right of the images, before the rotation.", applies=LIVE)
    rotation: int = parameter(
        0,
        "Clockwise rotation of the images, for a screen that is mounted on its side and does not rotate them itself.",
        unit="deg",
        choices=ROTATIONS,
        applies=LIVE,
    )
    renderer: str = parameter(
        "auto",
        "opengl: a 3-D head. fallback: the warped photo, without OpenGL. auto: the first that works.",
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
        "JPEG quality of image/compressed; transparent images are PNG.",
        unit="%",
        minimum=1,
        maximum=100,
        applies=LIVE,
    )
    neutral_ramp: float = parameter(
        0.4,
        "Duration of the return to the neutral face on deactivate, on shutdown or when the model fails.",
        unit="s",
        minimum=0.0,
        maximum=5.0,
        applies=LIVE,
    )
    priority: str = parameter(
        "high",
        "Priority of motion and audio on a busy machine: high (niceness -10) and realtime (SCHED_RR) where the system "
        "allows it; pictures have a lower one. The log says what to change where it does not.",
        choices=LEVELS,
        applies=CONFIGURE,
    )
    frame_id: str = parameter("face", "Coordinate frame of the face, in motion and image headers.", applies=CONFIGURE)
    backend: str = parameter(
        "auto",
        "What computes the step of compact: onnx (ONNX Runtime), torch, or auto: onnx if the weights have a graph or "
        "it can be exported, else torch. released always uses torch.",
        choices=BACKENDS,
        applies=CONFIGURE,
    )
    provider: str = parameter(
        "cpu",
        "Device of ONNX Runtime. cuda and tensorrt need a build of onnxruntime for them.",
        choices=PROVIDERS,
        applies=CONFIGURE,
    )
    step_together: float = parameter(
        0.004,
        "Longest time that a frame waits for those of other heads in the same process (--heads), which are then "
        "computed as one batch; 0: each alone, as always in driven time.",
        unit="s",
        minimum=_LIMITS["step_together"][0],
        maximum=_LIMITS["step_together"][1],
        applies=CONFIGURE,
    )
    threads: int = parameter(
        1,
        "CPU threads of the model. On two cores, more than one increases the latency.",
        minimum=1,
        maximum=64,
        applies=CONFIGURE,
    )


@dataclass(frozen=True)
class HeadSettings(BehaviourSettings, _HeadSettings):
    """All parameters of the head."""
