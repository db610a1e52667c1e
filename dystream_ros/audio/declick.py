"""Removes the clicks where audio starts, stops or is spliced."""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.resample import MEDIA_RATE

FADE = MEDIA_RATE // 500  # 2 ms
_FALL = (0.5 * (1 + np.cos(np.pi * np.arange(1, FADE + 1) / (FADE + 1)))).astype(np.float32)


class Declick:
    """Adds an offset after each join that falls from the step at the join to zero within 2 ms.

    Other audio passes unchanged.
    """

    def __init__(self) -> None:
        self._last = np.float32(0)
        self._step = np.float32(0)
        self._age = FADE

    def process(self, samples: NDArray[np.float32], joins: list[int]) -> NDArray[np.float32]:
        """Smooth the joins of the next samples.

        Args:
            samples: float32 (n,), the continuation of those of the last call; changed in place.
            joins: ascending indices of the samples that do not continue the previous sample.

        Returns:
            `samples`.
        """
        bounds = [0, *joins, len(samples)]
        for part, (a, b) in enumerate(zip(bounds[:-1], bounds[1:], strict=True)):
            if part:
                self._step, self._age = self._last - samples[a], 0
            count = min(FADE - self._age, b - a)
            if count > 0:
                samples[a : a + count] += self._step * _FALL[self._age : self._age + count]
                self._age += count
            if b > a:
                self._last = samples[b - 1]
        return samples
