"""Motion of the rendered clips: from a corpus, or drawn at random where none is given."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.rates import FRAME_RATE
from dystream_lab.released.taught_reader import random_expression
from dystream_lab.speech.phones import PHONES, SILENCE
from dystream_lab.teacher.coarticulation import at_frames, mouth_curves, smoothstep
from dystream_lab.teacher.eyes import lids
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

_HOLD, _MOVE = (2, 10), (3, 12)  # frames that an expression lasts, and that the way to the next one takes
_TURN = np.array([0.1, 0.13, 0.22, 0.006, 0.01, 0.01])  # of the head: standard deviations, radians and metres
_MOST = np.array([0.3, 0.35, 0.5, 0.02, 0.03, 0.03])
_NEUTRAL_SHARE = 0.1  # of expressions
_BLINK = [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]

Motions = Callable[[np.random.Generator, int], np.ndarray]  # frames -> motion float32 (frames, 58), 25 per second


def random_motion(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Motion float32 (frames, 58): random expressions, or lips of random phones with blinks, each half of the time.

    The head turns slowly between random poses in both. All coefficients occur, unlike in speech, so that the decoder
    has seen what a model may ask for.
    """
    values = _talking(rng, frames) if rng.random() < 0.5 else _keyframes(rng, frames, _expression)
    pose = np.clip(_keyframes(rng, frames, lambda rng: _TURN * rng.normal(size=6), slower=3), -_MOST, _MOST)
    return np.concatenate([values, pose], axis=1).astype(np.float32)


def corpus_motion(corpus: Path) -> Motions:
    """Motion of random segments of a corpus that `dystream corpus` made. Errors are those of `ConversationDataset`."""
    dataset = ConversationDataset(corpus, "train")

    def motion(rng: np.random.Generator, frames: int) -> np.ndarray:
        return dataset.spoken(rng, frames, lookahead=0).motion

    return motion


def _expression(rng: np.random.Generator) -> np.ndarray:
    if rng.random() < _NEUTRAL_SHARE:
        return np.zeros(len(ARKIT_NAMES))
    return random_expression(rng)[0] * rng.uniform(0.4, 1.0)


def _keyframes(
    rng: np.random.Generator, frames: int, draw: Callable[[np.random.Generator], np.ndarray], slower: int = 1
) -> np.ndarray:
    """Values (frames, n) that move between drawn ones and rest at them."""
    at, times, values = 0, [0], [draw(rng)]
    while at < frames:
        for low, high in (_HOLD, _MOVE):
            at += slower * int(rng.integers(low, high))
            times.append(at)
        values += [values[-1], draw(rng)]
    after = np.clip(np.searchsorted(times, np.arange(frames), side="right"), 1, len(times) - 1)
    start, end = np.array(times)[after - 1], np.array(times)[after]
    share = smoothstep((np.arange(frames) - start) / np.maximum(end - start, 1))[:, None]
    rows = np.array(values)
    return rows[after - 1] * (1 - share) + rows[after] * share


def _talking(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Coefficients (frames, 52) of random phones, blinks, and half of a slowly changing expression."""
    seconds = frames / FRAME_RATE
    phones, at = [], float(rng.uniform(0, 0.3))
    spoken = [phone for phone in PHONES if phone != SILENCE]
    while at < seconds:
        length = float(rng.uniform(0.06, 0.16))
        phones.append((at, at + length, str(rng.choice(spoken))))
        at += length + (float(rng.uniform(0.2, 0.8)) if rng.random() < 0.08 else 0.0)
    mood = 0.5 * _keyframes(rng, frames, _expression, slower=4)
    values = np.clip(at_frames(mouth_curves(phones, seconds + 0.1))[:frames] + mood, 0, 1)
    blinks = lids(rng, frames, np.sort(rng.uniform(0, seconds, rng.poisson(seconds / 2.5))).tolist())
    values[:, _BLINK] = np.maximum(values[:, _BLINK], blinks[:, None])
    return values
