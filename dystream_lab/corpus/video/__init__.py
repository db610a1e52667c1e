"""A training set from videos of people: what they say, what they hear, and the motion read off their faces."""
