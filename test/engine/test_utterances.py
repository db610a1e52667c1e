"""Events of utterances from hand-made frames."""

import numpy as np

from dystream_ros.audio.block import AudioBlock
from dystream_ros.engine.frame import Frame
from dystream_ros.engine.utterances import Event, Utterances
from dystream_ros.face.motion import MotionFrame

RATE, HOP, PERIOD = 16_000, 640, 40_000_000
FACE = MotionFrame(0, np.zeros(1, np.float32), np.zeros(6, np.float32), 0, np.zeros(0, np.float32))


def frame(number, *blocks, generation=1):
    return Frame(FACE, generation, number * PERIOD, 0, 0, 0, blocks, True)


def part(stream, first, count=HOP, end=False, stamp_ns=None):
    return AudioBlock(stream, first, RATE, 1, stamp_ns, np.zeros(count, np.int16), end)


def events(*frames):
    """(frame, event, stream, sample, shown) of each event."""
    utterances = Utterances()
    return [
        (number, found.event, found.stream_id, found.sample, found.shown)
        for number, each in enumerate(frames)
        for found in utterances.of(each)
    ]


def test_an_utterance_begins_and_ends_in_the_frames_with_its_first_and_last_sample():
    found = events(
        frame(0), frame(1, part(7, 100, 300)), frame(2, part(7, 400)), frame(3, part(7, 1040, 50, end=True)), frame(4)
    )
    assert found == [(1, Event.BEGAN, 7, 100, 0), (3, Event.ENDED, 7, 1090, 990)]


def test_the_stamps_are_those_of_the_samples():
    utterances = Utterances()
    [began] = utterances.of(frame(5, part(7, 0, 320, stamp_ns=5 * PERIOD + 1_000_000)))
    [ended] = utterances.of(frame(6, part(7, 320, 0, end=True, stamp_ns=6 * PERIOD)))
    assert began.stamp_ns == 5 * PERIOD + 1_000_000
    assert ended.stamp_ns == 5 * PERIOD + 21_000_000
    assert ended.position_ns == 20_000_000


def test_two_utterances_in_one_frame():
    found = events(frame(0, part(7, 0, 200, end=True), part(8, 0, 440)))
    assert [each[1:3] for each in found] == [(Event.BEGAN, 7), (Event.ENDED, 7), (Event.BEGAN, 8)]


def test_an_interruption_names_the_position_and_the_utterances_that_waited():
    found = events(
        frame(0, part(7, 0)),
        frame(1, part(7, HOP, 0, end=True), part(8, 0, 0, end=True), generation=2),
        frame(2, part(9, 0), generation=2),
    )
    assert found == [
        (0, Event.BEGAN, 7, 0, 0),
        (1, Event.INTERRUPTED, 7, HOP, HOP),
        (1, Event.INTERRUPTED, 8, 0, 0),
        (2, Event.BEGAN, 9, 0, 0),
    ]


def test_an_interruption_without_an_utterance_is_no_event():
    assert events(frame(0), frame(1, generation=2)) == []


def test_new_audio_in_the_frame_of_an_interruption_is_an_utterance_of_its_own():
    found = events(frame(0, part(7, 0)), frame(1, part(7, 50_000), generation=2))
    assert [each[1:] for each in found] == [
        (Event.BEGAN, 7, 0, 0),
        (Event.INTERRUPTED, 7, HOP, HOP),
        (Event.BEGAN, 7, 50_000, 0),
    ]


def test_a_source_that_never_ends_its_stream_is_over_after_half_a_second():
    utterances = Utterances()
    utterances.of(frame(0, part(7, 0)))
    silent = [utterances.of(frame(number)) for number in range(1, 20)]
    [(number, ended)] = [(number, each[0]) for number, each in enumerate(silent, 1) if each]
    assert number == 14  # 13.5 frames after the end of the audio
    assert (ended.event, ended.stamp_ns, ended.sample) == (Event.ENDED, PERIOD, HOP)
    [began] = utterances.of(frame(20, part(7, HOP)))
    assert (began.event, began.sample, began.shown) == (Event.BEGAN, HOP, 0)


def test_the_next_stream_ends_the_one_before():
    found = events(frame(0, part(7, 0)), frame(1, part(8, 0)))
    assert [each[1:4] for each in found] == [(Event.BEGAN, 7, 0), (Event.ENDED, 7, HOP), (Event.BEGAN, 8, 0)]
