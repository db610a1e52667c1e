"""ROS nodes: messages, parameters, lifecycle and diagnostics; glue only."""
