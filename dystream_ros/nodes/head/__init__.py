"""The `head` node: audio of both parties in, motion and images of a face out."""
