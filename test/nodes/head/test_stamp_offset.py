"""The difference of ROS time and steady time."""

import time

from dystream_ros.nodes.head.stamp_offset import StampOffset


def test_the_offset_follows_ros_time_within_some_milliseconds_and_is_not_measured_at_every_call():
    asked = []

    def ros_time_ns() -> int:
        asked.append(1)
        return time.monotonic_ns() + jump

    jump, offset = 10**18, StampOffset(ros_time_ns)
    assert all(abs(offset() - 10**18) < 50_000_000 for _ in range(100))
    assert len(asked) < 100
    jump = 2 * 10**18
    deadline = time.monotonic() + 10.0
    while abs(offset() - jump) > 50_000_000:
        assert time.monotonic() < deadline
