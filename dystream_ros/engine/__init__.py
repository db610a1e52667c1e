"""A conversation in time: sessions of one head and the clock that drives them."""
