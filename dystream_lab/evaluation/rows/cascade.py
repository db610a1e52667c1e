"""Cascade baseline: a causal phone classifier, Viterbi decoding, and the teacher's rules; 60 ms lookahead.

A learned face should score higher; otherwise this baseline could replace the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from dystream_lab.evaluation.rows import phone_classifier as classifier
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import CURVE_RATE, FRAME_RATE, HOP
from dystream_lab.speech.phones import PHONES, SILENCE, Interval
from dystream_lab.speech.prosody import Prosody, levels
from dystream_lab.teacher import coarticulation
from dystream_lab.teacher.articulation import ARTICULATIONS
from dystream_lab.teacher.teacher import MOTION_NAMES, effort

_FRAME = CURVE_RATE // FRAME_RATE  # values of a curve per frame; one value is 10 ms
_AHEAD = 6  # values of lookahead past a frame's end
_USUAL = 50  # values of speech before the median level is used
_SPEECH_RANGE = 20.0  # dB below the loudest level so far within which sound counts as speech
_FAINTEST = -55.0  # dBFS below which nothing counts as speech


@dataclass(frozen=True)
class Decoding:
    """Decoding of phones from scores; chosen on validation voices (docs/evaluation.md).

    Attributes:
        change: cost of a change of phone, in nats; it suppresses phones that are too short.
        lips, teeth: cost per 10 ms of a phone with that contact, in nats, so that an uncertain phone does not close
            the mouth.
        memory: number of values (10 ms each) whose phones shape a mouth.
        skipped: number of latest values that are ignored, because too little sound follows them.
    """

    change: float = 3.0
    lips: float = 0.2
    teeth: float = 0.4
    memory: int = 70
    skipped: int = 4


class CascadeRow:
    """Classified phones through the teacher's mouth rules."""

    name = "cascade"
    seeds = 1

    def __init__(self, weights: Path = classifier.WEIGHTS, decoding: Decoding = Decoding()) -> None:
        self._classifier = classifier.load(weights)
        self._decoding = decoding
        self._costs = np.array([_cost(phone, decoding) for phone in PHONES], np.float32)

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Motion float32 (frames, 58) of each recording; frame k depends on the sound up to 60 ms past its end."""
        return [self._motion(utterance) for utterance in tqdm(utterances, self.name, unit="utterance", disable=None)]

    def _motion(self, utterance: Utterance) -> np.ndarray:
        samples = np.pad(utterance.samples[: utterance.frames * HOP], (0, _AHEAD * HOP // _FRAME))
        chances = windows(self._chances(samples), utterance.frames, self._decoding.memory)
        chances = chances[:, : chances.shape[1] - self._decoding.skipped] - self._costs
        paths = likeliest(chances, self._decoding.change)
        level = levels(samples)
        motion = np.zeros((utterance.frames, len(MOTION_NAMES)), np.float32)
        middle = self._decoding.memory - 1 - _AHEAD - _FRAME // 2
        for frame, path in enumerate(paths):
            available = (frame + 1) * _FRAME + _AHEAD
            # A level needs 20 ms of sound on each side: the last two are not known yet.
            known = np.pad(level[: available - 1], (0, 2), mode="edge")
            loudness = effort_so_far(known, self._decoding.memory)
            curves = coarticulation.mouth_curves(intervals(path), self._decoding.memory / CURVE_RATE, loudness)
            motion[frame, : curves.shape[1]] = curves[middle]
        return motion

    def _chances(self, samples: np.ndarray) -> np.ndarray:
        """Log probability of each phone: float32 (steps, LOOKAHEADS, phones)."""
        whole = samples[: len(samples) // classifier.STEP * classifier.STEP].astype(np.float32)
        with torch.inference_mode():
            return torch.log_softmax(self._classifier(torch.from_numpy(whole[None]))[0], -1).numpy()


def _cost(phone: str, decoding: Decoding) -> float:
    contact = ARTICULATIONS[phone].contact if phone != SILENCE else ""
    return {"lips": decoding.lips, "teeth": decoding.teeth}.get(contact, 0.0)


def windows(chances: np.ndarray, frames: int, length: int) -> np.ndarray:
    """Scores of the last `length` values (10 ms each) known at each frame: float32 (frames, length, phones).

    Each value is taken from the step with the longest lookahead available at the frame; silence precedes the recording.
    """
    ahead = chances.shape[1]
    steps = ((np.arange(frames) + 1) * _FRAME + _AHEAD) // classifier.STRIDE - 1  # (frames,) the latest available step
    back = np.arange(length)[::-1]  # values before the latest
    # Values farther back than a step covers come from an earlier step, at one of its longest lookaheads.
    earlier = np.maximum(back - ahead + classifier.STRIDE, 0) // classifier.STRIDE
    chosen = steps[:, None] - earlier
    named = chances[np.maximum(chosen, 0), back - earlier * classifier.STRIDE]
    named[classifier.STRIDE * (steps[:, None] + 1) < back] = np.where(np.array(PHONES) == SILENCE, 0.0, -20.0)
    return named


def likeliest(chances: np.ndarray, change: float) -> np.ndarray:
    """Most likely phones int64 (n, length) by Viterbi.

    Args:
        chances: log probabilities (n, length, phones).
        change: cost of a change of phone, nats.
    """
    count, length, phones = chances.shape
    rows = np.arange(count)
    best = chances[:, 0].copy()
    before = np.empty((count, length, phones), np.int64)
    for place in range(1, length):
        top = best.argmax(1)
        leap = (best[rows, top] - change)[:, None]
        before[:, place] = np.where(best >= leap, np.arange(phones), top[:, None])
        best = np.maximum(best, leap) + chances[:, place]
    path = np.empty((count, length), np.int64)
    path[:, -1] = best.argmax(1)
    for place in range(length - 1, 0, -1):
        path[:, place - 1] = before[rows, place, path[:, place]]
    return path


def intervals(phones: np.ndarray) -> list[Interval]:
    """Timed phones from indices (n,) at the instants 0, 10 ms, ...; borders lie half-way between two instants."""
    borders = np.flatnonzero(np.diff(phones)) + 1
    edges = [0, *borders.tolist(), len(phones)]
    timed = [(max(first - 0.5, 0.0), end - 0.5, PHONES[phones[first]]) for first, end in zip(edges[:-1], edges[1:])]
    return [(start / CURVE_RATE, end / CURVE_RATE, phone) for start, end, phone in timed if phone != SILENCE]


def effort_so_far(level: np.ndarray, length: int) -> np.ndarray:
    """The teacher's `effort` (length,) of the last `length` values, causally, from levels (n,) in dB.

    Levels are relative to the median of the speech so far; the effort is 1 until 0.5 s of speech are known.
    """
    speech = level[level > max(level.max() - _SPEECH_RANGE, _FAINTEST)]
    if len(speech) < _USUAL:
        return np.ones(length)
    recent = np.pad(level[-length:] - np.median(speech), (max(0, length - len(level)), 0), mode="edge")
    nothing = np.zeros(length)
    return effort(Prosody(recent, nothing, nothing > 0, nothing + np.nan), -(-length // _FRAME))[:length]
