"""A filter that lets joints follow moving targets within limits of position, velocity, acceleration and jerk.

Each step plans the fastest profile to the target (`profile.advance`) in a frame that moves with the target, so that a
target of constant velocity is followed without lag. A plan that could not stop inside the limits of position is
replaced by the one to rest at that limit. Every state can therefore stop inside the limits: they hold whatever the
targets do. A joint that begins outside its range, e.g. because it was moved by hand, goes into it and stays there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dystream_ros.actuators.profile import Array, State, advance, claim, stop_position

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
        self.rest_at(position)

    def rest_at(self, position: Array) -> None:
        """Begin again, at rest at these positions."""
        position = np.array(position, np.float64)
        self.state = State(position, np.zeros_like(position), np.zeros_like(position))
        self.stop = position.copy()

    @property
    def at_rest(self) -> bool:
        """Whether no joint moves."""
        return not (self.state.velocity.any() or self.state.acceleration.any())

    def claims(self) -> tuple[Array, Array]:
        """Lowest and highest position that each joint reaches when it brakes now."""
        return claim(self.state, self.stop, self.limits.jerk)

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
        limits, state, stop = self.limits, self.state.at(joints), self.stop[joints]
        lowest = limits.minimum[joints] if minimum is None else minimum
        highest = limits.maximum[joints] if maximum is None else maximum
        target = self._reachable(joints, target, stop, lowest, highest)
        # A joint that cannot stop inside, because it began outside, at least goes no further.
        lowest, highest = np.minimum(lowest, stop), np.maximum(highest, stop)
        strength, jerk = limits.acceleration[joints], limits.jerk[joints]
        still = (target.velocity == 0) & (target.acceleration == 0) & (target.position == state.position)
        if (still & (state.velocity == 0) & (state.acceleration == 0)).all():
            return
        moved = self._plan(joints, state, target, seconds)
        # Without its acceleration: a plan in a frame that accelerates may exceed the limit of the velocity.
        fast = self._too_fast(joints, moved)
        if fast.any():
            index = np.flatnonzero(fast)
            _replace(moved, index, self._plan(joints[index], state.at(index), _steady(target.at(index)), seconds))
        stop = stop_position(moved, strength, jerk)
        reached_low, reached_high = claim(moved, stop, jerk)
        unsafe = (reached_high > highest + _SLACK) | (reached_low < lowest - _SLACK)
        if unsafe.any():
            index = np.flatnonzero(unsafe)
            safe = np.where(reached_high[index] > highest[index], highest[index], lowest[index])
            moved_safe = self._plan(joints[index], state.at(index), _resting(safe), seconds)
            _replace(moved, index, moved_safe)
            stop[index] = stop_position(moved_safe, strength[index], jerk[index])
        self.state.position[joints] = moved.position
        self.state.velocity[joints] = moved.velocity
        self.state.acceleration[joints] = moved.acceleration
        self.stop[joints] = np.clip(stop, lowest, highest)

    def _reachable(self, joints: NDArray[np.intp], target: State, stop: Array, lowest: Array, highest: Array) -> State:
        """The target inside the limits; one that is not finite is replaced by the stop position."""
        finite = np.isfinite(target.position) & np.isfinite(target.velocity) & np.isfinite(target.acceleration)
        position = np.clip(np.where(finite, target.position, stop), lowest, highest)
        top, strength = self.limits.velocity[joints], self.limits.acceleration[joints]
        velocity = np.clip(np.where(finite, target.velocity, 0.0), -top, top)
        # Half of the acceleration remains to catch up with the target.
        acceleration = np.clip(np.where(finite, target.acceleration, 0.0), -0.5 * strength, 0.5 * strength)
        # A target that leaves the limits rests at them.
        held = (position >= highest) & (velocity > 0) | (position <= lowest) & (velocity < 0) | ~finite
        return State(position, np.where(held, 0.0, velocity), np.where(held, 0.0, acceleration))

    def _plan(self, joints: NDArray[np.intp], state: State, target: State, seconds: float) -> State:
        """The state after the step of the profile to a target, in the frame that moves with the target."""
        limits = self.limits
        top = limits.velocity[joints]
        # Near the limit of the velocity the frame does not accelerate: it would exceed the limit within the step.
        room = top - np.abs(target.velocity) >= 2 * seconds * np.abs(target.acceleration)
        bend = np.where(room, target.acceleration, 0.0)
        # The frame at the beginning of the step, so that it is at the target at its end.
        origin = target.position - seconds * (target.velocity - 0.5 * bend * seconds)
        drift = target.velocity - bend * seconds
        slack = np.abs(bend) * seconds
        relative = State(state.position - origin, state.velocity - drift, state.acceleration - bend)
        moved = advance(
            relative,
            np.zeros_like(top),
            -top - drift + slack,
            top - drift - slack,
            limits.acceleration[joints] - np.abs(bend),
            limits.jerk[joints],
            seconds,
        )
        return State(moved.position + target.position, moved.velocity + target.velocity, moved.acceleration + bend)

    def _too_fast(self, joints: NDArray[np.intp], state: State) -> NDArray[np.bool_]:
        """Whether a joint exceeds its limit of velocity before it can end its acceleration."""
        reached = state.velocity + state.acceleration * np.abs(state.acceleration) / (2 * self.limits.jerk[joints])
        top = self.limits.velocity[joints] * (1 + 1e-9)
        return (np.abs(reached) > top) | (np.abs(state.velocity) > top)


def _resting(position: Array) -> State:
    return State(position, np.zeros_like(position), np.zeros_like(position))


def _steady(target: State) -> State:
    return State(target.position, target.velocity, np.zeros_like(target.velocity))


def _replace(state: State, index: NDArray[np.intp], by: State) -> None:
    state.position[index], state.velocity[index], state.acceleration[index] = by.position, by.velocity, by.acceleration
