"""Motion of a face: names, units and ranges of its values, the pose of the head, and the stages it passes."""
