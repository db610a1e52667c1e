"""Sessions of the published model, stepped as one batch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dystream_ros.engine.interfaces import Samples
from dystream_ros.face.motion import SPEAKING_OTHER, SPEAKING_SELF, MotionFrame
from dystream_ros.models.released.streaming.silence_gate import SilenceGate
from dystream_ros.models.released.streaming.stepping import Stepping
from dystream_ros.models.released.streaming.stream import StepInputs
from dystream_ros.models.session_rows import SessionRows

if TYPE_CHECKING:  # the model makes its sessions
    from dystream_ros.models.released.streaming.model import ReleasedModel


class ReleasedSessionBatch(SessionRows):
    """Heads on one published model; implements `engine.interfaces.SessionBatch`.

    Args:
        model: weights and settings.
        seeds: one per session; the same seed and audio give the same motion.
    """

    def __init__(self, model: "ReleasedModel", seeds: Sequence[int]) -> None:
        super().__init__(model, seeds, model.motion_size)
        self._model = model
        self._anchor = model.anchor
        self._gates = [self._fresh_gates() for _ in seeds]
        self._stepping = Stepping(model.stream, model.initial(self._anchor, len(seeds)), model.graphs)
        self._shown = [self._anchor.numpy()] * len(seeds)  # newest motion of each window

    def _fresh_gates(self) -> tuple[SilenceGate, SilenceGate]:
        settings = self._model.silence_gate, self._model.floor_dbfs
        return SilenceGate(*settings), SilenceGate(*settings)

    def _prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        (own, other), voiced = _gated(self._gates[row : row + 1], self_audio[None], other_audio[None])
        self._stepping.advance(row, own, other, *voiced)

    def _advance(self, self_audio: Samples, other_audio: Samples, noise: NDArray[np.float32]) -> list[MotionFrame]:
        (own, other), (own_voiced, other_voiced) = _gated(self._gates, self_audio, other_audio)
        motions = self._stepping.step(StepInputs(own, other, own_voiced, other_voiced, torch.from_numpy(noise))).numpy()
        frames = []
        for row, motion in enumerate(motions):
            speaking = SPEAKING_SELF * int(own_voiced[row]) | SPEAKING_OTHER * int(other_voiced[row])
            frames.append(self._model.frame(self._frames[row], motion.copy(), speaking))
            self._shown[row] = motion.copy()
        return frames

    def emitted(self, row: int, motion: MotionFrame) -> None:
        """Replace the newest motion of a session's window by the latent that was shown.

        Raises:
            ValueError: the latent has another length than the model's.
        """
        shown = np.asarray(motion.latent, np.float32)
        if shown.shape != (self._model.motion_size,):
            raise ValueError(f"the latent that was shown has the shape {shown.shape}, not ({self._model.motion_size},)")
        # Embedding one row rounds differently from embedding the batch, so an unchanged motion is left as it is.
        if not np.array_equal(shown, self._shown[row]):
            self._stepping.emitted(row, torch.from_numpy(shown.copy()))
            self._shown[row] = shown.copy()

    def _restart(self, row: int) -> None:
        self._gates[row] = self._fresh_gates()
        self._stepping.replace(row, self._model.initial(self._anchor, 1))
        self._shown[row] = self._anchor.numpy()


def _gated(
    gates: Sequence[tuple[SilenceGate, SilenceGate]], self_audio: Samples, other_audio: Samples
) -> tuple[list[Tensor], list[Tensor]]:
    """Tracks (B, samples) of both parties gated, and whether each party speaks in them, (B,) of 0 or 1."""
    audio, voiced = [], []
    for party, track in enumerate((self_audio, other_audio)):
        passed = [pair[party].gate(row) for pair, row in zip(gates, track, strict=True)]
        audio.append(torch.from_numpy(np.stack([samples for samples, _ in passed]).astype(np.float32)))
        voiced.append(torch.tensor([float(speaking) for _, speaking in passed]))
    return audio, voiced
