"""The node that plays the audio of a bag to a head."""
