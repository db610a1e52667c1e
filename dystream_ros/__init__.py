"""DyStream for ROS 2: a face that speaks and listens, frame by frame, from the audio of both parties of a conversation."""

__version__ = "0.1.0"
