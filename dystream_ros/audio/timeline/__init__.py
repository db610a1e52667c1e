"""The audio of one party on the media clock: placed, queued, resampled and read frame by frame."""
