"""The `display` node: the face on a screen, full size, and at rest when no images come."""
