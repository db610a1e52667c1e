"""The whole line as a user runs it: two files in, a video with sound out, three processes."""

import av
import numpy as np
import soundfile
from dystream_ros.msg import StreamStatus


def test_two_files_become_a_video_with_the_sound_of_both(graph, untrained, babble, tmp_path):
    seconds = 3
    soundfile.write(tmp_path / "self.wav", babble(seconds, seed=1), 16_000)
    soundfile.write(tmp_path / "other.ogg", babble(seconds, 48_000, seed=2), 48_000)
    statuses = graph.listen("status", StreamStatus)
    recorder = graph.start("recorder", output=str(tmp_path / "video.mp4"), remap={"self/audio": "self/audio_aligned"})
    head = graph.start("head", model=str(untrained), image_width=160, image_height=160)
    head.until_log("active")
    recorder.until_log("recording to")
    statuses.until(lambda all_: all_ and "rendering" in all_[-1].stages and all_[-1].stage_p50[3] > 0, "images")
    files = {"self_file": str(tmp_path / "self.wav"), "other_file": str(tmp_path / "other.ogg")}
    source = graph.start("audio_file", subscribers=1, **files)
    assert source.wait() == 0, source.log
    assert recorder.wait() == 0, recorder.log

    [status] = statuses.next()
    assert status.self_audio.samples == seconds * 16_000
    # Live audio may arrive late on a machine under load; the status then reports it.
    other = status.other_audio
    assert other.samples + other.late + other.gap == seconds * 48_000
    assert other.samples > seconds * 24_000
    with av.open(str(tmp_path / "video.mp4")) as video:
        pictures = [frame.to_ndarray(format="gray") for frame in video.decode(video=0)]
    with av.open(str(tmp_path / "video.mp4")) as video:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in video.decode(audio=0)])
    assert len(pictures) >= seconds * 25
    assert pictures[0].shape == (160, 160)
    assert np.std(pictures, axis=0).max() > 1, "the face moves"
    assert abs(sound.size / 48_000 - len(pictures) / 25) < 0.1
    assert np.abs(sound).max() > 0.1
    rows = (tmp_path / "video.csv").read_text().splitlines()
    assert len(rows) > seconds * 25
