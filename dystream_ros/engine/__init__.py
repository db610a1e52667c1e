"""A conversation in time: the session of one head, and the clock that determines when its frames are due."""
