"""Peer openfacefx: rules that turn the true phones, known in advance, into visemes with coarticulation."""

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import CURVE_RATE, SAMPLE_RATE
from dystream_lab.speech.phones import SILENCE
from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.face.arkit import ARKIT_INDEX

_ALPHABET = {SILENCE: "sil", "AX": "AH"}  # the package has no schwa


class OpenFaceFxRow:
    """openfacefx with its default settings and its ARKit preset, given the labels; all keyframes kept."""

    name = "openfacefx, true phones"
    seeds = 1

    def __init__(self) -> None:
        """Raises RuntimeError when the package is not installed."""
        self._package = peer_package()

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Motion float32 (frames, 58) of each recording: curves at 100 Hz, sampled at the middle of each frame."""
        return [self._motion(utterance) for utterance in utterances]

    def _motion(self, utterance: Utterance) -> np.ndarray:
        track = self._package.generate_from_alignment(self._segments(utterance), fps=float(CURVE_RATE), epsilon=0.0)
        times = utterance.frame_times
        weights = {channel.name: self._package.sample(channel, times) for channel in track.channels}
        return viseme_motion(weights, utterance.frames)

    def _segments(self, utterance: Utterance) -> list:
        segments, now = [], 0.0
        for start, end, phone in (*utterance.phones, (len(utterance.samples) / SAMPLE_RATE,) * 2 + (SILENCE,)):
            if start > now:
                segments.append(self._package.PhonemeSegment("sil", now, start))
            if end > start:
                segments.append(self._package.PhonemeSegment(_ALPHABET.get(phone, phone), start, end))
            now = max(now, end)
        return segments


def peer_package() -> ModuleType:
    """The package openfacefx. Raises RuntimeError when it is not installed."""
    try:
        import openfacefx
    except ImportError as error:
        raise RuntimeError(
            "the peers need the package openfacefx; in the checkout: pip install '.[evaluate]'"
        ) from error
    return openfacefx


def viseme_motion(weights: dict[str, np.ndarray], frames: int) -> np.ndarray:
    """Motion float32 (frames, 58) of the fifteen Oculus visemes through the ARKit preset of openfacefx.

    Args:
        weights: (frames,) by viseme ("PP", "aa", ...), 0 to 1.

    Raises:
        RuntimeError: openfacefx is not installed.
    """
    preset = peer_package().PRESETS["arkit"]
    motion = np.zeros((frames, len(MOTION_NAMES)), np.float32)
    for viseme, weight in weights.items():
        for name, share in preset.get(viseme, ()):
            motion[:, ARKIT_INDEX[name]] += share * weight
    return np.clip(motion, 0.0, 1.0)
