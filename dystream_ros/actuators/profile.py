"""Motion profiles of limited velocity, acceleration and jerk to a point at rest, for many joints at once.

A profile has two parts. The first changes the velocity to a peak velocity as fast as the limits permit and ends without
acceleration. The second brakes from the peak velocity to rest. The peak velocity decides where the profile ends: it is
found by a bracketing root search, and a constant velocity is kept in between where it is bounded by the limit. The
profiles are those of Biagiotti and Melchiorri, Trajectory Planning for Automatic Machines and Robots (2008), section
3.4, from any initial velocity and acceleration.

Arrays are float64 (joints,). Units are those of the position (rad), per second for each derivative.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SEARCH_STEPS = 24
_TOLERANCE = 1e-7  # of the position: a hundredth of the step of a 16-bit encoder


@dataclass(frozen=True)
class State:
    """Position, velocity and acceleration of each joint."""

    position: Array
    velocity: Array
    acceleration: Array

    def at(self, index: NDArray[np.intp]) -> "State":
        """The state of some joints."""
        return State(self.position[index], self.velocity[index], self.acceleration[index])


@dataclass(frozen=True)
class _Change:
    """Fastest change of velocity that ends without acceleration: jerk in direction, none, against direction."""

    direction: Array
    rise: Array  # s with jerk in the direction
    hold: Array  # s with constant acceleration
    fall: Array  # s with jerk against the direction
    distance: Array


def _change(velocity: Array, acceleration: Array, to: Array, limit: Array, jerk: Array) -> _Change:
    """The change of velocity of the first part; `limit` is that of the acceleration."""
    direction = np.where(to >= velocity + acceleration * np.abs(acceleration) / (2 * jerk), 1.0, -1.0)
    v, a, end = direction * velocity, direction * acceleration, direction * to
    peak = np.minimum(np.sqrt(np.maximum(jerk * (end - v) + 0.5 * a * a, 0.0)), np.maximum(limit, a))
    rise = np.maximum(peak - a, 0.0) / jerk
    fall = peak / jerk
    hold = np.maximum(end - v - (2 * peak * peak - a * a) / (2 * jerk), 0.0) / np.maximum(peak, 1e-12)
    after_rise = v + rise * (a + 0.5 * jerk * rise)
    distance = (
        rise * (v + rise * (0.5 * a + jerk * rise / 6))
        + hold * (after_rise + 0.5 * peak * hold)
        + fall * (end - jerk * fall * fall / 6)
    )
    return _Change(direction, rise, hold, fall, direction * distance)


def _brake(velocity: Array, limit: Array, jerk: Array) -> tuple[Array, Array, Array]:
    """Braking from a velocity without acceleration: time of each jerk, time between them, distance."""
    speed = np.abs(velocity)
    ramp = np.minimum(np.sqrt(speed / jerk), limit / jerk)
    hold = np.maximum(speed - ramp * ramp * jerk, 0.0) / limit
    return ramp, hold, 0.5 * velocity * (2 * ramp + hold)


def stop_position(state: State, acceleration_limit: Array, jerk_limit: Array) -> Array:
    """The position at which each joint comes to rest when it brakes as fast as the limits permit."""
    zero = np.zeros_like(state.velocity)
    change = _change(state.velocity, state.acceleration, zero, acceleration_limit, jerk_limit)
    return state.position + change.distance


def claim(state: State, stop: Array, jerk_limit: Array) -> tuple[Array, Array]:
    """Lowest and highest position on the way to the stop position.

    A joint that still moves one way while it accelerates the other way turns before it goes to its stop position.
    """
    p, v, a = state.position, state.velocity, state.acceleration
    turns = (v * a < 0) & (a * a > 2 * jerk_limit * np.abs(v))
    until = np.where(
        turns, (np.abs(a) - np.sqrt(np.maximum(a * a - 2 * jerk_limit * np.abs(v), 0.0))) / jerk_limit, 0.0
    )
    turn = p + until * (v + until * (0.5 * a - np.sign(a) * jerk_limit * until / 6))
    return np.minimum(np.minimum(p, stop), turn), np.maximum(np.maximum(p, stop), turn)


def advance(
    state: State,
    target: Array,
    slowest: Array,
    fastest: Array,
    acceleration_limit: Array,
    jerk_limit: Array,
    seconds: float,
) -> State:
    """The state after `seconds` on the profile to rest at the target.

    The profile never passes the target unless the present velocity makes that inevitable; then it stops as early as
    possible and returns. A state on a profile stays within the limits of acceleration, jerk and velocity, in
    continuous time and not only at the sampled instants.

    Args:
        state: present state, relative to the frame in which the target rests.
        slowest, fastest: limits of the velocity in that frame; slowest <= 0 <= fastest.
        seconds: duration, above 0.
    """
    p, v, a = state.position, state.velocity, state.acceleration
    limit, jerk = acceleration_limit, jerk_limit
    stop = _change(v, a, np.zeros_like(v), limit, jerk).distance
    missing = target - p - stop
    bound = np.where(missing > 0, fastest, slowest)
    peak = _peak_velocity(v, a, target - p, stop, bound, limit, jerk)
    change = _change(v, a, peak, limit, jerk)
    ramp, braking, brake_distance = _brake(peak, limit, jerk)
    left = target - p - change.distance - brake_distance
    moving = np.abs(peak) > 1e-9
    cruise = np.where(moving, np.maximum(left / np.where(moving, peak, 1.0), 0.0), 0.0)
    sign = np.sign(peak)
    j, none = change.direction * jerk, np.zeros_like(jerk)
    pieces = (
        (change.rise, j), (change.hold, none), (change.fall, -j), (cruise, none),
        (ramp, -sign * jerk), (braking, none), (ramp, sign * jerk),
    )  # fmt: skip
    remaining = np.full_like(p, seconds)
    for index, (duration, piece_jerk) in enumerate(pieces):
        t = np.minimum(remaining, duration)
        p = p + t * (v + t * (0.5 * a + piece_jerk * t / 6))
        v = v + t * (a + 0.5 * piece_jerk * t)
        a = a + piece_jerk * t
        remaining = remaining - t
        if index == 2:  # rounding would leave an acceleration that the cruise integrates
            a = np.where(remaining > 0, 0.0, a)
        if not remaining.any():
            break
    arrived = (remaining > 0) & (np.abs(target - p) < 1e-5)
    rest = remaining > 0
    return State(np.where(arrived, target, p), np.where(rest, 0.0, v), np.where(rest, 0.0, a))


def _peak_velocity(v: Array, a: Array, distance: Array, stop: Array, bound: Array, limit: Array, jerk: Array) -> Array:
    """Peak velocity between 0 and `bound` at which the profile covers the distance without passing it.

    The distance of a profile grows with its peak velocity. Illinois' variant of regula falsi keeps a bracket; the end
    of the bracket that falls short of the target is returned.
    """
    sign = np.where(bound < 0, -1.0, 1.0)
    low, low_error = np.zeros_like(v), sign * (stop - distance)  # <= 0: falls short
    high = np.abs(bound)

    def error(peak: Array) -> Array:
        signed = sign * peak
        return sign * (_change(v, a, signed, limit, jerk).distance + _brake(signed, limit, jerk)[2] - distance)

    high_error = error(high)
    whole = high_error <= 0  # even the greatest peak velocity falls short: it is kept for a while
    low, low_error = np.where(whole, high, low), np.where(whole, high_error, low_error)
    # Ending the present acceleration leads to this velocity. A lower peak velocity means braking in two goes, which
    # takes longer, and covers a distance that does not grow with the peak: such profiles only remain for targets that
    # no other reaches.
    coasting = np.clip(sign * (v + a * np.abs(a) / (2 * jerk)), low, high)
    # From rest, with limits of jerk only, a distance needs this peak velocity: a tight bracket for small corrections.
    small = 1.1 * np.cbrt(jerk * (stop - distance) ** 2)
    for guess in (coasting, np.clip(np.maximum(small, coasting + 1e-3), low, high)):
        found = error(guess)
        short = (found <= 0) & (guess >= low) & ~whole
        long = (found > 0) & (guess <= high)
        low, low_error = np.where(short, guess, low), np.where(short, found, low_error)
        high, high_error = np.where(long, guess, high), np.where(long, found, high_error)
    side = np.zeros_like(v)
    for _ in range(_SEARCH_STEPS):
        open_ = (low_error < -_TOLERANCE) & (high - low > 1e-9) & ~whole
        if not open_.any():
            break
        span = np.where(open_, high_error - low_error, 1.0)
        middle = np.where(open_, (low * high_error - high * low_error) / span, low)
        middle = np.clip(middle, low + 0.02 * (high - low), high - 0.02 * (high - low))
        found = error(middle)
        short = found <= 0
        # Illinois: an end that stays twice has its error halved.
        high_error = np.where(short & (side < 0) & open_, 0.5 * high_error, high_error)
        next_low_error = np.where(~short & (side > 0) & open_, 0.5 * low_error, low_error)
        low, low_error = np.where(short & open_, middle, low), np.where(short & open_, found, next_low_error)
        high, high_error = np.where(short | ~open_, high, middle), np.where(short | ~open_, high_error, found)
        side = np.where(short, -1.0, 1.0)
    return sign * low
