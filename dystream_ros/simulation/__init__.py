"""A mechanical head in MuJoCo: its model, its servos and controllers, and pictures of it."""
