"""Speech engines that report phone times, one per file, and their catalogue."""
