"""Calls the services of a head from a shell, where there is no ros2 command."""
