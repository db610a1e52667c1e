"""The peer openfacefx: rules that turn the true phones, all known beforehand, into visemes with coarticulation."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.evaluation.rows.visemes import faces, peer_package
from dystream_lab.evaluation.utterance import Utterance
from dystream_lab.speech.phones import SILENCE

_RATE = 100.0
_ALPHABET = {SILENCE: "sil", "AX": "AH"}  # it has no schwa


class OpenFaceFxRow:
    """Its default settings and its own ARKit preset, given the labels; no keyframe left out."""

    name = "openfacefx, true phones"
    seeds = 1

    def __init__(self) -> None:
        self._package = peer_package()

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Curves at 100 Hz, read at the middle of each frame."""
        return [self._motion(utterance) for utterance in utterances]

    def _motion(self, utterance: Utterance) -> np.ndarray:
        track = self._package.generate_from_alignment(self._segments(utterance), fps=_RATE, epsilon=0.0)
        times = utterance.frame_times
        weights = {channel.name: self._package.sample(channel, times) for channel in track.channels}
        return faces(weights, utterance.frames)

    def _segments(self, utterance: Utterance) -> list:
        segments, now = [], 0.0
        for start, end, phone in (*utterance.phones, (len(utterance.samples) / 16_000,) * 2 + (SILENCE,)):
            if start > now:
                segments.append(self._package.PhonemeSegment("sil", now, start))
            if end > start:
                segments.append(self._package.PhonemeSegment(_ALPHABET.get(phone, phone), start, end))
            now = max(now, end)
        return segments
