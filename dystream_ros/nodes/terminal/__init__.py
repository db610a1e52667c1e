"""The `terminal` node: the status of a head, as one line on the terminal."""
