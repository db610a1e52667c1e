"""Networks that turn audio of both parties into motion."""
