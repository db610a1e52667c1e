"""A corpus from videos: tracks, readings of a simulated landmarker, and training batches."""

import itertools
import json

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.corpus.video import readings
from dystream_lab.corpus.video.build import build, speech_spans
from dystream_lab.corpus.video.tracks import find_videos, picture_count, pictures, voices
from dystream_lab.released.landmark_reader import Reading
from dystream_lab.speech.phones import UNKNOWN_ID
from dystream_ros.cli import main
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

SIZE, RATE = 32, 48_000
JAW, CLOSE, BLINK = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"], ARKIT_INDEX["eyeBlinkLeft"]
YAW = 52 + 2


def jaw(time):
    """How open the mouth of the pretended face is at `time` seconds."""
    return 0.35 - 0.35 * np.cos(2 * np.pi * 1.3 * np.asarray(time))


def yaw(time):
    return np.deg2rad(12.0) * np.sin(2 * np.pi * 0.4 * np.asarray(time))


def voice(seconds: float, own: bool) -> np.ndarray:
    """A buzz that comes and goes: 150 Hz in the first half of each 4 s, or 220 Hz in the second."""
    time = np.arange(int(seconds * RATE)) / RATE
    buzz = np.sign(np.sin(2 * np.pi * (150 if own else 220) * time)) * (0.6 + 0.4 * np.sin(2 * np.pi * 5 * time))
    return (0.2 * buzz * ((time % 4.0 < 2.0) == own)).astype(np.float32)


def write_video(path, seconds: float, tracks: int = 2, fps: int = 30, faceless: tuple[float, float] = (-1.0, -1.0)):
    """Grey pictures: the upper half as bright as the mouth is open, the lower as the head is turned; black: no face."""
    to_yuv = VideoReformatter()
    sound = np.stack([voice(seconds, True), voice(seconds, False)])
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps, options={"crf": "5", "preset": "ultrafast", "threads": "1"})
        video.width = video.height = SIZE
        video.pix_fmt = "yuv420p"
        layout = "mono" if tracks != 1 else "stereo"
        audio = [container.add_stream("aac", rate=RATE, layout=layout) for _ in range(max(1, tracks))]
        for number in range(int(seconds * fps)):
            time = (number + 0.5) / fps
            picture = np.zeros((SIZE, SIZE, 3), np.uint8)
            if not faceless[0] <= time < faceless[1]:
                picture[: SIZE // 2] = round(40 + 200 * float(jaw(time)))
                picture[SIZE // 2 :] = round(128 + 400 * float(yaw(time)))
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            container.mux(video.encode(to_yuv.reformat(frame, format="yuv420p", threads=1)))
        container.mux(video.encode(None))
        planes = [sound] if tracks == 1 else [sound[:1], sound[1:]]
        for stream, samples in zip(audio, planes):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
            frame.sample_rate, frame.pts = RATE, 0
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


class Detector:
    """Reads the grey pictures as `write_video` made them: scores that rest at 0.05, lids that reach 0.6.

    Lips at rest are 0.02 apart, and the score of jawOpen is worth nothing.
    """

    def __init__(self) -> None:
        self.read = 0

    def __call__(self, picture):
        self.read += 1
        upper, lower = float(picture[: SIZE // 2 - 2].mean()), float(picture[SIZE // 2 + 2 :].mean())
        if upper < 20:
            return None
        scores = np.full(len(ARKIT_NAMES), 0.05)
        scores[BLINK] = 0.6 if self.read % 100 < 3 else 0.05
        angle = (lower - 128) / 400
        transform = np.eye(4)
        # turned about the vertical axis of the picture, which points up
        transform[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
        return Reading(scores, transform, 0.02 + (upper - 40) / 200)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    write_video(folder / "anna.mp4", 25.0)
    write_video(folder / "ben.mkv", 24.0, tracks=1, fps=25, faceless=(11.0, 12.0))
    return folder


@pytest.fixture(scope="module")
def corpus(videos, tmp_path_factory):
    root = tmp_path_factory.mktemp("own")
    for _ in build(root, find_videos(videos), Detector()):
        pass
    return root


def test_a_corpus_from_videos_is_read_like_any_other(corpus):
    for split in ("train", "valid"):
        dataset = ConversationDataset(corpus, split)
        clip = dataset.clip(np.random.default_rng(0), frames=200, lookahead=960)
        assert clip.party == 0
        assert clip.motion.shape == (200, 58)
        assert clip.self_audio.shape == (200 * 640 + 960,)
    with pytest.raises(ValueError, match="party 0 only"):
        dataset.whole(0, 1)


def test_the_motion_is_that_of_the_face_at_the_middle_of_each_frame(corpus):
    first = 0
    for entry in json.loads((corpus / "index.json").read_text())["clips"]:
        if not entry["id"].startswith("anna"):
            continue
        motion = np.load(corpus / "clips" / entry["id"] / "motion.npy")[0]
        times = (first + np.arange(len(motion)) + 0.5) / 25
        inner = slice(1, -1)  # the first and the last picture have no neighbour
        assert not motion[:, CLOSE].any()
        np.testing.assert_allclose(motion[inner, JAW], jaw(times)[inner], atol=0.08)
        assert np.corrcoef(motion[inner, JAW], jaw(times)[inner])[0, 1] > 0.995
        turned = motion[:, YAW] - np.median(motion[:, YAW])
        assert abs(np.corrcoef(turned, yaw(times))[0, 1]) > 0.99
        assert motion[:, BLINK].max() > 0.9
        first += len(motion)
    assert first > 600


def test_the_aperture_equals_the_measured_opening_for_any_other_scores():
    scores = np.zeros((100, len(ARKIT_NAMES)))
    scores[20:, ARKIT_INDEX["mouthLowerDownLeft"]] = scores[20:, ARKIT_INDEX["mouthLowerDownRight"]] = 0.5
    openings = np.linspace(0.0, 0.6, 100)
    made = readings.coefficients(scores, openings)
    np.testing.assert_allclose(aperture(made), openings - np.quantile(openings, 0.1).clip(0), atol=0.07)
    assert aperture(made)[20:30].max() < 0.13


def test_a_blink_moves_no_eye():
    scores = np.zeros((100, len(ARKIT_NAMES)))
    down, lids = ARKIT_INDEX["eyeLookDownLeft"], [BLINK, ARKIT_INDEX["eyeBlinkRight"]]
    scores[50:55, down], scores[50:55, lids] = 0.7, np.array([[0.6]])
    scores[70:, down] = 0.3
    made = readings.coefficients(scores, np.zeros(100))
    assert made[50:55, lids].min() == 1.0
    assert made[:69, down].max() < 0.01
    assert made[71:, down].min() == pytest.approx(0.3)


def test_self_and_other_audio_are_the_channels_of_the_parties(corpus):
    dataset = ConversationDataset(corpus, "train")
    view = dataset.whole(0, 0)
    time = (np.arange(len(view.self_audio)) + 0.5) / 16_000
    speaking = (time % 4.0 > 0.2) & (time % 4.0 < 1.8)
    silent = (time % 4.0 > 2.2) & (time % 4.0 < 3.8)
    assert np.abs(view.self_audio[silent]).max() < 0.02 < 0.1 < np.abs(view.self_audio[speaking]).max()
    assert np.abs(view.other_audio[speaking]).max() < 0.02 < 0.1 < np.abs(view.other_audio[silent]).max()
    assert set(view.phones) <= {UNKNOWN_ID, 0}


def test_stretches_without_a_face_are_left_out(corpus):
    clips = json.loads((corpus / "index.json").read_text())["clips"]
    assert sum(clip["frames"] for clip in clips if clip["id"].startswith("ben")) == pytest.approx(23 * 25, abs=10)
    assert all(clip["frames"] >= 250 for clip in clips)


def test_videos_that_are_done_are_not_read_again_and_one_that_stopped_goes_on(videos, tmp_path, monkeypatch):
    monkeypatch.setattr(readings, "CHUNK", 100)
    stopped, again, later = Detector(), Detector(), Detector()
    begun = build(tmp_path, find_videos(videos), stopped)
    while stopped.read < 350:
        next(begun)
    begun.close()
    done = list(build(tmp_path, find_videos(videos), again))
    assert again.read == 25 * 30 + 24 * 25 - 300
    assert [progress.seconds for progress in done if progress.seconds] == pytest.approx([24.9, 22.9], abs=0.3)
    list(build(tmp_path, find_videos(videos), later))
    assert later.read == 0


def test_a_video_that_changed_is_refused(videos, corpus):
    with pytest.raises(ValueError, match="face_track"):
        next(build(corpus, find_videos(videos), Detector(), face_track=2))


def test_the_face_track_selects_the_voice_of_the_face(videos):
    for path in find_videos(videos):
        own, partner = voices(path, face=1)
        np.testing.assert_array_equal(voices(path, face=2)[0], partner)
        assert np.abs(own[:30_000]).max() > 0.1 > np.abs(partner[3_000:30_000]).max()


def test_times_of_pictures_are_their_middles(videos):
    times = [time for time, _ in pictures(videos / "anna.mp4")]
    np.testing.assert_allclose(times, (np.arange(750) + 0.5) / 30, atol=1e-3)
    assert picture_count(videos / "anna.mp4") == 750
    assert picture_count(videos / "ben.mkv") == pytest.approx(600, abs=5)


def test_one_voice_is_not_enough(tmp_path):
    path = tmp_path / "mono.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(voice(1.0, True)[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(ValueError, match="two audio tracks"):
        voices(path)


def test_a_video_without_a_face_is_named_and_too_little_is_refused(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    write_video(folder / "empty.mp4", 12.0, faceless=(0.0, 12.0))
    steps = build(tmp_path / "own", find_videos(folder), Detector())
    assert [step.reason for step in itertools.islice(steps, 361)][-1] == "a face is seen in 0 of 360 pictures only"
    with pytest.raises(ValueError, match="two are needed"):
        next(steps)


def test_a_staged_corpus_is_not_mixed_with_videos(tmp_path):
    (tmp_path / "index.json").write_text(json.dumps({"settings": {"seed": 0}}))
    with pytest.raises(ValueError, match="staged corpus"):
        next(build(tmp_path, [], Detector()))


def test_speech_is_where_a_voice_is():
    sound = voice(8.0, True)[::3].astype(np.float32)
    spans = speech_spans(sound)
    heard = sum(end - start for start, end in spans)
    assert 3.5 < heard < 5.0
    assert speech_spans(np.zeros(16_000, np.float32)) == []


def test_the_command_reports_missing_requirements(tmp_path, capsys):
    assert main(["corpus", "from-video", str(tmp_path / "none"), "-o", str(tmp_path / "own")]) == 2
    assert "no folder" in capsys.readouterr().err
    assert main(["corpus", "from-video", str(tmp_path)]) == 2
    assert "-o" in capsys.readouterr().err
    assert main(["corpus", str(tmp_path), str(tmp_path)]) == 2
    assert "from-video" in capsys.readouterr().err
