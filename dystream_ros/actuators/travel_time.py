"""Time of a motion from rest to rest within limits of velocity, acceleration and jerk."""

import math

from dystream_ros.actuators.calibration import Joint


def travel_seconds(distance: float, velocity: float, acceleration: float, jerk: float) -> float:
    """Time of the fastest motion over a distance, s; the seven-segment profile of Biagiotti and Melchiorri, 3.4.

    Args:
        distance: rad, at least 0.
        velocity, acceleration, jerk: limits, above 0.
    """
    peak = velocity

    def covered(speed: float) -> float:
        return speed * change_seconds(speed, acceleration, jerk)

    if covered(peak) <= distance:
        return 2 * change_seconds(peak, acceleration, jerk) + (distance - covered(peak)) / peak
    low, high = 0.0, peak
    for _ in range(60):
        peak = 0.5 * (low + high)
        low, high = (peak, high) if covered(peak) < distance else (low, peak)
    return 2 * change_seconds(peak, acceleration, jerk)


def change_seconds(speed: float, acceleration: float, jerk: float) -> float:
    """Time from rest to a speed without acceleration, s."""
    if speed >= acceleration * acceleration / jerk:
        return speed / acceleration + acceleration / jerk
    return 2 * math.sqrt(speed / jerk)


def return_seconds(joint: Joint, beyond: float) -> float:
    """Longest time from any state of a joint beyond a position, on the side away from neutral, back to it, s.

    At worst the joint accelerates outwards up to its full speed: it ends the acceleration, brakes, and returns from the
    end of its range.
    """
    end = joint.maximum if beyond > joint.neutral else joint.minimum
    jerk_time = joint.acceleration / joint.jerk
    brake = change_seconds(joint.velocity, joint.acceleration, joint.jerk)
    return jerk_time + brake + travel_seconds(abs(end - beyond), joint.velocity, joint.acceleration, joint.jerk)
