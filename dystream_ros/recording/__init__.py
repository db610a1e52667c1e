"""A conversation as a video with sound: pictures and sound that come with time stamps, onto one time line."""
