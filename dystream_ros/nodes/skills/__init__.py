"""The `skills` node: ROS4HRI's skills of a face as its actions and topics, for the head's own topics."""
