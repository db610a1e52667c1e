"""The `viewer` node: the face in a window, and how the head is doing as a line on the terminal."""
