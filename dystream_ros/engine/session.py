"""A session: the state of one head, stepped frame by frame; and many of them stepped as one batch."""

import numpy as np
import torch

from dystream_ros.engine.hush import Hush
from dystream_ros.face.motion import MotionFrame, MotionLayout
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.models.state import replace_row


class SessionBatch:
    """Sessions of several heads on one compact model, a frame of all of them a step.

    A head's motion depends on its own audio, seed and history alone: in a batch it is the same as by itself, up to
    rounding.
    """

    def __init__(self, model: CompactModel, seeds: list[int], anchor: np.ndarray | None = None) -> None:
        """Begins sessions that have heard nothing.

        Args:
            seeds: one a session; the same seed and audio give the same motion.
            anchor: (58,) expression and pose that the faces return to; neutral when None.
        """
        self._model = model
        self._seeds = list(seeds)
        self._anchor = torch.zeros(len(seeds), model.motion_size)
        if anchor is not None:
            self._anchor += torch.from_numpy(np.asarray(anchor, np.float32))
        self._generators = [torch.Generator() for _ in seeds]
        self._hushes = [Hush() for _ in seeds]
        self._state = model.initial_state(len(seeds))
        self._frames = [0] * len(seeds)
        for row, seed in enumerate(seeds):
            self._generators[row].manual_seed(seed)

    def __len__(self) -> int:
        return len(self._seeds)

    @property
    def layout(self) -> MotionLayout:
        """Meaning of the values."""
        return self._model.layout

    @property
    def hop(self) -> int:
        """Samples of a frame."""
        return self._model.hop

    @property
    def lookahead(self) -> int:
        """Samples past the end of a frame that its motion hears."""
        return self._model.lookahead

    @torch.inference_mode()
    def prime(self, row: int, self_audio: np.ndarray, other_audio: np.ndarray) -> None:
        """Hears the lookahead of a session's first frame: float32 (lookahead,) of each party."""
        if self._frames[row]:
            raise ValueError(f"session {row} is at frame {self._frames[row]}; only a fresh one hears a lookahead")
        fresh = self._model.initial_state(1)
        if self.lookahead:
            hearing = self._model.prime(_row(self_audio), _row(other_audio), fresh.hearing)
            fresh = fresh._replace(hearing=hearing)
        self._state = replace_row(self._state, row, len(self), fresh)

    def step(self, self_audio: np.ndarray, other_audio: np.ndarray) -> list[MotionFrame]:
        """The next frame of every session, from float32 (B, 640) new samples of each party, -1 to 1."""
        noise = torch.stack([torch.randn(self._model.noise_size, generator=g) for g in self._generators])
        motion, self._state = self._model.step(
            torch.from_numpy(self_audio), torch.from_numpy(other_audio), self._anchor, noise, self._state
        )
        shown = motion.numpy()
        if any(hush.active for hush in self._hushes):
            shown = np.stack([hush.apply(row) for hush, row in zip(self._hushes, shown)])
            self._state = self._model.emitted(self._state, torch.from_numpy(shown))
        values = len(self.layout.names)
        frames = []
        for row, numbers in enumerate(shown):
            frames.append(MotionFrame(self._frames[row], numbers[:values].copy(), numbers[values:].copy()))
            self._frames[row] += 1
        return frames

    def reset(self, row: int, seed: int | None = None) -> None:
        """Makes a session the same as a new one; the seed stays when None. Prime it before the next step."""
        if seed is not None:
            self._seeds[row] = seed
        self._generators[row].manual_seed(self._seeds[row])
        self._hushes[row] = Hush()
        self._frames[row] = 0
        self._state = replace_row(self._state, row, len(self), self._model.initial_state(1))

    def hush(self, row: int) -> None:
        """Closes the lips within two frames: the words that they were shaping will not be heard."""
        self._hushes[row].begin()


class Session:
    """One head: audio of both parties in, one frame of motion out."""

    def __init__(self, model: CompactModel, seed: int = 0, anchor: np.ndarray | None = None) -> None:
        """Begins a session that has heard nothing; see `SessionBatch`."""
        # A model of another kind brings its own way of stepping many; this interface over it stays the same.
        own = getattr(model, "sessions", None)
        self._batch = own([seed], anchor) if own else SessionBatch(model, [seed], anchor)
        self._fresh = True

    @property
    def layout(self) -> MotionLayout:
        """Meaning of the values."""
        return self._batch.layout

    @property
    def hop(self) -> int:
        """Samples of a frame."""
        return self._batch.hop

    @property
    def lookahead(self) -> int:
        """Samples past the end of a frame that its motion hears."""
        return self._batch.lookahead

    @property
    def samples_needed(self) -> int:
        """Samples of each party that the next step takes: a frame, and at the first step the lookahead besides."""
        return self.hop + self.lookahead if self._fresh else self.hop

    def step(self, self_audio: np.ndarray, other_audio: np.ndarray) -> MotionFrame:
        """The next frame of motion.

        Args:
            self_audio, other_audio: float32 (samples_needed,), 16 kHz mono, -1 to 1, following those of the last step.

        Raises:
            ValueError: a wrong number of samples.
        """
        for name, audio in (("self_audio", self_audio), ("other_audio", other_audio)):
            if audio.shape != (self.samples_needed,):
                raise ValueError(f"{name} has the shape {audio.shape}; this step needs ({self.samples_needed},)")
        if self._fresh:
            self._batch.prime(0, self_audio[: self.lookahead], other_audio[: self.lookahead])
            self_audio, other_audio = self_audio[self.lookahead :], other_audio[self.lookahead :]
            self._fresh = False
        return self._batch.step(self_audio[None], other_audio[None])[0]

    def reset(self, seed: int | None = None) -> None:
        """Makes this the same as a new session; the seed stays when None."""
        self._batch.reset(0, seed)
        self._fresh = True

    def hush(self) -> None:
        """Closes the lips within two frames (an interruption); the other party is heard on."""
        self._batch.hush(0)


def _row(audio: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(audio, np.float32))[None]
