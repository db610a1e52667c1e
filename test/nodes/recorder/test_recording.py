"""Pictures and sound of a conversation as a file, without a node."""

from functools import partial

import av
import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.nodes.parameters import RecorderSettings
from dystream_ros.nodes.recorder import recording
from dystream_ros.nodes.recorder.recording import Recording
from dystream_ros.recording.time_line import TimeLine

START, PERIOD, SECOND = 10**18, 40_000_000, 10**9
PICTURE = np.full((48, 64, 3), 100, np.uint8)


def tone(second, hertz, end=False):
    """A second of a tone that begins so many seconds after the start."""
    time = np.arange(MEDIA_RATE) / MEDIA_RATE
    samples = (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
    return AudioBlock(1, second * MEDIA_RATE, MEDIA_RATE, 1, START + second * SECOND, samples, end)


def show(record, frames, first=0):
    for index in range(first, first + frames):
        record.add_picture(START + index * PERIOD, PICTURE)
        record.advance()


def read_back(path):
    """Number of frames, sound (channels, n), and its rate."""
    with av.open(str(path)) as video:
        frames = sum(1 for _ in video.decode(video=0))
    with av.open(str(path)) as video:
        rate = video.streams.audio[0].rate
        sound = np.concatenate([frame.to_ndarray() for frame in video.decode(audio=0)], axis=1)
    return frames, sound, rate


def pitch(samples, rate):
    return np.abs(np.fft.rfft(samples)).argmax() * rate / samples.size


@pytest.fixture
def output(tmp_path):
    return tmp_path / "video.mp4"


def test_in_stereo_self_is_on_the_left_and_other_on_the_right(output):
    record = Recording(RecorderSettings(output=str(output), sound="stereo"))
    record.add_sound("self", tone(0, 400, end=True), START)
    record.add_sound("other", tone(0, 1000, end=True), START)
    show(record, 25)
    record.close()
    _, sound, rate = read_back(output)
    middle = sound[:, rate // 4 : 3 * rate // 4]
    assert pitch(middle[0], rate) == pytest.approx(400, abs=5)
    assert pitch(middle[1], rate) == pytest.approx(1000, abs=5)
    assert np.sqrt((middle**2).mean(axis=1)) == pytest.approx(0.5 / np.sqrt(2), abs=0.02)


def test_it_is_full_after_its_duration_and_writes_no_more_than_that(output):
    record = Recording(RecorderSettings(output=str(output), duration=1.0))
    show(record, 25)
    assert not record.full
    show(record, 5, first=25)
    assert record.full
    record.close()
    assert read_back(output)[0] == record.pictures == 25


def test_it_is_full_after_its_duration_also_when_the_pictures_have_stopped(output, monkeypatch):
    now = 0.0
    monkeypatch.setattr(recording.time, "monotonic", lambda: now)
    monkeypatch.setattr(recording, "TimeLine", partial(TimeLine, clock=lambda: now))
    record = Recording(RecorderSettings(output=str(output), duration=20.0))
    show(record, 25)
    for second in range(1, 24):
        now += 1.0
        record.add_sound("self", tone(second, 400), START + second * SECOND)
        record.advance()
    assert record.full, "a head that was killed leaves the rest of the duration to its last picture"
    record.close()
    assert read_back(output)[0] == record.pictures == 500


def test_a_home_folder_is_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    record = Recording(RecorderSettings(output="~/video.mp4"))
    show(record, 1)
    record.close()
    assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]


def test_it_has_ended_once_the_sound_of_every_party_and_its_pictures_have(output):
    record = Recording(RecorderSettings(output=str(output)))
    assert not record.ended(set())
    show(record, 1)
    record.add_sound("self", tone(0, 400, end=True), START)
    assert not record.ended({"self"}), "pictures of the sound are missing"
    show(record, 24, first=1)
    assert record.ended({"self"})
    assert not record.ended({"self", "other"}), "the other party was not heard yet"
    record.add_sound("other", tone(0, 400), START)
    assert not record.ended({"self"}), "the other party goes on"


def test_after_the_pictures_have_stopped_the_last_one_is_shown_to_the_end_of_the_sound(output, monkeypatch):
    record = Recording(RecorderSettings(output=str(output)))
    show(record, 25)
    record.add_sound("self", tone(1, 400, end=True), START)
    monkeypatch.setattr(recording, "_PICTURE_TIMEOUT", -1.0)
    record.close()
    frames, sound, rate = read_back(output)
    assert frames == 50
    assert record.repeated == 25
    assert pitch(sound[0, 5 * rate // 4 : 7 * rate // 4], rate) == pytest.approx(400, abs=5)


def test_without_a_picture_there_is_no_file(output):
    record = Recording(RecorderSettings(output=str(output)))
    record.add_sound("self", tone(0, 400, end=True), START)
    record.advance()
    record.close()
    assert not record.started
    assert not output.exists()
