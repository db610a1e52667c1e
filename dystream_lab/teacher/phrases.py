"""Events in a party's speech: phrases with the course of their pitch, questions, backchannels and accents."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dystream_lab.rates import CURVE_RATE
from dystream_lab.speech.phones import SILENCE, VOWELS, Interval
from dystream_lab.speech.prosody import Prosody
from dystream_lab.teacher.articulation import EFFORT_TILT_REACH, EFFORT_USUAL_TILT

PAUSE = 0.20  # s of silence between two phrases


@dataclass(frozen=True)
class Phrase:
    """Speech between two pauses.

    Attributes:
        start, end: s.
        final_pitch: change of the pitch at the end, semitones.
        backchannel: a listener's short response; its end is no opportunity to respond.
        variation: standard deviation of the pitch, semitones.
        tilt: of the spectrum beyond that of the usual voice, dB: its vocal effort.
    """

    start: float
    end: float
    final_pitch: float
    backchannel: bool
    variation: float = 0.0
    tilt: float = 0.0

    @property
    def rises(self) -> bool:
        """Whether its pitch ends like that of a question."""
        return self.final_pitch > 1.5

    @property
    def falls(self) -> bool:
        """Whether its pitch ends like that of a statement."""
        return self.final_pitch < -1.0


@dataclass(frozen=True)
class Accent:
    """A prominent vowel: the second of its peak, and its strength (about 0.5 to 3)."""

    time: float
    strength: float


def find_phrases(phones: Sequence[Interval], prosody: Prosody) -> list[Phrase]:
    """Phrases of timed phones in order. A phrase below 0.7 s with 1 s of silence on both sides is a backchannel."""
    spans: list[list[float]] = []
    for start, end, phone in phones:
        if phone == SILENCE:
            continue
        if spans and start - spans[-1][1] < PAUSE:
            spans[-1][1] = end
        else:
            spans.append([start, end])
    phrases = []
    for i, (start, end) in enumerate(spans):
        alone = (i == 0 or start - spans[i - 1][1] > 1.0) and (i + 1 == len(spans) or spans[i + 1][0] - end > 1.0)
        pitch, tilt = (_voiced(prosody, curve, start, end) for curve in (prosody.pitch, prosody.tilt))
        variation = float(pitch.std()) if len(pitch) else 0.0
        effort = (
            float(np.clip(tilt.mean() - EFFORT_USUAL_TILT, -EFFORT_TILT_REACH, EFFORT_TILT_REACH)) if len(tilt) else 0.0
        )
        phrases.append(Phrase(start, end, _final_pitch(pitch), alone and end - start < 0.7, variation, effort))
    return phrases


def turns(phrases: Sequence[Phrase], pause: float) -> list[tuple[float, float]]:
    """Start and end in s of the turns of a party: its phrases joined over silences below `pause` s, no backchannels."""
    joined: list[tuple[float, float]] = []
    for phrase in phrases:
        if phrase.backchannel:
            continue
        if joined and phrase.start - joined[-1][1] < pause:
            joined[-1] = (joined[-1][0], phrase.end)
        else:
            joined.append((phrase.start, phrase.end))
    return joined


def _voiced(prosody: Prosody, curve: np.ndarray, start: float, end: float) -> np.ndarray:
    """The values of a curve of `prosody` between two times in s where it is voiced."""
    first, last = int(start * CURVE_RATE), min(int(end * CURVE_RATE), len(curve))
    return curve[first:last][prosody.voiced[first:last]]


def _final_pitch(voiced: np.ndarray) -> float:
    """Median pitch of the last 0.15 s of voiced speech minus that of the 0.3 s before, semitones."""
    if len(voiced) < 20:
        return 0.0
    return float(np.median(voiced[-15:]) - np.median(voiced[-45:-15]))


def find_accents(phones: Sequence[Interval], prosody: Prosody) -> list[Accent]:
    """Vowels that are prominent in pitch, loudness or length relative to the vowels before, at least 0.3 s apart."""
    vowels = [(start, end) for start, end, phone in phones if phone in VOWELS]
    scored = []
    for start, end in vowels:
        span = slice(int(start * CURVE_RATE), max(int(end * CURVE_RATE), int(start * CURVE_RATE) + 1))
        if span.stop > len(prosody.pitch):
            continue
        pitch = prosody.pitch[span].max(initial=0.0)
        loud = prosody.loudness[span].max(initial=-60.0)
        scored.append(((start + end) / 2, 0.35 * pitch + 0.12 * loud + 6.0 * min(end - start, 0.25)))
    accents: list[Accent] = []
    values = np.array([score for _, score in scored])
    for i, (time, score) in enumerate(scored):
        near = values[max(0, i - 12) : i + 1]
        strength = (score - np.median(near)) / (np.std(values) + 1e-6)
        if strength > 0.6 and (not accents or time - accents[-1].time > 0.3):
            accents.append(Accent(time, float(min(strength, 3.0))))
    return accents
