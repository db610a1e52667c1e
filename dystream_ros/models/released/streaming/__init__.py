"""The published model frame by frame: encoders over a stream, the step, sessions, the renderer."""
