"""The `speaker` node: an audio topic on a playback device."""
