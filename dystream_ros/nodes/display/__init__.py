"""The `display` node: the face on a screen, and the neutral face while no images arrive."""
