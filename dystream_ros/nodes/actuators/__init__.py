"""The `actuators` node: motion of the face to commands of the controllers of a robot's joints."""
