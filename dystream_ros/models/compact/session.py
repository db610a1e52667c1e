"""Sessions of the compact model, stepped as one batch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from dystream_ros.engine.interfaces import Samples
from dystream_ros.face.motion import MotionFrame, MotionLayout
from dystream_ros.models.state import replace_row

if TYPE_CHECKING:  # the model makes its sessions
    from dystream_ros.models.compact.model import CompactModel


class CompactSessionBatch:
    """Heads on one compact model, a frame of each per step; see `engine.interfaces.SessionBatch`.

    A head's motion depends on its own audio, seed and history: in a batch it is the same as alone, up to rounding.

    Args:
        seeds: one per session; the same seed and audio give the same motion.
        anchor: (58,) expression and pose that the faces return to; neutral when None.
    """

    def __init__(self, model: "CompactModel", seeds: Sequence[int], anchor: Samples | None = None) -> None:
        self._model = model
        self._seeds = list(seeds)
        self._anchor = torch.zeros(len(seeds), model.motion_size)
        if anchor is not None:
            self._anchor += torch.from_numpy(np.asarray(anchor, np.float32))
        self._generators = [torch.Generator() for _ in seeds]
        self._state = model.initial_state(len(seeds))
        self._frames = [0] * len(seeds)
        for row, seed in enumerate(seeds):
            self._generators[row].manual_seed(seed)

    def __len__(self) -> int:
        return len(self._seeds)

    @property
    def layout(self) -> MotionLayout:
        """Names, units and ranges of the values."""
        return self._model.layout

    @property
    def hop(self) -> int:
        """Samples of one frame."""
        return self._model.hop

    @property
    def lookahead(self) -> int:
        """Samples past the end of a frame that its motion depends on."""
        return self._model.lookahead

    def close_lips(self, motion: MotionFrame, amount: float) -> MotionFrame:
        """The motion with its lips closed by a share of 0 to 1."""
        return self._model.close_lips(motion, amount)

    @torch.inference_mode()
    def prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        """Hear the lookahead of a fresh session's first frame: (lookahead,) samples of each party.

        Raises:
            ValueError: the session has made frames already.
        """
        if self._frames[row]:
            raise ValueError(f"session {row} is at frame {self._frames[row]}; only a fresh one hears a lookahead")
        fresh = self._model.initial_state(1)
        if self.lookahead:
            hearing = self._model.prime(_row(self_audio), _row(other_audio), fresh.hearing)
            fresh = fresh._replace(hearing=hearing)
        self._state = replace_row(self._state, row, len(self), fresh)

    def step(self, self_audio: Samples, other_audio: Samples) -> list[MotionFrame]:
        """The next frame of every session, from (B, 640) new samples of each party."""
        noise = torch.stack([torch.randn(self._model.noise_size, generator=g) for g in self._generators])
        motion, self._state = self._model.step(
            torch.from_numpy(self_audio), torch.from_numpy(other_audio), self._anchor, noise, self._state
        )
        values = len(self.layout.names)
        frames = []
        for row, numbers in enumerate(motion.numpy()):
            frames.append(MotionFrame(self._frames[row], numbers[:values].copy(), numbers[values:].copy()))
            self._frames[row] += 1
        return frames

    @torch.inference_mode()
    def emitted(self, row: int, motion: MotionFrame) -> None:
        """Replace the last motion of a session by the one that was shown."""
        shown = self._state.previous.clone()
        shown[row] = torch.from_numpy(np.concatenate([motion.values, motion.head_pose]))
        self._state = self._model.emitted(self._state, shown)

    def reset(self, row: int, seed: int | None = None) -> None:
        """Make a session the same as a new one; None keeps its seed. Prime it before the next step."""
        if seed is not None:
            self._seeds[row] = seed
        self._generators[row].manual_seed(self._seeds[row])
        self._frames[row] = 0
        self._state = replace_row(self._state, row, len(self), self._model.initial_state(1))


def _row(audio: Samples) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(audio, np.float32))[None]
