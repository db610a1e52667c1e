"""The film strip shows the picture and the sound of the same instant."""

import av
import numpy as np
import pytest

from dystream_ros.cli.demo import pictures

RATE, SECONDS = 25, 4


@pytest.fixture
def video(tmp_path):
    """Frame k is of grey 2 k; the left channel sounds in the first half, the right one in the second."""
    path = tmp_path / "video.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=48000, layout="stereo")
        for index in range(RATE * SECONDS):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 2 * index, np.uint8), format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        time = np.arange(48000 * SECONDS) / 48000
        tone = 0.5 * np.sin(2 * np.pi * 440 * time)
        both = np.stack([tone * (time < SECONDS / 2), tone * (time >= SECONDS / 2)]).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
        frame.rate, frame.pts = 48000, 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def test_each_picture_is_that_of_its_time(video):
    shown = pictures._pictures_at(video, [0.02, 1.0, 3.5])
    assert [round(picture.mean()) for picture in shown] == pytest.approx([2, 50, 176], abs=3)


def test_sound_of_each_party_is_on_its_channel(video):
    sound = pictures._sound(video, SECONDS)
    first, second = (np.abs(half).mean(axis=1) for half in np.array_split(sound, 2, axis=1))
    assert first[0] > 100 * first[1]
    assert second[1] > 100 * second[0]


def test_the_strip_of_a_long_video_shows_its_beginning(video, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "LONGEST", 2.0)
    requested = []
    original = pictures._pictures_at
    monkeypatch.setattr(pictures, "_pictures_at", lambda path, times: requested.extend(times) or original(path, times))
    pictures.draw_filmstrip(video, tmp_path / "strip.png")
    assert (tmp_path / "strip.png").read_bytes().startswith(b"\x89PNG")
    assert max(requested) < 2.0
