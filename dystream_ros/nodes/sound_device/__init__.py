"""Sound devices through PortAudio: which there are, capture and playback."""
