"""Bags of rosbag2 (MCAP or SQLite): their messages without ROS, by the package rosbags."""
