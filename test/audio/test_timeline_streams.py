"""One stream after another on a topic, and two at once: audio with right stamps is heard, each sample once."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected

RATE = 16_000
EPOCH = 1_000_000_000_000  # stamp of media sample 0


def test_a_restarted_source_is_heard_after_a_short_while(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(RATE)
    reader.play(speech, start=0, stream=1)
    reader.play(speech, start=2 * RATE, stream=2)
    reader.run_to(4 * RATE)
    np.testing.assert_array_equal(reader.heard[2 * RATE : 3 * RATE], speech)


@pytest.mark.parametrize("late", [0, 160, 300])
@pytest.mark.parametrize("ends", [True, False])
def test_streams_that_follow_one_another_lose_nothing(late, ends, make_speech, make_reader):
    """The first chunk of every second stream comes late, as when a file has to be opened first."""
    reader, speech, length = make_reader(source_timeout=0.1), make_speech(4 * RATE), RATE
    pause = 0 if ends else RATE // 5
    for turn in range(4):
        start, part = 3200 + turn * (length + pause), speech[turn * length : (turn + 1) * length]
        for at in range(0, length, 160):
            arrival = start + at + 168
            if turn % 2 == 0:
                arrival = max(arrival, start + 168 + late)
            last = ends and at + 160 == length
            stamp = EPOCH + (start + at) * 62_500
            reader.push(AudioBlock(turn, at, RATE, 1, stamp, part[at : at + 160], last), arrival)
    reader.run_to(6 * RATE)
    figures = reader.timeline.statistics
    assert (figures.samples, figures.late, figures.overlap, figures.counters) == (4 * RATE, 0, 0, {})
    heard = np.trim_zeros(reader.heard)
    assert len(heard) == pytest.approx(4 * RATE + 3 * pause, abs=320)
    if ends:
        # Where one stream follows the other, 32 samples are smoothed.
        assert np.count_nonzero(heard[: len(speech) - 1] != speech[1:]) <= 3 * 32


def test_a_stream_that_begins_far_before_the_end_of_the_last_is_heard_at_its_stamps(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(3 * RATE)
    # The first source dated its audio 0.4 s into the future.
    reader.play(speech[:RATE], start=3200, stamp_error=6400)
    reader.timeline.push(AudioBlock(1, RATE, RATE, 1, 0, speech[:0], True), 0, 3200 + RATE)
    reader.play(speech[RATE:], start=3200 + RATE, stream=2)
    reader.run_to(5 * RATE)
    np.testing.assert_array_equal(reader.heard[3200 + RATE + 6400 + 40 : 3200 + 3 * RATE], speech[RATE + 6400 + 40 :])
    assert reader.timeline.statistics.overlap > 0


@pytest.mark.parametrize(("declared", "channels"), [(48_000, 1), (8_000, 1), (16_000, 2)])
def test_a_wrongly_declared_rate_or_number_of_channels_is_found_by_the_stamps(
    declared, channels, make_speech, make_reader
):
    reader, speech = make_reader(), make_speech(4 * RATE)
    for at in range(0, len(speech), 160):
        part, stamp = speech[at : at + 160].reshape(-1, channels), EPOCH + (3200 + at) * 62_500
        reader.push(AudioBlock(1, at // channels, declared, channels, stamp, part), 3200 + at + 168)
    assert reader.timeline.statistics.counters["stamps_apart"] > 3
    assert "its rate or channels are wrong" in dict(reader.timeline.take_notices())["stamps_apart"]


def test_lost_doubled_and_late_audio_is_reported(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(RATE)
    reader.play(speech[:4800], start=3200)
    reader.play(speech[4800:4960], start=8320, index=5120)
    reader.play(speech[4800:4960], start=8320, index=5120)
    reader.run_to(12_000)
    reader.play(speech[:160], start=8000, index=4800)
    notices = reader.timeline.take_notices()
    assert [name for name, _ in notices] == ["gap", "overlap", "late"]
    assert "320 samples before it are missing" in dict(notices)["gap"]
    assert reader.timeline.take_notices() == []


def test_a_stream_that_begins_while_frames_go_on_without_it_loses_nothing(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(RATE)
    reader.run_to(3200)
    # No source was waited for: frames were made up to now.
    reader.timeline.read(3200 - reader.timeline.cursor)
    reader.timeline.push(AudioBlock(1, 0, RATE, 1, EPOCH + 3040 * 62_500, speech), 3210 * 62_500, 3210)
    np.testing.assert_array_equal(reader.timeline.read(RATE).samples, speech)
    assert reader.timeline.statistics.late == 0


def test_of_two_sources_the_first_is_heard(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(RATE)
    for at in range(0, RATE, 160):
        parts = [speech[at : at + 160] * (8 - stream) for stream in (7, 8)]
        first, second = (
            AudioBlock(stream, at, RATE, 1, EPOCH + at * 62_500, part)
            for stream, part in zip((7, 8), parts, strict=True)
        )
        reader.push(first, at + 170)
        with pytest.raises(AudioRejected, match="stop one of the two sources"):
            reader.push(second, at + 170)
    reader.run_to(RATE + 2000)
    np.testing.assert_array_equal(reader.heard[:RATE], speech)
    assert reader.timeline.statistics.counters == {"second_source": 100}
