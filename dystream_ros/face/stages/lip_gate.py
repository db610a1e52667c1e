"""Closed lips while the own channel has sound but no voice: machines, beeps, music, the partner's voice."""

from dataclasses import replace

import numpy as np

from dystream_ros.face.motion import MotionFrame, MotionLayout

# What opens and shapes the lips in speech. Smiles, frowns and dimples stay: a face that listens has them too.
_PARTS = (
    "jaw", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLowerDown", "mouthUpperUp", "mouthRoll", "mouthShrug",
    "mouthStretch", "tongue", "cheekPuff",
)  # fmt: skip
_CLOSING, _OPENING, _FORGETTING = 0.25, 0.5, 0.1  # share of the way in a frame


class LipGate:
    """Closes the lips while sound of the own channel is not a voice, and opens them within two frames when one begins.

    A voice is told from other sound by `VoiceActivity.voice`, which knows as much of the sound as the model does. In
    silence the model closes the lips by itself, and the gate lets go of them; other sound that begins after it does not
    open them first.

    Args:
        layout: of the model's motion; a layout with other names than ARKit's has no lips to close.
    """

    def __init__(self, layout: MotionLayout) -> None:
        places = [place for place, name in enumerate(layout.names) if name.startswith(_PARTS)]
        self._places = np.array([] if layout.latent_size else places, int)
        self._neutral = np.array(layout.neutral, np.float32)[self._places]
        self._closed, self._silent = 0.0, True

    def apply(self, motion: MotionFrame, voice: bool | None) -> MotionFrame:
        """The motion with its lips as far closed as the sound demands; the argument itself when they are not.

        Args:
            motion: of the model; all numbers are NaN where it failed.
            voice: whether the sound of the own channel may be a voice; None where it is too soft to tell.
        """
        closing = 1.0 if self._silent else _CLOSING
        self._silent = voice is None
        change = {True: -_OPENING, False: closing, None: -_FORGETTING}[voice]
        self._closed = min(1.0, max(0.0, self._closed + change))
        if self._closed == 0.0 or not len(self._places):
            return motion
        values = motion.values.copy()
        values[self._places] += np.float32(self._closed) * (self._neutral - values[self._places])
        return replace(motion, values=values)

    def reset(self) -> None:
        """As at the beginning: open, after silence."""
        self._closed, self._silent = 0.0, True
