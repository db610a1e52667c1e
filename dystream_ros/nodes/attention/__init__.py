"""The `attention` node: people and who speaks in, the point to look at out."""
