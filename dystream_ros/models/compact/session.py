"""Sessions of the compact model, stepped as one batch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from dystream_ros.engine.interfaces import Samples
from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.compact.config import EVENT_FIELDS
from dystream_ros.models.session_rows import SessionRows
from dystream_ros.models.state import replace_row

if TYPE_CHECKING:  # the model makes its sessions
    from dystream_ros.models.compact.model import CompactModel


class CompactSessionBatch(SessionRows):
    """Heads on one compact model; a step gives one frame per head. Implements `engine.interfaces.SessionBatch`.

    A head's motion depends only on its own audio, seed and history: in a batch it is the same as alone, up to rounding.

    Args:
        seeds: one per session; the same seed and audio give the same motion.
    """

    def __init__(self, model: "CompactModel", seeds: Sequence[int]) -> None:
        super().__init__(model, seeds, model.noise_size, EVENT_FIELDS)
        self._model = model
        self._anchor = torch.zeros(len(seeds), model.motion_size)  # neutral
        self._state = model.initial_state(len(seeds))

    @torch.inference_mode()
    def emitted(self, row: int, motion: MotionFrame) -> None:
        """Replace the last motion of a session by the one that was shown; the next step follows that one."""
        shown = self._state.previous.clone()
        shown[row] = torch.from_numpy(np.concatenate([motion.values, motion.head_pose]))
        self._state = self._model.emitted(self._state, shown)

    @torch.inference_mode()
    def _prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        fresh = self._model.initial_state(1)
        audio = self._model.prime(_row(self_audio), _row(other_audio), fresh.audio)
        self._state = replace_row(self._state, row, len(self), fresh._replace(audio=audio))

    def _advance(self, self_audio: Samples, other_audio: Samples, noise: NDArray[np.float32]) -> list[MotionFrame]:
        motion, self._state = self._model.step(
            torch.from_numpy(self_audio),
            torch.from_numpy(other_audio),
            self._anchor,
            torch.from_numpy(noise),
            self._state,
        )
        values = len(self.layout.names)
        return [
            MotionFrame(frame, numbers[:values].copy(), numbers[values:].copy())
            for frame, numbers in zip(self._frames, motion.numpy(), strict=True)
        ]

    def _restart(self, row: int) -> None:
        self._state = replace_row(self._state, row, len(self), self._model.initial_state(1))


def _row(audio: Samples) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(audio, np.float32))[None]
