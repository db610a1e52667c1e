"""Base of the session batches of all families: seeds, noise and frame counters, one row per session."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dystream_ros.engine.interfaces import DelegatedMotionSource, MotionSource, Samples
from dystream_ros.face.dials import EventRates
from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.event_rates import at_rates
from dystream_ros.models.noise import NormalNoise


class SessionRows(DelegatedMotionSource, ABC):
    """Base of an `engine.interfaces.SessionBatch`; a family adds the state of its network.

    Args:
        source: the model.
        seeds: one per session; the same seed and audio give the same motion.
        noise_size: number of standard normal numbers per frame and session.
        events: fields of `EventRates`, in the order of the numbers at the end of the noise that draw them.
    """

    def __init__(self, source: MotionSource, seeds: Sequence[int], noise_size: int, events: Sequence[str] = ()) -> None:
        super().__init__(source)
        self._noise_size = noise_size
        self._seeds = list(seeds)
        self._noise = [NormalNoise(seed) for seed in seeds]
        self._frames = [0] * len(self._seeds)
        self._events = tuple(events)
        self._rates: list[tuple[float, ...] | None] = [None] * len(self._seeds)

    def __len__(self) -> int:
        return len(self._seeds)

    def prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        """Take in the lookahead of a fresh session's first frame: (lookahead,) samples of each party.

        Raises:
            ValueError: the session has already computed frames.
        """
        if self._frames[row]:
            raise ValueError(f"session {row} is at frame {self._frames[row]}; only a fresh one can be primed")
        if self.lookahead:
            self._prime(row, self_audio, other_audio)

    def step(self, self_audio: Samples, other_audio: Samples) -> list[MotionFrame]:
        """The next frame of every session, from (B, hop) samples that follow those of the last step."""
        noise = np.stack([noise.draw(self._noise_size) for noise in self._noise])
        for row, rates in enumerate(self._rates):
            if rates is not None:
                noise[row, -len(rates) :] = at_rates(noise[row, -len(rates) :], rates)
        frames = self._advance(self_audio, other_audio, noise)
        self._frames = [frame + 1 for frame in self._frames]
        return frames

    def set_event_rates(self, row: int, rates: EventRates) -> None:
        """Set how often a session's events start from the next frame on; a model without events ignores it."""
        values = tuple(getattr(rates, event) for event in self._events)
        self._rates[row] = None if all(value == 1.0 for value in values) else values

    def reset(self, row: int, seed: int | None = None) -> None:
        """Make a session the same as a new one; None keeps its seed. Prime it before the next step."""
        if seed is not None:
            self._seeds[row] = seed
        self._noise[row].seed(self._seeds[row])
        self._frames[row] = 0
        self._restart(row)

    @abstractmethod
    def emitted(self, row: int, motion: MotionFrame) -> None:
        """Replace the last motion of a session by the one that was shown; the next step follows that one."""

    @abstractmethod
    def _prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        """Take (lookahead,) samples of each party into the state of a fresh row, without computing a frame."""

    @abstractmethod
    def _advance(self, self_audio: Samples, other_audio: Samples, noise: NDArray[np.float32]) -> list[MotionFrame]:
        """One frame per row, numbered by `_frames`, from (B, hop) samples and noise (B, noise_size)."""

    @abstractmethod
    def _restart(self, row: int) -> None:
        """Give a row the state of a new session."""
