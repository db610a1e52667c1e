"""ROS 2 nodes: messages in and out, parameters, lifecycle and diagnostics around the line that needs no ROS."""
