"""Stages that a generated motion passes before it is shown; one behaviour a file, in the order of a `MotionStages`."""
