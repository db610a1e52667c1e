"""The `microphone` node: a capture device as an audio topic."""
