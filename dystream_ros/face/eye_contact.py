"""More or less eye contact than a model learned, as additional or suppressed glances away.

A glance away lasts 0.6 to 2.2 s and leaves the partner by 7 degrees or more, so that the partner notices it (Argyle and
Dean 1965; Kendon 1967; Gibson and Pick 1963).
"""

import math

import numpy as np

from dystream_ros.face.numbers import Numbers, zeros

_AWAY, _BACK = math.radians(5.0), math.radians(3.5)  # where a glance of the model begins and ends
_LENGTH = (0.6, 2.2)  # s
_YAW_LEAST, _YAW_MORE, _PITCH_MEAN, _PITCH = (math.radians(each) for each in (7.0, 7.0, 2.0, 6.0))
_JUMP = 0.55  # share of the rest of a shift that one frame makes
_ATTENTION = 1.5  # s for which something new to look at is looked at
_SEED = 0x6A7E


def near_contact(gaze: Numbers) -> float:
    """1 for a gaze (2,) that a partner takes for eye contact, falling to 0 for a glance away."""
    share = min(max((float(np.hypot(*gaze)) - _BACK) / (2 * _AWAY - _BACK - _BACK), 0.0), 1.0)
    return 1.0 - share * share * (3.0 - 2.0 * share)


class EyeContact:
    """Changes the gaze of a model frame by frame; with a dial of 1 it changes nothing."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin again; the same gaze then gets the same glances."""
        self._random = np.random.default_rng(_SEED)
        self._model_away = False
        self._suppressed = False
        self._attending = 0.0
        self._kept = 1.0  # share of the model's glance that is shown
        self._due = float(self._random.exponential())
        self._left = 0.0  # s of the own glance
        self._aim, self._glance = zeros(2), zeros(2)

    @property
    def idle(self) -> bool:
        """Whether nothing is changed, apart from the dial."""
        return self._kept == 1.0 and self._left <= 0.0 and not self._glance.any()

    def attend(self) -> None:
        """Give up the present glance of the model: there is something to look at."""
        self._suppressed = self._model_away
        self._attending = _ATTENTION

    def step(self, gaze: Numbers, dial: float, seconds: float) -> Numbers:
        """What to add to the gaze, (2,) yaw and pitch in rad.

        Args:
            gaze: (2,) of the model, relative to the partner.
            dial: 0 (never in contact), 1 (as learned) to 2 (always).
            seconds: of the frame.
        """
        self._attending = max(self._attending - seconds, 0.0)
        self._judge(float(np.hypot(*gaze)), dial)
        self._kept += ((0.0 if self._suppressed else 1.0) - self._kept) * _JUMP
        if not self._suppressed and self._kept > 0.99:
            self._kept = 1.0
        self._glance_away(dial, seconds)
        self._glance = self._glance + (self._aim - self._glance) * _JUMP
        if not self._aim.any() and abs(self._glance).max() < 1e-4:
            self._glance = zeros(2)
        return (self._kept - 1.0) * gaze + self._glance

    def _judge(self, size: float, dial: float) -> None:
        if not self._model_away and size > _AWAY:
            self._model_away = True
            self._suppressed = bool(self._random.random() < dial - 1.0) or self._attending > 0.0
        elif self._model_away and size < _BACK:
            self._model_away = self._suppressed = False

    def _glance_away(self, dial: float, seconds: float) -> None:
        self._left -= seconds
        if self._left > 0.0 and dial < 1.0:
            return
        if dial >= 1.0 or self._model_away:
            self._left, self._aim = 0.0, zeros(2)
            return
        # Contact between glances of mean length L lasts c L / (1 - c) for a share c of contact.
        self._due -= seconds * (1.0 - dial) / (max(dial, 1e-6) * sum(_LENGTH) / 2)
        self._aim = zeros(2)
        if self._due > 0.0:
            return
        self._due = float(self._random.exponential())
        self._left = float(self._random.uniform(*_LENGTH))
        yaw = (_YAW_LEAST + abs(self._random.normal(0.0, _YAW_MORE))) * self._random.choice((-1.0, 1.0))
        if abs(self._glance[0]) > _BACK:  # a glance that follows another directly does not cross the partner
            yaw = math.copysign(yaw, self._glance[0])
        self._aim = np.array([yaw, self._random.normal(_PITCH_MEAN, _PITCH)])
