"""Removes the constant offset of a channel, as cheap sound cards add it."""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.resample import MEDIA_RATE

STEP = MEDIA_RATE // 100
_AVERAGED = 100  # steps, 1 s, over which the offset is averaged
# An offset shows by more than this share of the deviation of the sound in one step, and less the longer it lasts.
_DEVIATIONS = 2.0
_LEAST = 0.001  # of full scale; the lips do not react to less
_STAYS = 0.5  # of the threshold, while an offset is removed
_OTHER_SOURCE = 3.0  # deviations from the known offset after absent audio


class OffsetRemoval:
    """Subtracts the running mean of a channel where it is more than sound has by itself.

    The mean of a source is known from its first 10 ms, and removed from these already, so that its beginning is no
    step. Later it changes linearly within each 10 ms. Absent audio (zeros) stays. Sound without an offset passes
    unchanged, bit for bit.
    """

    def __init__(self) -> None:
        self._mean = self._power = 0.0  # running mean, and mean power without it
        self._steps = 0
        self._removed = 0.0
        self._after_silence = True

    def process(self, samples: NDArray[np.float32], joins: list[int]) -> NDArray[np.float32]:
        """Remove the offset of the next samples.

        Args:
            samples: float32 (n,) at 16 kHz, the continuation of those of the last call; changed in place.
            joins: ascending indices at which audio begins, ends or is spliced.

        Returns:
            `samples`.
        """
        bounds = sorted({*joins, *range(0, len(samples), STEP), len(samples)})
        for begin, end in zip(bounds[:-1], bounds[1:], strict=True):
            self._step(samples[begin:end])
        return samples

    def _step(self, part: NDArray[np.float32]) -> None:
        if not part.any():
            self._after_silence = True
            return
        mean, power = float(part.mean(dtype=np.float64)), float(part.var(dtype=np.float64))
        if self._after_silence and abs(mean - self._mean) > _OTHER_SOURCE * power**0.5 + _LEAST:
            self._steps = 0
        self._steps = min(self._steps + 1, _AVERAGED)
        self._mean += (mean - self._mean) / self._steps
        self._power += (power - self._power) / self._steps
        threshold = max(_LEAST, _DEVIATIONS * self._power**0.5 / self._steps) * (_STAYS if self._removed else 1.0)
        offset = self._mean if abs(self._mean) > threshold else 0.0
        before = offset if self._after_silence else self._removed
        if before or offset:
            part -= np.linspace(before, offset, part.size + 1, dtype=np.float32)[1:]
        self._removed, self._after_silence = offset, False
