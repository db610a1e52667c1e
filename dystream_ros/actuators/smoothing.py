"""Smoothing of targets: critically damped, without overshoot, with the velocity and acceleration of the result."""

import numpy as np

from dystream_ros.actuators.profile import Array, State


class Smoothing:
    """A critically damped filter of second order for each joint, exact for targets that change linearly in a step.

    A target that moves steadily is followed with a lag of twice the time constant.

    Args:
        seconds: time constant of each joint (joints,), above 0.
        position: positions at the beginning (joints,).
    """

    def __init__(self, seconds: Array, position: Array) -> None:
        self._rate = 1.0 / seconds
        self.rest_at(position)

    def rest_at(self, position: Array) -> None:
        """Begin again, at rest at these positions."""
        position = np.array(position, np.float64)
        self.state = State(position, np.zeros_like(position), np.zeros_like(position))
        self._input = position.copy()

    def step(self, target: Array, seconds: float) -> State:
        """The smoothed target `seconds` later.

        Args:
            target: at the end of the step (joints,), finite; it is taken to change linearly since the last step.
        """
        rate, before = self._rate, self.state
        slope = (target - self._input) / seconds
        # Relative to the steady state behind the ramp, the filter is a damped system without input.
        start = self._input - 2 * slope / rate
        x, v = before.position - start, before.velocity - slope
        decay = np.exp(-rate * seconds)
        b = v + rate * x
        x_end = decay * (x + b * seconds)
        v_end = decay * (v - rate * b * seconds)
        position = start + slope * seconds + x_end
        velocity = slope + v_end
        acceleration = rate * rate * (target - position) - 2 * rate * velocity
        # Within a tenth of a microradian of rest the filter rests: otherwise it would approach its target for minutes.
        still = (slope == 0) & (np.abs(position - target) < 1e-7) & (np.abs(velocity) < 1e-6)
        position = np.where(still, target, position)
        velocity, acceleration = np.where(still, 0.0, velocity), np.where(still, 0.0, acceleration)
        self.state, self._input = State(position, velocity, acceleration), np.array(target, np.float64)
        return self.state
