"""A filter that lets joints follow moving targets within limits of position, velocity, acceleration and jerk.

Each step plans the fastest profile to the target (`profile.advance`) in a frame that moves with the target, so that a
target of constant velocity is followed without lag. A plan that could not stop inside the limits of position is
replaced by the one to rest at that limit. Every state can therefore stop inside the limits: they hold whatever the
targets do. A joint that begins outside its range, e.g. because it was moved by hand, goes into it and stays there.
"""

from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dystream_ros.actuators.profile import Array, Point, State, advance, claim, stop_position

_SLACK = 1e-7  # rounding of a stop position, rad


@dataclass(frozen=True)
class Limits:
    """Limits of each joint; arrays (joints,), rad, rad/s, rad/s^2, rad/s^3.

    Raises:
        ValueError: a limit is not finite, a minimum exceeds its maximum, or another limit is not above 0.
    """

    minimum: Array
    maximum: Array
    velocity: Array
    acceleration: Array
    jerk: Array

    def __post_init__(self) -> None:
        parts = (self.minimum, self.maximum, self.velocity, self.acceleration, self.jerk)
        if not all(np.isfinite(part).all() for part in parts):
            raise ValueError("limits of joints must be finite")
        if (self.minimum > self.maximum).any() or any((part <= 0).any() for part in parts[2:]):
            raise ValueError("the minimum of a joint is at most its maximum, and its other limits are above 0")


class _Joint(NamedTuple):
    """Limits of one joint in one step: of its position, velocity, acceleration and jerk."""

    lowest: float
    highest: float
    velocity: float
    acceleration: float
    jerk: float


class TrackingFilter:
    """Commands of joints that follow their targets within limits.

    Args:
        limits: of each joint.
        position: rest positions at the beginning, rad.

    Attributes:
        state: position, velocity and acceleration of each command.
        stop: position at which each joint comes to rest when it brakes now.
    """

    def __init__(self, limits: Limits, position: Array) -> None:
        self.limits = limits
        self._minimum, self._maximum = limits.minimum.tolist(), limits.maximum.tolist()
        self._strengths = list(
            zip(limits.velocity.tolist(), limits.acceleration.tolist(), limits.jerk.tolist(), strict=True)
        )
        self.rest_at(position)

    def rest_at(self, position: Array) -> None:
        """Begin again, at rest at these positions."""
        position = np.array(position, np.float64)
        self.state = State(position, np.zeros_like(position), np.zeros_like(position))
        self.stop = position.copy()
        self._claims = position.copy(), position.copy()

    @property
    def at_rest(self) -> bool:
        """Whether no joint moves."""
        return not (self.state.velocity.any() or self.state.acceleration.any())

    def claims(self) -> tuple[Array, Array]:
        """Lowest and highest position that each joint reaches when it brakes now. Not to be changed."""
        return self._claims

    def step(
        self,
        joints: NDArray[np.intp],
        target: State,
        seconds: float,
        minimum: Array | None = None,
        maximum: Array | None = None,
    ) -> None:
        """Move some joints on by `seconds`.

        Args:
            joints: indices of the joints that move.
            target: position, velocity and acceleration of their targets at the end of the step; a joint whose target
                is not finite stops.
            minimum, maximum: tighter limits of their positions for this step.
        """
        indices = joints.tolist()
        lowest = [self._minimum[index] for index in indices] if minimum is None else minimum.tolist()
        highest = [self._maximum[index] for index in indices] if maximum is None else maximum.tolist()
        states = _points(self.state.at(joints))
        each = zip(indices, lowest, highest, states, self.stop[joints].tolist(), _points(target), strict=True)
        for index, low, high, state, stop, wanted in each:
            # A joint that cannot stop inside, because it began outside, at least goes no further.
            joint = _Joint(min(low, stop), max(high, stop), *self._strengths[index])
            reachable = _reachable(joint, wanted, stop, low, high)
            if reachable != state or state[1] or state[2]:
                self._move(index, joint, state, reachable, seconds)

    def _move(self, index: int, joint: _Joint, state: Point, target: Point, seconds: float) -> None:
        """Move one joint on."""
        moved = _plan(joint, state, target, seconds)
        # Without its acceleration: a plan in a frame that accelerates may exceed the limit of the velocity.
        if _too_fast(joint, moved):
            moved = _plan(joint, state, (target[0], target[1], 0.0), seconds)
        stop = stop_position(moved, joint.acceleration, joint.jerk)
        low, high = claim(moved, stop, joint.jerk)
        if high > joint.highest + _SLACK or low < joint.lowest - _SLACK:
            safe = joint.highest if high > joint.highest + _SLACK else joint.lowest
            moved = _plan(joint, state, (safe, 0.0, 0.0), seconds)
            stop = stop_position(moved, joint.acceleration, joint.jerk)
        stop = min(max(stop, joint.lowest), joint.highest)
        now = self.state
        now.position[index], now.velocity[index], now.acceleration[index] = moved
        self.stop[index] = stop
        self._claims[0][index], self._claims[1][index] = claim(moved, stop, joint.jerk)


def _points(state: State) -> "zip[Point]":
    """The state of each joint."""
    return zip(state.position.tolist(), state.velocity.tolist(), state.acceleration.tolist(), strict=True)


def _reachable(joint: _Joint, target: Point, stop: float, lowest: float, highest: float) -> Point:
    """The target inside the limits of its position; one that is not finite is replaced by the stop position."""
    position, velocity, acceleration = target
    if not (isfinite(position) and isfinite(velocity) and isfinite(acceleration)):
        return min(max(stop, lowest), highest), 0.0, 0.0
    # A target that is outside the limits, or leaves them, rests at them.
    if position > highest or (position == highest and velocity > 0):
        return highest, 0.0, 0.0
    if position < lowest or (position == lowest and velocity < 0):
        return lowest, 0.0, 0.0
    # Half of the acceleration remains to catch up with the target.
    most = 0.5 * joint.acceleration
    return (
        position,
        min(max(velocity, -joint.velocity), joint.velocity),
        min(max(acceleration, -most), most),
    )


def _plan(joint: _Joint, state: Point, target: Point, seconds: float) -> Point:
    """The state after the step of the profile to a target, in the frame that moves with the target."""
    (position, velocity, acceleration), (wanted, speed, bend) = state, target
    top = joint.velocity
    # Near the limit of the velocity the frame does not accelerate: it would exceed the limit within the step.
    if top - abs(speed) < 2 * seconds * abs(bend):
        bend = 0.0
    # The frame at the beginning of the step, so that it is at the target at its end.
    drift = speed - bend * seconds
    slack = abs(bend) * seconds
    relative = (
        position - (wanted - seconds * (speed - 0.5 * bend * seconds)),
        velocity - drift,
        acceleration - bend,
    )
    moved = advance(
        relative, 0.0, -top - drift + slack, top - drift - slack, joint.acceleration - abs(bend), joint.jerk, seconds
    )
    return moved[0] + wanted, moved[1] + speed, moved[2] + bend


def _too_fast(joint: _Joint, state: Point) -> bool:
    """Whether a joint exceeds its limit of velocity before it can end its acceleration."""
    _, velocity, acceleration = state
    top = joint.velocity * (1 + 1e-9)
    return abs(velocity + acceleration * abs(acceleration) / (2 * joint.jerk)) > top or abs(velocity) > top
