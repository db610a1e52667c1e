"""The published model frame by frame: streaming encoders, the step, sessions, the renderer."""
