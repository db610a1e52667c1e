"""Closing the lips at an interruption."""

import numpy as np

from dystream_ros.face.arkit import SPEECH_INDEX

# Share of the predicted speech coefficients that is shown, frame by frame after the interruption. Two frames close the
# lips; they stay closed while words that were heard ahead (lookahead, encoder memory) fade; then the model has them
# back, without a jump.
_SHARE = (0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.5, 0.75)
_SPEECH = np.array(SPEECH_INDEX)


class Hush:
    """Fades the speech coefficients out and in again; everything else goes on."""

    def __init__(self) -> None:
        self._position = len(_SHARE)

    @property
    def active(self) -> bool:
        """Whether something is being faded."""
        return self._position < len(_SHARE)

    def begin(self) -> None:
        """Starts closing at the next frame."""
        self._position = 0

    def apply(self, motion: np.ndarray) -> np.ndarray:
        """Motion (58,) with its speech coefficients faded; call once a frame."""
        if not self.active:
            return motion
        faded = motion.copy()
        faded[_SPEECH] *= _SHARE[self._position]
        self._position += 1
        return faded
