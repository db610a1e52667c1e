"""Parameters of the `head` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import CONFIGURE, LIVE, START, parameter


@dataclass(frozen=True)
class HeadSettings:
    autostart: bool = parameter(
        True,
        "Configure and activate from inside the process. Switch it off where a launch file or a lifecycle manager "
        "makes the transitions; never use both.",
        applies=START,
    )
    model: str = parameter(
        "compact", "Model that makes the motion: a released name, or the path of a weights file.", applies=CONFIGURE
    )
    seed: int = parameter(
        0, "Seed of the motion; counts from the next reset.", minimum=0, maximum=2**63 - 1, applies=LIVE
    )
    time_mode: str = parameter(
        "paced",
        "paced: a steady clock asks for 25 frames a second, live. driven: the audio advances the clock, for bags and "
        "files; the same audio gives the same frames.",
        choices=("paced", "driven"),
        applies=CONFIGURE,
    )
    parties: str = parameter(
        "both",
        "Whose audio driven time waits for; a party that is not waited for is silent.",
        choices=("both", "self", "other"),
        applies=CONFIGURE,
    )
    jitter_budget: float = parameter(
        0.015,
        "Paced time: how long a frame waits for audio that is under way, on top of its own end and the lookahead.",
        unit="s",
        minimum=0.0,
        maximum=1.0,
        applies=CONFIGURE,
    )
    queue_length: float = parameter(
        60.0,
        "Speech of the self party that may wait in the queue when it arrives faster than it is spoken.",
        unit="s",
        minimum=1.0,
        maximum=600.0,
        applies=CONFIGURE,
    )
    audio_type: str = parameter(
        "auto",
        "Message type of the audio topics: auto takes that of the publisher found.",
        choices=("auto", "audio_chunk"),
        applies=CONFIGURE,
    )
    portrait: str = parameter(
        "astronaut", "Face that the images show: a shipped name, or the path of a photo.", applies=CONFIGURE
    )
    image_width: int = parameter(512, "Width of the images.", unit="px", minimum=64, maximum=2048, applies=CONFIGURE)
    image_height: int = parameter(512, "Height of the images.", unit="px", minimum=64, maximum=2048, applies=CONFIGURE)
    image_reliable: bool = parameter(
        True, "Publish images reliably; false: best effort, for wireless links.", applies=CONFIGURE
    )
    jpeg_quality: int = parameter(
        85, "JPEG quality of image/compressed.", unit="%", minimum=1, maximum=100, applies=LIVE
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
        1, "CPU threads of the model; more than one costs latency on two cores.", minimum=1, maximum=64, applies=START
    )
