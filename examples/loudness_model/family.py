"""A family of models in one file: the jaw follows the loudness of the own voice; the partner is ignored.

It implements `Model` and `SessionBatch` of dystream_ros/engine/interfaces.py and `Family` of the registry.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml

from dystream_ros.engine.interfaces import Samples
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import ARKIT_LAYOUT, POSE_NAMES, MotionFrame, MotionLayout, neutral_frame
from dystream_ros.models.errors import ModelError
from dystream_ros.models.runtime import Runtime

JAW = ARKIT_NAMES.index("jawOpen")


@dataclass(frozen=True)
class LoudnessModel:
    """The model: two numbers.

    Attributes:
        gain: jawOpen per unit of root mean square.
        smoothing: share of the last frame that stays, 0 to 1.
    """

    gain: float = 6.0
    smoothing: float = 0.5
    layout: MotionLayout = ARKIT_LAYOUT
    hop: int = 640
    lookahead: int = 0

    @property
    def neutral(self) -> MotionFrame:
        """The face at rest."""
        return neutral_frame(self.layout)

    def close_lips(self, motion: MotionFrame, amount: float) -> MotionFrame:
        """The motion with the jaw closed by a share of 0 to 1."""
        values = motion.values.copy()
        values[JAW] *= 1 - amount
        return replace(motion, values=values)

    def sessions(self, seeds: Sequence[int]) -> "LoudnessSessions":
        """Fresh sessions; seeds change nothing, as nothing here is random."""
        return LoudnessSessions(self, len(seeds))


class LoudnessSessions:
    """The jaws of several heads."""

    def __init__(self, model: LoudnessModel, count: int) -> None:
        self._model = model
        self._jaw = np.zeros(count, np.float32)
        self._frame = np.zeros(count, int)

    @property
    def layout(self) -> MotionLayout:
        return self._model.layout

    @property
    def hop(self) -> int:
        return self._model.hop

    @property
    def lookahead(self) -> int:
        return self._model.lookahead

    @property
    def neutral(self) -> MotionFrame:
        return self._model.neutral

    def close_lips(self, motion: MotionFrame, amount: float) -> MotionFrame:
        return self._model.close_lips(motion, amount)

    def __len__(self) -> int:
        return len(self._jaw)

    def prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        """Nothing to do: the lookahead is 0 samples."""

    def step(self, self_audio: Samples, other_audio: Samples) -> list[MotionFrame]:
        """The next frame of every session, from (B, 640) samples of each party."""
        loudness = np.sqrt(np.mean(self_audio**2, axis=1))
        kept = self._model.smoothing
        self._jaw = kept * self._jaw + (1 - kept) * np.clip(self._model.gain * loudness, 0, 1)
        frames = []
        for row, jaw in enumerate(self._jaw):
            values = np.zeros(len(ARKIT_NAMES), np.float32)
            values[JAW] = jaw
            frames.append(MotionFrame(int(self._frame[row]), values, np.zeros(len(POSE_NAMES), np.float32)))
        self._frame += 1
        return frames

    def emitted(self, row: int, motion: MotionFrame) -> None:
        """Go on from the jaw that was shown."""
        self._jaw[row] = motion.values[JAW]

    def reset(self, row: int, seed: int | None = None) -> None:
        self._jaw[row], self._frame[row] = 0.0, 0


class LoudnessFamily:
    """Loads model files such as loudness.yaml."""

    def load(self, path: Path, runtime: Runtime | None) -> LoudnessModel:
        """The model of a model file. Raises `ModelError`."""
        settings = yaml.safe_load(path.read_text())
        del settings["family"]
        try:
            return LoudnessModel(**settings)
        except TypeError as error:
            raise ModelError(f"{path}: {error}; accepted are gain and smoothing") from error

    def weights_sha256(self, path: Path) -> str:
        """SHA-256 of the model file: it holds all of the model."""
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def open_renderer(self, path: Path, width: int, height: int, exact: bool) -> None:
        """None: a portrait draws the named coefficients."""


FAMILY = LoudnessFamily()
