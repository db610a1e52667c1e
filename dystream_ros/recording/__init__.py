"""A conversation as a video file: pictures and audio with time stamps on one time line. Needs no ROS."""
