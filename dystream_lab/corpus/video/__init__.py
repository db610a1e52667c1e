"""A corpus from videos of people: both voices, and the motion measured in the pictures."""
