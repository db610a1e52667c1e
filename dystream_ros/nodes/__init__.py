"""ROS 2 nodes: messages in and out, parameters, lifecycle and diagnostics around the line that needs no ROS."""

from dystream_ros.nodes.common.fastdds import end_before_a_bus_error

# Before rclpy is imported: its tracing library needs shared memory while it is loaded.
end_before_a_bus_error()
