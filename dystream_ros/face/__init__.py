"""What a motion means: names, units, ranges and the pose of the head."""
