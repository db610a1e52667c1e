"""Videos as labs have them: damaged, read again, of different lengths."""

import av
import numpy as np
import pytest
import torch
from drawn_faces import drawn_face

from dystream_lab.autoencoder.data import from_video
from dystream_lab.autoencoder.data.clips import ClipFolder
from dystream_lab.autoencoder.data.from_video import DAMAGED, build, refusals
from dystream_lab.autoencoder.measures.reenactment import as_json, mean_rows, measure
from dystream_lab.autoencoder.presets import PRESETS
from dystream_lab.autoencoder.sheet import stacked
from dystream_lab.corpus.video.tracks import DamagedVideo, pictures
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.portraits.landmarks import Detection

SIDE = 200


def write_video(path, frames):
    """A video of a face with texture, 25 pictures per second."""
    picture, _ = drawn_face((150, 170, 210), 0.5, 0.0, SIDE)
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = SIDE
        stream.pix_fmt, stream.bit_rate = "yuv420p", 8_000_000
        for _ in range(frames):
            noisy = np.clip(picture + rng.normal(0, 18, picture.shape), 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="bgr24")))
        container.mux(stream.encode())


def find(picture):
    marks = drawn_face((150, 170, 210), 0.5, 0.0, SIDE)[1] * SIDE
    return [Detection(np.column_stack([marks, np.zeros(len(marks))]), {}, None)]


def damaged(path):
    """Overwrites the last two thirds of the pictures."""
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat")
    end = data.index(b"moov") if b"moov" in data[start:] else len(data)
    noise = np.random.default_rng(0).integers(0, 256, len(data), np.uint8).tobytes()
    data[start + (end - start) // 3 : end - 8] = noise[start + (end - start) // 3 : end - 8]
    path.write_bytes(data)


def test_a_damaged_video_gives_what_precedes_the_damage_and_stops_no_other(tmp_path):
    folder, output = tmp_path / "videos", tmp_path / "clips"
    folder.mkdir()
    videos = [folder / "a.mp4", folder / "b.mp4"]
    write_video(videos[0], 150)
    damaged(videos[0])
    write_video(videos[1], 60)
    with pytest.raises(DamagedVideo, match=r"a\.mp4 is damaged after \d+ pictures"):
        list(pictures(videos[0]))
    list(build(output, videos, find, 72))
    assert f"1 {DAMAGED}" in refusals(output)
    assert len(ClipFolder([output], "train")) == 1
    assert len(ClipFolder([output], "valid")) == 1


def test_a_video_that_is_read_again_replaces_its_clips(tmp_path):
    """It was the last of two, for validation, when the command was interrupted, and is the first of three now."""
    folder, output = tmp_path / "videos", tmp_path / "clips"
    folder.mkdir()
    for name in "abc":
        write_video(folder / f"{name}.mp4", 60)
    a, b, c = (folder / f"{name}.mp4" for name in "abc")
    list(build(output, [a, b], find, 72))
    (output / "videos" / f"{from_video._name(b)}.json").unlink()
    list(build(output, [a, b, c], find, 72))
    names = sorted(path.name.split("-")[0] + path.name.split("-")[1] for path in (output / "sets").iterdir())
    assert names == ["traina", "trainb", "validc"]


def test_clips_of_different_lengths_are_measured_into_one_sheet(tmp_path):
    """Only some measures of a video's clips are known, and JSON has no NaN for the others."""
    folder, output = tmp_path / "videos", tmp_path / "clips"
    folder.mkdir()
    write_video(folder / "a.mp4", 50)
    for number, frames in enumerate((35, 60)):
        write_video(folder / f"{'bc'[number]}.mp4", frames)
    videos = sorted(folder.iterdir())
    list(build(output, videos[:2], find, 72))
    list(build(output, videos, find, 72))
    torch.manual_seed(0)
    networks = Autoencoder(PRESETS["tiny"].network).eval()
    found = measure(networks, ClipFolder([output], "valid"), lambda picture: None, 4)
    rows, sheets = zip(*found, strict=True)
    assert len({sheet.shape[1] for sheet in sheets}) == 2
    assert stacked(sheets).shape[1] == max(sheet.shape[1] for sheet in sheets)
    figures = as_json(mean_rows([row for some in rows for row in some]))
    assert figures["self"]["landmarks"] is None
    assert figures["self"]["psnr"] > 0
