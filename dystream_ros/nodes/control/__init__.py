"""The command `control`: calls the services of a head from a shell, without the ros2 command."""
