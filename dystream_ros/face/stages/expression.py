"""The expression that a face was asked to show, over time."""

import math

from dystream_ros.face.expressions import expression_at, expression_named
from dystream_ros.face.numbers import Numbers, minimum_jerk, zeros

# Felt smiles take some 0.5 s to their peak and longer to fade (Ekman and Friesen 1982); surprise is faster.
_ONSET, _QUICKER, _OFFSET = 0.55, 0.25, 0.8  # s; quicker by so much at full arousal
LONGEST = 3600.0  # s


def wanted_expression(name: str, valence: float, arousal: float) -> Numbers:
    """Numbers (58,) of an expression by name, or by valence and arousal where the name is empty.

    Raises:
        ValueError: no such name, or a value out of range.
    """
    return expression_named(name) if name else expression_at(valence, arousal)


def check_intensity(intensity: float) -> float:
    """The intensity of an expression or gesture.

    Raises:
        ValueError: it is not 0 to 1.
    """
    if not 0.0 <= intensity <= 1.0:  # NaN as well
        raise ValueError(f"intensity is {intensity}; accepted is 0 to 1")
    return intensity


class ShownExpression:
    """Moves from one expression to the next with minimum jerk, and back after its duration."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Show none at once."""
        self._from = self._to = zeros()
        self._from_share = self._to_share = 0.0
        self._begun, self._length, self._until = 0.0, _ONSET, math.inf
        self.numbers, self.share = zeros(), 0.0

    @property
    def idle(self) -> bool:
        """Whether no expression is shown."""
        return self.share == 0.0 and self._to_share == 0.0

    def show(self, numbers: Numbers, intensity: float, duration: float, now: float, arousal: float = 0.0) -> None:
        """Show an expression from `now` on, s.

        Args:
            numbers: (58,) at full intensity; all 0 for the neutral face, which `release`s where the intensity is 0.
            intensity: 0 to 1.
            duration: s until it fades; 0 for until the next one.
            arousal: of the expression; aroused ones come quicker.
        """
        self._move(intensity * numbers, intensity, now, _ONSET - _QUICKER * abs(arousal))
        self._until = now + max(duration, self._length) if duration > 0 else math.inf

    def release(self, now: float) -> None:
        """Let the expression fade."""
        self._move(zeros(), 0.0, now, _OFFSET)
        self._until = math.inf

    def step(self, now: float) -> tuple[Numbers, float]:
        """Numbers (58,) of the expression and its share of the face, 0 to 1, at `now`."""
        if now >= self._until:
            self.release(now)
        done = minimum_jerk((now - self._begun) / self._length)
        self.numbers = self._from + done * (self._to - self._from)
        self.share = self._from_share + done * (self._to_share - self._from_share)
        return self.numbers, self.share

    def _move(self, numbers: Numbers, share: float, now: float, length: float) -> None:
        self._from, self._from_share = self.numbers, self.share
        self._to, self._to_share = numbers, share
        self._begun, self._length = now, length
