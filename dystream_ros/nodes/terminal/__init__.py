"""The `terminal` node: how a head is doing, as a line on the terminal."""
