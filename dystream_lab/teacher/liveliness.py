"""Liveliness: how much of an expression a voice asks for, from its arousal."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.rates import FRAME_RATE
from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.coarticulation import smooth
from dystream_lab.teacher.phrases import Phrase

_SETTLING = 0.6  # s, full length of the Hann window over which the amount changes


def of_phrase(phrase: Phrase) -> float:
    """Factor of the amount of expression during a phrase, within B.lively_limits; 1 for a usual voice."""
    pitch = B.lively_of_pitch * (phrase.variation / B.lively_pitch - 1.0)
    return float(np.clip(1.0 + pitch + B.lively_of_tilt * phrase.tilt, *B.lively_limits))


def amounts(own: Sequence[Phrase], partner: Sequence[Phrase], frames: int) -> np.ndarray:
    """Factor (frames,) of the amount of expression of a face.

    A phrase sets it from its start; afterwards it goes back to 1. A listener takes over a part of the partner's.
    """
    pull = np.zeros(frames)
    known = [(phrase, 1.0) for phrase in own if not phrase.backchannel]
    known += [(phrase, B.lively_partner) for phrase in partner if not phrase.backchannel]
    for phrase, share in sorted(known, key=lambda each: each[0].start):
        first = max(0, int(phrase.start * FRAME_RATE))
        lasting = np.arange(frames - first) / FRAME_RATE - (phrase.end - phrase.start)
        pull[first:] = share * (of_phrase(phrase) - 1.0) * np.exp(-np.maximum(lasting, 0.0) / B.lively_time)
    return 1.0 + smooth(pull, _SETTLING, FRAME_RATE)


def at(amount: np.ndarray, time: float) -> float:
    """The factor of `amount` (frames,) at `time` in s."""
    return float(amount[int(np.clip(time * FRAME_RATE, 0, len(amount) - 1))])
