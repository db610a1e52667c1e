"""A video file as a player reads it."""

import av
import numpy as np
import pytest

from dystream_ros.recording.video_file import SOUND_RATE, VideoFile

SIZE = (64, 48)
SECONDS, RATE = 2, 25


def write(path, transparent=False, layout="stereo"):
    """A video of a grey that brightens, with a tone on the first channel."""
    video = VideoFile(path, *SIZE, RATE, 10, layout, transparent)
    time = np.arange(SECONDS * SOUND_RATE) / SOUND_RATE
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    for index in range(SECONDS * RATE):
        picture = np.full((SIZE[1], SIZE[0], 4 if transparent else 3), 4 * index, np.uint8)
        if transparent:
            picture[..., 3] = 255 * (np.arange(SIZE[0]) >= SIZE[0] // 2)
        video.add_picture(picture)
    video.add_sound(np.stack([tone, 0 * tone]).astype(np.float32)[: 1 if layout == "mono" else 2])
    video.close()


def frames(path, decoder=None):
    """Frames of a video file; `decoder` is one that knows transparency."""
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        context = av.CodecContext.create(decoder, "r") if decoder else stream.codec_context
        packets = [packet for packet in video.demux(stream) if packet.size]
        return [frame for packet in [*packets, None] for frame in context.decode(packet)]


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_pictures_and_sound_are_read_back(tmp_path, suffix):
    path = tmp_path / f"video{suffix}"
    write(path)
    shades = [frame.to_ndarray(format="gray").mean() for frame in frames(path)]
    assert shades == pytest.approx(4 * np.arange(SECONDS * RATE), abs=5)
    with av.open(str(path)) as video:
        sound = np.concatenate([frame.to_ndarray() for frame in video.decode(audio=0)], axis=1)
    assert sound.shape[1] == pytest.approx(SECONDS * SOUND_RATE, abs=2048)
    middle = sound[:, SOUND_RATE // 2 : SOUND_RATE]
    assert np.abs(middle[0]).max() == pytest.approx(0.5, abs=0.05)
    assert np.abs(middle[1]).max() < 0.02


def test_a_webm_may_be_transparent(tmp_path):
    path = tmp_path / "video.webm"
    write(path, transparent=True)
    alpha = frames(path, "libvpx-vp9")[10].to_ndarray(format="rgba")[..., 3]
    assert alpha[:, : SIZE[0] // 2 - 4].max() < 10
    assert alpha[:, SIZE[0] // 2 + 4 :].min() > 245


def test_a_picture_of_another_size_is_scaled(tmp_path):
    video = VideoFile(tmp_path / "video.mp4", *SIZE, RATE, 10, "mono")
    video.add_picture(np.full((100, 200, 3), 200, np.uint8))
    video.close()
    [frame] = frames(tmp_path / "video.mp4")
    assert (frame.width, frame.height) == SIZE
    assert frame.to_ndarray(format="gray").mean() == pytest.approx(200, abs=5)


def test_a_file_that_cannot_be_written_is_an_os_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        VideoFile(tmp_path / "file" / "video.mp4", *SIZE, RATE, 10, "mono")


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_sound_far_above_full_scale_is_limited(tmp_path, suffix):
    """AAC refuses samples of 1e30 with an error of the encoder."""
    video = VideoFile(tmp_path / f"video{suffix}", *SIZE, RATE, 10, "mono")
    video.add_picture(np.full((SIZE[1], SIZE[0], 3), 200, np.uint8))
    tone = 1e30 * np.sin(2 * np.pi * 440 * np.arange(SOUND_RATE) / SOUND_RATE)
    video.add_sound(tone[None].astype(np.float32))
    video.close()
    with av.open(str(tmp_path / f"video{suffix}")) as read:
        sound = np.concatenate([frame.to_ndarray() for frame in read.decode(audio=0)], axis=1)
    assert 0.8 < np.abs(sound[:, SOUND_RATE // 4 : SOUND_RATE // 2]).max() < 1.5
