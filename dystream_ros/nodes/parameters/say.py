"""Parameters of the `say` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import LIVE, parameter

# Of hibari-tts; "heart" is in its package, the others are downloaded by it at the first use, 8 MB each.
VOICES = ("heart", "kore", "fenrir", "emma", "fable")


@dataclass(frozen=True)
class SaySettings:
    voice: str = parameter(
        "heart",
        "Voice of hibari-tts, English: heart is in its package; kore and fenrir (American), emma and fable (British) "
        "are downloaded by it at the first use, 8 MB each.",
        choices=VOICES,
    )
    program: str = parameter(
        "",
        "Another synthesizer: a program that reads a sentence from its standard input and writes a WAV file, or int16 "
        "samples, to its standard output, e.g. 'espeak-ng --stdout' or 'piper -m voice.onnx --output-raw'. No shell.",
    )
    program_rate: int = parameter(
        22050,
        "Sample rate of a program that writes samples without a WAV header.",
        unit="Hz",
        minimum=8000,
        maximum=96000,
    )
    rate: float = parameter(1.0, "Speed of the speech; not for a program.", minimum=0.5, maximum=2.0, applies=LIVE)
    gain_db: float = parameter(
        6.0,
        "Gain of the speech; louder samples are limited softly.",
        unit="dB",
        minimum=-60.0,
        maximum=20.0,
        applies=LIVE,
    )
    pause: float = parameter(0.35, "Pause between sentences.", unit="s", minimum=0.0, maximum=5.0, applies=LIVE)
    ahead: float = parameter(
        2.0,
        "Longest sound that is published ahead of what is heard. Without a head, a stop takes this long.",
        unit="s",
        minimum=0.1,
        maximum=30.0,
    )
    queue: int = parameter(
        200, "Sentences that may wait; a text that exceeds them is refused.", minimum=1, maximum=10000
    )
    interrupt_service: str = parameter(
        "head/interrupt", "Service of the head that ~/interrupt also calls; empty: none."
    )
    frame_id: str = parameter("face", "Coordinate frame in the header of the messages.")
