"""The `audio_file` node: plays audio files of a conversation into the audio topics."""
