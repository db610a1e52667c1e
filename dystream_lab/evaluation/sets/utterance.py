"""An utterance: one labelled recording of one party."""

from dataclasses import dataclass, replace

import numpy as np

from dystream_lab.rates import FRAME_RATE, HOP, SAMPLE_RATE
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE, Interval, phone_ids


@dataclass(frozen=True, eq=False)
class Utterance:
    """One labelled recording; the other party is silent. Compared by identity.

    Attributes:
        name: unique in its set.
        group: the set: "synthetic", "real", "russian", "valid".
        voice: the speaker, "flite/slt".
        samples: float32 (n,), 16 kHz, -1 to 1, not normalised in level.
        phones: (start, end, phone) in seconds, phones of `speech.phones.PHONES`, in order; silence between them.
        breaths: (start, end) in seconds of labelled breaths and mouth noises within silences, in order; () where
            none are labelled.
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
        """Middle of each frame in seconds: float64 (frames,). The motion is that of these instants."""
        return (np.arange(self.frames) + 0.5) / FRAME_RATE

    @property
    def speaks(self) -> np.ndarray:
        """Whether a phone sounds at each of `frame_times`: bool (frames,)."""
        return phone_ids(self.phones, self.frame_times) != PHONE_INDEX[SILENCE]


def padded(utterance: Utterance, before: float, after: float) -> Utterance:
    """The utterance with digital silence added, `before` and `after` in seconds; phones and breaths are shifted."""
    samples = np.pad(utterance.samples, (round(before * SAMPLE_RATE), round(after * SAMPLE_RATE)))
    moved = tuple((start + before, end + before, phone) for start, end, phone in utterance.phones)
    breaths = tuple((start + before, end + before) for start, end in utterance.breaths)
    return replace(utterance, samples=samples.astype(np.float32), phones=moved, breaths=breaths)
