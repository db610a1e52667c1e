"""Numbers that a model continues from the frame before, moved along a path with the model's own motion on top."""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.numbers import HEAD, SIZE, Numbers, zeros

# The model's own motion on a steered number: what it adds in a frame, high-passed. The model draws a number that was
# moved back to its usual range; this slow pull is removed, and quick motion such as a brow raise passes.
_LEAK = 0.96  # per frame: half-life of 0.7 s
_PULL = 0.06  # share of the mean pull that a frame updates
_FORGET = 0.03  # share of the face from before that a frame of another expression takes away
_LARGEST_STEP = np.where(HEAD, 0.05, 0.25)  # rad or m, and coefficients, per frame
_STILL = np.where(HEAD, 0.0015, 0.006)  # movement of the path per frame beside which the model's own motion counts
_LARGEST = np.where(HEAD, 0.12, 0.4)


class Steering:
    """Keeps numbers on a path; the shown numbers are fed back to the model.

    Without it an offset would not last: the model takes it for an error of its own past and corrects it within half a
    second, and a step that is predicted from a shown offset would add to it.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Steer nothing."""
        self._steered: NDArray[np.bool_] = np.zeros(SIZE, bool)
        self._start, self._own, self._pull = zeros(), zeros(), zeros()
        self._path, self._moved = zeros(), zeros()

    @property
    def steered(self) -> NDArray[np.bool_]:
        """(58,) which numbers are steered."""
        return self._steered

    def own_motion(
        self, motion: Numbers, fed_back: Numbers, steer: NDArray[np.bool_], path: Numbers, replaced: float
    ) -> Numbers:
        """The part of the steered numbers that belongs to the model, (58,).

        Args:
            motion: (58,) of the model in this frame.
            fed_back: (58,) of the last frame, which the model continued.
            steer: (58,) which numbers are steered from now on.
            path: (58,) of expression and gesture.
            replaced: 0 to 1, how far the face from before the steering has given way.
        """
        fresh = steer & ~self._steered
        self._start[fresh] = fed_back[fresh]
        self._own[fresh] = self._pull[fresh] = 0.0
        self._steered = steer.copy()
        self._start *= 1.0 - _FORGET * replaced
        added = np.clip(motion - fed_back, -_LARGEST_STEP, _LARGEST_STEP)
        self._pull += _PULL * (added - self._pull)
        # While the path moves the model swings on with it, which would enlarge a nod and let it ring.
        moved = abs(path - self._path)
        own_share = 1.0 / (1.0 + (np.maximum(moved, self._moved) / _STILL) ** 2)
        self._path, self._moved = path, moved
        self._own = np.clip(_LEAK * self._own + own_share * (added - self._pull), -_LARGEST, _LARGEST)
        return (1.0 - replaced) * self._start + (1.0 - 0.4 * replaced) * self._own
