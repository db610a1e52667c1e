"""What is evaluated: labelled recordings, and whoever makes motion for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

import dystream_lab
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE, Interval, phone_ids

SAMPLE_RATE = 16_000
HOP = 640  # samples of a frame
FRAME_RATE = 25
ASSETS = Path(dystream_lab.__file__).parent / "assets" / "evaluation"  # labels, weights and a script of rows and sets


@dataclass(frozen=True, eq=False)
class Utterance:
    """One labelled recording of one party; the other party is silent. Equal only to itself.

    Attributes:
        name: unique in its set.
        group: the set: "synthetic", "real", "russian", "valid".
        voice: who speaks, "flite/slt".
        samples: float32 (n,), 16 kHz, -1 to 1, level as it comes.
        phones: (start, end, phone) in seconds and in the alphabet of `training.phones`, in order; between them silence.
        breaths: (start, end) in seconds of breaths and other noises of the mouth heard in silences, in order, as far as
            somebody looked for them.
    """

    name: str
    group: str
    voice: str
    samples: np.ndarray
    phones: tuple[Interval, ...]
    breaths: tuple[tuple[float, float], ...] = ()

    @property
    def frames(self) -> int:
        """Whole frames in the recording."""
        return len(self.samples) // HOP

    @property
    def frame_times(self) -> np.ndarray:
        """Seconds of the instants that the motion is that of: the middle of each frame, float64 (frames,)."""
        return (np.arange(self.frames) + 0.5) / FRAME_RATE

    @property
    def speaks(self) -> np.ndarray:
        """Whether a phone sounds at each of `frame_times`: bool (frames,)."""
        return phone_ids(self.phones, self.frame_times) != PHONE_INDEX[SILENCE]


def padded(utterance: Utterance, before: float, after: float) -> Utterance:
    """`utterance` with so many seconds of digital silence around it, its phones and breaths moved along."""
    samples = np.pad(utterance.samples, (round(before * SAMPLE_RATE), round(after * SAMPLE_RATE)))
    moved = tuple((start + before, end + before, phone) for start, end, phone in utterance.phones)
    breaths = tuple((start + before, end + before) for start, end in utterance.breaths)
    return replace(utterance, samples=samples.astype(np.float32), phones=moved, breaths=breaths)


class Row(Protocol):
    """Something that makes motion for recordings: a model of ours, a bound, a baseline, a peer, files.

    Attributes:
        name: what the table calls it.
        seeds: how many different motions it can make of a recording; 1 where chance plays no part.
    """

    name: str
    seeds: int

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Of each recording float32 (frames, 58), MOTION_NAMES order, of the middle of each frame."""
        ...
