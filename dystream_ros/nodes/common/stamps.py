"""Time stamps and time spans of messages as integer nanoseconds."""

from builtin_interfaces.msg import Duration, Time

SECOND = 1_000_000_000


def nanoseconds(message: Time | Duration) -> int:
    """The stamp since the epoch of its clock, or the span."""
    return message.sec * SECOND + message.nanosec


def time_message(nanoseconds: int) -> Time:
    sec, nanosec = divmod(nanoseconds, SECOND)
    return Time(sec=sec, nanosec=nanosec)


def duration_message(nanoseconds: int) -> Duration:
    sec, nanosec = divmod(nanoseconds, SECOND)
    return Duration(sec=sec, nanosec=nanosec)
