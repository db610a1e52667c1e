"""Phones first, then rules: a causal phone classifier and the teacher's own rules, with the model's lookahead."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from dystream_ros.training import coarticulation
from dystream_ros.training.evaluation import cascade
from dystream_ros.training.evaluation.utterance import FRAME_RATE, Utterance
from dystream_ros.training.phones import PHONES, SILENCE, Interval
from dystream_ros.training.teacher import MOTION_NAMES

_MEMORY = 0.70  # seconds of phones that a mouth is shaped by
_SHORTEST = 2  # in hundredths: shorter runs are taken for noise of the classifier
_SMOOTHING = np.array([0.25, 0.5, 0.25])  # over hundredths of a second


class CascadeRow:
    """What the model would be if it named the phones and left the mouth to rules."""

    name = "cascade"
    seeds = 1

    def __init__(self, weights: Path = cascade.WEIGHTS) -> None:
        self._classifier = cascade.load(weights)

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Of each recording float32 (frames, 58): frame k has heard 60 ms past its end, so it knows the phones of the
        frame itself, and none after it."""
        return [self._motion(utterance) for utterance in tqdm(utterances, self.name, unit="utterance", disable=None)]

    def _motion(self, utterance: Utterance) -> np.ndarray:
        phones = self._phones(utterance)
        motion = np.zeros((utterance.frames, len(MOTION_NAMES)), np.float32)
        for frame in range(utterance.frames):
            known = (frame + 1) / FRAME_RATE
            first = max(0.0, known - _MEMORY)
            window = phones[round(first * cascade.RATE) : round(known * cascade.RATE)]
            curves = coarticulation.mouth_curves(intervals(window), len(window) / cascade.RATE)
            motion[frame, : curves.shape[1]] = curves[-coarticulation.FRAME_MIDDLE]
        return motion

    def _phones(self, utterance: Utterance) -> np.ndarray:
        """Index of the likeliest phone at each hundredth of a second: int64 (n,)."""
        behind = round(cascade.LOOKAHEAD * cascade.RATE)
        samples = np.pad(utterance.samples, (0, (behind + 4) * 160))
        samples = samples[: len(samples) // 160 * 160].astype(np.float32)
        with torch.inference_mode():
            scores = self._classifier(torch.from_numpy(samples[None]))[0]
        # Score j is of the instant (j + 1) / RATE - LOOKAHEAD; from here on, entry i is of i / RATE.
        chances = torch.softmax(scores, -1).numpy()[behind - 1 :]
        smooth = np.stack([np.convolve(column, _SMOOTHING, "same") for column in chances.T], 1)
        return smooth.argmax(1)


def intervals(phones: np.ndarray) -> list[Interval]:
    """Timed phones of a sequence of indices, a hundredth of a second each; short runs go to the phone before them."""
    runs: list[list[int]] = []  # first, end, phone
    for place, phone in enumerate(phones):
        if runs and runs[-1][2] == phone:
            runs[-1][1] = place + 1
        else:
            runs.append([place, place + 1, int(phone)])
    kept: list[list[int]] = []
    for number, (first, end, phone) in enumerate(runs):
        # The last one may yet grow.
        short = end - first < _SHORTEST and number + 1 < len(runs)
        if kept and (short or kept[-1][2] == phone):
            kept[-1][1] = end
        else:
            kept.append([first, end, phone])
    return [(first / 100, end / 100, PHONES[phone]) for first, end, phone in kept if PHONES[phone] != SILENCE]
