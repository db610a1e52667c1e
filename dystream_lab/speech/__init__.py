"""Speech with known phone times, from engines that say when each phone sounds."""
