"""Weights that change smoothly: engaging a head, and taking a region over."""

import numpy as np


class Fade:
    """A weight that goes from one value to another with zero slope and curvature at both ends.

    The quintic of minimum jerk (Flash and Hogan, Journal of Neuroscience 1985). A new destination before the end starts
    from the present weight.
    """

    def __init__(self, value: float = 0.0) -> None:
        self._from = self._to = self.value = value
        self._seconds = self._elapsed = 0.0

    @property
    def to(self) -> float:
        """The destination."""
        return self._to

    @property
    def moving(self) -> bool:
        return self.value != self._to

    def go(self, to: float, seconds: float) -> None:
        """Start towards a value; no effect when it is the destination already."""
        if to != self._to:
            self._from, self._to, self._seconds, self._elapsed = self.value, to, seconds, 0.0

    def step(self, seconds: float) -> float:
        """The weight `seconds` later."""
        self._elapsed += seconds
        x = 1.0 if self._seconds <= 0 else float(np.clip(self._elapsed / self._seconds, 0.0, 1.0))
        self.value = self._from + (self._to - self._from) * x**3 * (10 - 15 * x + 6 * x * x)
        if x == 1.0:
            self.value = self._to
        return self.value
