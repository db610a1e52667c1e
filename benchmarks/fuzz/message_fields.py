"""Fields that senseless messages have in common."""

from benchmarks.fuzz.choices import Choices

MS = 1_000_000  # ns


def stamp(choices: Choices, now_ns: int = 0):
    """A time of ROS: any, or near now."""
    from builtin_interfaces.msg import Time

    if choices.chance(2):
        return Time(sec=choices.integer(-(2**31), 2**31 - 1), nanosec=choices.integer(0, 2**32 - 1))
    sec, nanosec = divmod(max(0, now_ns + choices.integer(-5000, 5000) * MS), 10**9)
    return Time(sec=min(sec, 2**31 - 1), nanosec=nanosec)


def span(choices: Choices):
    """Any duration of ROS."""
    from builtin_interfaces.msg import Duration

    return Duration(sec=choices.integer(-(2**31), 2**31 - 1), nanosec=choices.integer(0, 2**32 - 1))
