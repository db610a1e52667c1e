"""Pictures as frames of a video, by their time stamps."""

from dystream_ros.recording.picture_track import PictureTrack

START, PERIOD = 10**18, 40_000_000


def test_each_picture_is_shown_at_its_stamp_and_a_missing_one_repeats_the_one_before():
    track = PictureTrack(START, 25)
    for index, picture in ((0, "a"), (2, "c"), (1, "b"), (5, "f")):
        track.push(START + index * PERIOD + 3_000_000, picture)
    assert "".join(track.take_until(START + 7 * PERIOD)) == "abcccff"
    assert track.repeated == 3


def test_a_video_that_starts_before_its_first_picture_shows_that_one():
    track = PictureTrack(START, 25)
    assert list(track.take_until(START + PERIOD)) == []
    track.push(START + 2 * PERIOD, "a")
    assert "".join(track.take_until(START + 4 * PERIOD)) == "aaaa"
