"""Gaze at a point: eyes first, then the head.

The eyes jump to a new target and the head follows; while it moves, the eyes turn back in the head, so that the gaze
stays on the target (vestibulo-ocular reflex). Sources:

- saccades last 21 ms and 2.2 ms more for each degree (Carpenter 1988, Movements of the Eyes, chapter 4);
- the head begins 25 to 40 ms after the eyes (Zangemeister and Stark 1982), and contributes little to shifts of under
  some 20 degrees, and about two thirds of what is beyond (Stahl 1999; Freedman and Sparks 1997);
- the head's speed grows in proportion to its amplitude (Guitton and Volle 1987): here critically damped, with a peak
  of 2.6 1/s times the amplitude;
- people turn the face to what they attend to for longer: after `_SETTLE` the head turns on, slowly;
- large gaze shifts come with a blink (Evinger et al. 1994);
- a slow target is followed smoothly, up to 30 degrees per second with jumps beyond (Robinson 1965).
"""

import math
from dataclasses import dataclass

import numpy as np

from dystream_ros.face.eyes import EYE_DISTANCE
from dystream_ros.face.numbers import Numbers, minimum_jerk, zeros

NEAREST, FARTHEST_ANGLE = 0.15, math.radians(100.0)  # m; a point beyond this angle is behind: not looked at
# Comfortable ranges: of the head, and of the eyes in it (pitch: up, down); rad. A photo turns less than a robot.
HEAD_YAW, HEAD_UP, HEAD_DOWN = math.radians(32.0), math.radians(16.0), math.radians(18.0)
EYES_YAW, EYES_UP, EYES_DOWN = math.radians(27.0), math.radians(18.0), math.radians(20.0)
_FREE, _FREE_SHARE, _BEYOND_SHARE = math.radians(15.0), 0.2, 0.68  # of a shift that the head makes at first
_SETTLED_SHARE, _SETTLE = 0.75, 1.2  # of the angle, once a target is kept for so many s
_QUICK, _SLOW = 7.0, 2.5  # 1/s, of the critically damped head
_SAME_TARGET = math.radians(4.0)
_PURSUIT = math.radians(30.0)  # rad/s
_CATCH_UP = math.radians(2.0)  # error of the pursuit that a saccade corrects
_BLINK_FROM = math.radians(28.0)  # shift
_BLINK = (0.45, 1.0, 0.85, 0.45, 0.15)  # lids of that blink in each frame
_NONE = zeros(2)


@dataclass(frozen=True)
class GazeOffset:
    """What a gaze adds to the face: rad, and lids of 0 to 1.

    Attributes:
        head: (2,) yaw and pitch of the head.
        direction: (2,) yaw and pitch of the gaze, in the frame of the neutral face.
        vergence: angle between the gaze of the eyes and their mean; positive turns both towards the nose.
        lids: closing of the lids, 0 to 1.
        share: how much the target holds the gaze, 0 to 1.
    """

    head: Numbers
    direction: Numbers
    vergence: float
    lids: float
    share: float


def direction_of(x: float, y: float, z: float) -> tuple[float, float]:
    """Yaw and pitch in rad of a point in m in the frame of the face: x out of the face, y to its left, z up.

    Raises:
        ValueError: the point is not finite, nearer than 15 cm, or behind the face.
    """
    if not all(math.isfinite(each) for each in (x, y, z)):
        raise ValueError(f"the point to look at is ({x}, {y}, {z}); accepted are finite numbers, in m")
    if math.sqrt(x * x + y * y + z * z) < NEAREST:
        raise ValueError(f"the point ({x:.2f}, {y:.2f}, {z:.2f}) is nearer than {NEAREST} m to the eyes")
    yaw, pitch = math.atan2(y, x), -math.atan2(z, math.hypot(x, y))
    if abs(yaw) > FARTHEST_ANGLE:
        raise ValueError(
            f"the point ({x:.2f}, {y:.2f}, {z:.2f}) is behind the face (yaw {math.degrees(yaw):.0f} degrees)"
        )
    return yaw, pitch


class _Damped:
    """Two angles that follow a goal, critically damped; exact for a goal that is constant within a frame."""

    def __init__(self) -> None:
        self.position, self.velocity = zeros(2), zeros(2)

    def step(self, goal: Numbers, rate: float, seconds: float) -> None:
        error = self.position - goal
        drive = self.velocity + rate * error
        decay = math.exp(-rate * seconds)
        self.position = goal + (error + drive * seconds) * decay
        self.velocity = (self.velocity - rate * drive * seconds) * decay


class Gaze:
    """Where a face looks, frame by frame; without a target it returns to straight ahead and then does nothing."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Look straight ahead at once."""
        self._target, self._goal = _NONE, _NONE
        self._vergence_goal = self._vergence = 0.0
        self._has_target = False
        self._until = math.inf
        self._kept = 0.0
        self._direction = zeros(2)
        self._saccade: tuple[Numbers, Numbers, float, float] | None = None
        self._head = _Damped()
        self._head_goals = [zeros(2)] * 2  # the head starts one frame after the eyes
        self._blink = len(_BLINK)
        self._share = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing is looked at and the face has returned."""
        moving = abs(self._head.position).max() + abs(self._head.velocity).max() + abs(self._direction).max()
        return not self._has_target and float(moving) < 1e-4 and self._saccade is None and self._share < 1e-3

    def look_at(self, x: float, y: float, z: float, now: float, hold: float = 0.0) -> bool:
        """Look at a point in the frame of the face, m.

        Args:
            now: s.
            hold: s without another call after which the target is lost and the gaze returns; 0 for never.

        Returns:
            Whether this is another target, and not the present one that moves.

        Raises:
            ValueError: as `direction_of`.
        """
        target = np.array(direction_of(x, y, z))
        another = not self._has_target or bool(abs(target - self._target).max() > _SAME_TARGET)
        if another:
            self._kept = now
            self._target = target
        self._goal = _within(target)
        self._vergence_goal = math.atan2(0.5 * EYE_DISTANCE, math.sqrt(x * x + y * y + z * z))
        self._has_target = True
        self._until = now + hold if hold > 0 else math.inf
        return another

    def release(self) -> None:
        """Look straight ahead again."""
        self._has_target = False
        self._target = self._goal = zeros(2)
        self._vergence_goal = 0.0

    def step(self, now: float, seconds: float) -> GazeOffset:
        """The gaze in the frame at `now`, s, one frame of `seconds` after the last one."""
        if now >= self._until and self._has_target:
            self.release()
        self._shift_eyes(now, seconds)
        settled = self._has_target and now - self._kept > _SETTLE
        goal = np.array([_head_part(angle, settled) for angle in self._goal])
        goal = np.clip(goal, (-HEAD_YAW, -HEAD_UP), (HEAD_YAW, HEAD_DOWN))
        self._head_goals = [self._head_goals[1], goal]
        self._head.step(self._head_goals[0], _SLOW if settled else _QUICK, seconds)
        self._vergence += (self._vergence_goal - self._vergence) * 0.5
        self._share += ((1.0 if self._has_target else 0.0) - self._share) * 0.2
        lids = _BLINK[self._blink] if self._blink < len(_BLINK) else 0.0
        self._blink += self._blink < len(_BLINK)
        return GazeOffset(self._head.position.copy(), self._direction.copy(), self._vergence, lids, self._share)

    def _shift_eyes(self, now: float, seconds: float) -> None:
        if self._saccade is None:
            error = self._goal - self._direction
            size = float(np.hypot(*error))
            step = _PURSUIT * seconds
            if size <= max(_CATCH_UP, step):
                self._direction = self._direction + error * min(1.0, step / max(size, 1e-9))
                return
            # A saccade that is planned now ends where the target is now; what it misses is corrected by the next one.
            self._saccade = (self._direction, self._goal, now - seconds, 0.021 + 0.0022 * math.degrees(size))
            if size > _BLINK_FROM:
                self._blink = 0
        start, end, begun, duration = self._saccade
        share = (now - begun) / duration
        self._direction = start + (end - start) * minimum_jerk(share)
        if share >= 1.0:
            self._saccade = None


def _head_part(angle: float, settled: bool) -> float:
    """Angle of the head for a gaze angle."""
    if settled:
        return _SETTLED_SHARE * angle
    size = abs(angle)
    return math.copysign(_FREE_SHARE * min(size, _FREE) + _BEYOND_SHARE * max(size - _FREE, 0.0), angle)


def _within(direction: Numbers) -> Numbers:
    """The nearest direction that head and eyes reach comfortably together."""
    return np.clip(
        direction,
        (-HEAD_YAW - EYES_YAW, -HEAD_UP - EYES_UP),
        (HEAD_YAW + EYES_YAW, HEAD_DOWN + EYES_DOWN),
    )
