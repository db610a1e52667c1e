"""The conversation that ships with the demo: a robot at a reception desk (self) and a visitor (other).

Both voices are held out from training, so that the demo shows unseen voices.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from dystream_lab.corpus.cast import Line, prepare
from dystream_lab.corpus.dialogue import Placed, perform
from dystream_lab.rates import SAMPLE_RATE
from dystream_lab.speech.collect import Synthesizer

ROBOT, VISITOR = 0, 1
VOICES = ("af_heart", "am_eric")  # of Kokoro: a test voice and a validation voice
LEVEL = 0.07  # rms of the speaking parts of both parties
SECONDS = 31.0


@dataclass(frozen=True)
class Cue:
    """A line of the script.

    Attributes:
        party: ROBOT or VISITOR.
        text: its words.
        after: seconds from the end of the previous line; negative overlaps.
        beside: a backchannel, for which the next cue does not wait.
        cut: if positive, the line is cut this many seconds after the next one begins.
    """

    party: int
    text: str
    after: float
    beside: bool = False
    cut: float = 0.0


SCRIPT = (
    Cue(ROBOT, "Good morning! Welcome to the robotics lab. How may I help you?", 1.2),
    Cue(VISITOR, "Hi! Um, I'm here to meet Professor Palmer, but I've never been to this building before.", 0.45),
    Cue(ROBOT, "No problem. The professor's office is on the fourth floor.", 1.6),
    Cue(VISITOR, "Mhm.", -0.05, beside=True),
    Cue(ROBOT, "You can take the lift behind the blue sofa, then move past the big window, and", 0.35, cut=0.45),
    Cue(VISITOR, "Sorry, is there a place where I can leave my bag?", -0.9),
    Cue(ROBOT, "Of course. Put it beside my desk, I will keep an eye on it.", 0.3),
    Cue(VISITOR, "Oh, perfect! Thank you very much.", 0.2),
    Cue(ROBOT, "My pleasure. Have a wonderful visit!", 0.35),
)


def make(synthesizer: Synthesizer, folder: Path) -> Path:
    """Writes conversation.flac (16 kHz, self then other) and timing.json into `folder`; returns the sound's path."""
    placed = _place([prepare(synthesizer.speak(VOICES[cue.party], cue.text)) for cue in SCRIPT])
    samples = int(SECONDS * SAMPLE_RATE)
    channels = []
    for party in (ROBOT, VISITOR):
        sound, _ = perform(placed, party, samples)
        speaking = np.abs(sound) > 1e-3
        channels.append(sound * LEVEL / np.sqrt(np.mean(np.square(sound[speaking]))))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "conversation.flac"
    soundfile.write(path, np.clip(np.stack(channels, 1), -0.99, 0.99), SAMPLE_RATE, subtype="PCM_16")
    lines = [
        {
            "party": ("self", "other")[item.party],
            "start": round(item.start, 2),
            "end": round(item.end, 2),
            "text": item.line.text,
        }
        for item in placed
    ]
    (folder / "timing.json").write_text(json.dumps(lines, indent=1) + "\n")
    return path


def _place(lines: list[Line]) -> list[Placed]:
    placed: list[Placed] = []
    end = 0.0
    for cue, line in zip(SCRIPT, lines, strict=True):
        start = end + cue.after
        placed.append(Placed(cue.party, start, line))
        if not cue.beside:
            end = start + line.seconds
    for index, cue in enumerate(SCRIPT):
        if cue.cut:
            first, following = placed[index], placed[index + 1]
            placed[index] = Placed(cue.party, first.start, first.line.cut(following.start + cue.cut - first.start))
    return placed
