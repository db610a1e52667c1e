"""The teacher's mouth for the labels of an utterance: the reference of the lip measures and the oracle."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import FRAME_RATE
from dystream_lab.speech.prosody import track
from dystream_lab.teacher.coarticulation import mouth_curves
from dystream_lab.teacher.teacher import effort


@dataclass(frozen=True)
class Target:
    """An utterance and its reference.

    Attributes:
        utterance: the recording.
        curves: float32 (n, 52), the teacher's mouth for the true phones at CURVE_RATE, before sampling to frames.
    """

    utterance: Utterance
    curves: np.ndarray


@lru_cache(maxsize=2048)
def target_of(utterance: Utterance) -> Target:
    """The teacher's mouth for the labels of a recording; computed once per utterance."""
    frames = utterance.frames
    curves = mouth_curves(utterance.phones, frames / FRAME_RATE, effort(track(utterance.samples), frames))
    return Target(utterance, curves)
