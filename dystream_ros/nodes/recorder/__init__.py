"""The `recorder` node: a conversation as a video with sound, and its motion as a table."""
