"""Streams of a source without stream ids and running indices."""

import numpy as np

from dystream_ros.audio.running_stream import RunningStream

PART = np.ones(1600, np.int16)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_parts_that_follow_one_another_are_one_stream():
    clock = Clock()
    stream = RunningStream(0.5, clock)
    blocks = []
    for _ in range(5):
        blocks += stream.blocks(PART, 16_000, 1, None)
        clock.now += 0.4  # a burst of 0.1 s of audio every 0.4 s is not a pause
    assert [block.first_sample for block in blocks] == [0, 1600, 3200, 4800, 6400]
    assert len({block.stream_id for block in blocks}) == 1


def test_a_pause_and_a_change_of_the_format_end_the_stream_and_begin_another():
    clock = Clock()
    stream = RunningStream(0.5, clock)
    [first] = stream.blocks(PART, 16_000, 1, None)
    clock.now = 0.61
    assert stream.paused
    end, second = stream.blocks(PART, 16_000, 1, None)
    assert end.end_of_stream
    assert (end.stream_id, end.first_sample, end.frames) == (first.stream_id, 1600, 0)
    assert second.stream_id != first.stream_id
    assert second.first_sample == 0
    end, stereo = stream.blocks(PART, 16_000, 2, None)
    assert (end.stream_id, end.channels, end.end_of_stream) == (second.stream_id, 1, True)
    assert (stereo.channels, stereo.frames, stereo.first_sample) == (2, 800, 0)


def test_without_a_pause_the_time_of_arrival_means_nothing():
    clock = Clock()
    stream = RunningStream(None, clock)
    [first] = stream.blocks(PART, 16_000, 1, None)
    clock.now = 3600.0
    [second] = stream.blocks(PART, 16_000, 1, 77)
    assert (second.stream_id, second.first_sample, second.stamp_ns) == (first.stream_id, 1600, 77)


def test_a_description_that_is_refused_later_does_not_stop_the_numbering():
    stream = RunningStream(0.5, Clock())
    [refused] = stream.blocks(PART, 0, 0, None)
    assert refused.channels == 0
