"""Motion profiles of limited velocity, acceleration and jerk to a point at rest, for one joint.

A profile has two parts. The first changes the velocity to a peak velocity as fast as the limits permit and ends without
acceleration. The second brakes from the peak velocity to rest. The peak velocity decides where the profile ends: it is
found by a bracketing root search, and a constant velocity is kept in between where it is bounded by the limit. The
profiles are those of Biagiotti and Melchiorri, Trajectory Planning for Automatic Machines and Robots (2008), section
3.4, from any initial velocity and acceleration.

Numbers of Python, not arrays: the search of each joint ends after as many steps as that joint needs, and a head has too
few joints for an operation on arrays to cost less than one on each joint. Units are those of the position (rad), per
second for each derivative.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = tuple[float, float, float]  # position, velocity, acceleration

_SEARCH_STEPS = 24
_TOLERANCE = 1e-7  # of the position: a hundredth of the step of a 16-bit encoder


@dataclass(frozen=True)
class State:
    """Position, velocity and acceleration of each joint; arrays float64 (joints,)."""

    position: Array
    velocity: Array
    acceleration: Array

    def at(self, index: NDArray[np.intp]) -> "State":
        """The state of some joints."""
        return State(self.position[index], self.velocity[index], self.acceleration[index])


def _change(v: float, a: float, to: float, limit: float, jerk: float) -> tuple[float, float, float, float, float]:
    """Fastest change of velocity that ends without acceleration; `limit` is that of the acceleration.

    Returns:
        Direction; times with jerk in the direction, with constant acceleration, and with jerk against the direction, s;
        distance.
    """
    direction = 1.0
    if to < v + a * abs(a) / (2 * jerk):
        direction, v, a, to = -1.0, -v, -a, -to
    square = jerk * (to - v) + 0.5 * a * a
    peak = sqrt(square) if square > 0 else 0.0
    top = limit if limit > a else a
    hold = 0.0
    if peak > top:
        peak = top
        hold = max(to - v - (2 * peak * peak - a * a) / (2 * jerk), 0.0) / max(peak, 1e-12)
    rise = (peak - a) / jerk if peak > a else 0.0
    fall = peak / jerk
    distance = rise * (v + rise * (0.5 * a + jerk * rise / 6)) + fall * (to - jerk * fall * fall / 6)
    if hold:
        distance += hold * (v + rise * (a + 0.5 * jerk * rise) + 0.5 * peak * hold)
    return direction, rise, hold, fall, direction * distance


def _brake(velocity: float, limit: float, jerk: float) -> tuple[float, float, float]:
    """Braking from a velocity without acceleration: time of each jerk, time between them, distance."""
    speed = abs(velocity)
    ramp, hold = sqrt(speed / jerk), 0.0
    if ramp * jerk > limit:
        ramp = limit / jerk
        hold = (speed - ramp * limit) / limit
    return ramp, hold, 0.5 * velocity * (2 * ramp + hold)


def stop_position(state: Point, limit: float, jerk: float) -> float:
    """The position at which a joint comes to rest when it brakes as fast as its limits permit.

    Args:
        limit: of the acceleration.
    """
    position, velocity, acceleration = state
    return position + _change(velocity, acceleration, 0.0, limit, jerk)[4]


def claim(state: Point, stop: float, jerk: float) -> tuple[float, float]:
    """Lowest and highest position on the way to the stop position.

    A joint that still moves one way while it accelerates the other way turns before it goes to its stop position.
    """
    p, v, a = state
    low, high = (p, stop) if p < stop else (stop, p)
    left = a * a - 2 * jerk * abs(v)
    if v * a < 0 and left > 0:
        until = (abs(a) - sqrt(left)) / jerk
        turn = p + until * (v + until * (0.5 * a - (jerk if a > 0 else -jerk) * until / 6))
        low, high = min(low, turn), max(high, turn)
    return low, high


def advance(
    state: Point, target: float, slowest: float, fastest: float, limit: float, jerk: float, seconds: float
) -> Point:
    """The state after `seconds` on the profile to rest at the target.

    The profile never passes the target unless the present velocity makes that inevitable; then it stops as early as
    possible and returns. A state on a profile stays within the limits of acceleration, jerk and velocity, in
    continuous time and not only at the sampled instants.

    Args:
        state: present state, relative to the frame in which the target rests.
        slowest, fastest: limits of the velocity in that frame; slowest <= 0 <= fastest.
        limit, jerk: limits of the acceleration and of the jerk.
        seconds: duration, above 0.
    """
    p, v, a = state
    distance = target - p
    stop = _change(v, a, 0.0, limit, jerk)[4]
    peak = _peak_velocity(v, a, distance, stop, fastest if distance > stop else slowest, limit, jerk)
    direction, rise, hold, fall, covered = _change(v, a, peak, limit, jerk)
    ramp, braking, brake_distance = _brake(peak, limit, jerk)
    cruise = max((distance - covered - brake_distance) / peak, 0.0) if abs(peak) > 1e-9 else 0.0
    first = direction * jerk
    last = jerk if peak > 0 else -jerk
    pieces = (
        (rise, first), (hold, 0.0), (fall, -first), (cruise, 0.0), (ramp, -last), (braking, 0.0), (ramp, last)
    )  # fmt: skip
    remaining = seconds
    for index, (duration, change) in enumerate(pieces):
        t = remaining if remaining < duration else duration
        p += t * (v + t * (0.5 * a + change * t / 6))
        v += t * (a + 0.5 * change * t)
        a += change * t
        remaining -= t
        if remaining <= 0:
            return p, v, a
        if index == 2:  # rounding would leave an acceleration that the cruise integrates
            a = 0.0
    return target if abs(target - p) < 1e-5 else p, 0.0, 0.0


def _peak_velocity(v: float, a: float, distance: float, stop: float, bound: float, limit: float, jerk: float) -> float:
    """Peak velocity between 0 and `bound` at which the profile covers the distance without passing it.

    The distance of a profile grows with its peak velocity. Illinois' variant of regula falsi keeps a bracket; the end
    of the bracket that falls short of the target is returned.
    """
    sign = -1.0 if bound < 0 else 1.0
    v, a = sign * v, sign * a
    wanted, top = sign * distance, abs(bound)
    low, low_error = 0.0, sign * stop - wanted  # <= 0: falls short
    if low_error >= -_TOLERANCE:
        return 0.0

    def error(peak: float) -> float:
        return _change(v, a, peak, limit, jerk)[4] + _brake(peak, limit, jerk)[2] - wanted

    high, high_error = top, None
    # Ending the present acceleration leads to this velocity. A lower peak velocity means braking in two goes, which
    # takes longer, and covers a distance that does not grow with the peak: such profiles only remain for targets that
    # no other reaches.
    coasting = min(max(v + a * abs(a) / (2 * jerk), 0.0), top)
    # From rest, with limits of jerk only, a distance needs this peak velocity: a tight bracket for small corrections.
    small = 1.1 * (jerk * low_error * low_error) ** (1 / 3)
    for guess in (coasting, min(max(small, coasting + 1e-3), top)):
        if not low < guess < high:
            continue
        found = error(guess)
        if found <= 0:
            low, low_error = guess, found
        else:
            high, high_error = guess, found
    if high_error is None:
        high_error = error(top)
        if high_error <= 0:  # even the greatest peak velocity falls short: it is kept for a while
            return sign * top
    side = 0
    for _ in range(_SEARCH_STEPS):
        width = high - low
        if low_error >= -_TOLERANCE or width <= 1e-9:
            break
        middle = (low * high_error - high * low_error) / (high_error - low_error)
        middle = min(max(middle, low + 0.02 * width), high - 0.02 * width)
        found = error(middle)
        # Illinois: an end that stays twice has its error halved.
        if found <= 0:
            if side < 0:
                high_error *= 0.5
            low, low_error, side = middle, found, -1
        else:
            if side > 0:
                low_error *= 0.5
            high, high_error, side = middle, found, 1
    return sign * low
