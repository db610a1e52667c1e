"""The command with the real landmarker, on videos rendered from a known motion."""

import shutil

import numpy as np
import pytest
import soundfile

from benchmarks.video_corpus import ROWS, compare, draw, gap_where_shut, lag, motion_read, table
from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.teacher.coarticulation import at_frames, mouth_curves
from dystream_lab.teacher.eyes import lids
from dystream_lab.teacher.pulses import frame_times, plateau
from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.assets import demo_conversation
from dystream_ros.cli import main
from dystream_ros.face.arkit import ARKIT_INDEX

FRAMES = 260  # 10.4 s; a clip has 10 at least
BLINKS = (0.9, 3.1, 5.6, 8.4)


def known_motion() -> np.ndarray:
    """Motion (FRAMES, 58): two stretches of speech with a shut mouth before, between and after, blinks, two turns."""
    rng, times = np.random.default_rng(2), frame_times(FRAMES)
    phones = [
        (at, at + 0.12, str(rng.choice(["AA", "M", "EH", "B", "AO", "P", "AE", "L"])))
        for start, end in ((1.2, 4.6), (6.2, 9.4))
        for at in np.arange(start, end, 0.12)
    ]
    motion = np.zeros((FRAMES, len(MOTION_NAMES)), np.float32)
    motion[:, : len(ARKIT_INDEX)] = at_frames(mouth_curves(phones, FRAMES / 25))[:FRAMES]
    motion[:, [ARKIT_INDEX[f"eyeBlink{side}"] for side in ("Left", "Right")]] = lids(rng, FRAMES, BLINKS)[:, None]
    turned = 10.0 * plateau(times, 2.0, 3.0, 1.0) - 8.0 * plateau(times, 6.0, 3.0, 1.0)
    motion[:, MOTION_NAMES.index("headYaw")] = np.deg2rad(turned)
    return motion


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Read from two copies of a video: a corpus needs a clip to train on and one to validate."""
    videos, own = tmp_path_factory.mktemp("videos"), tmp_path_factory.mktemp("own")
    voices, _ = soundfile.read(demo_conversation(), frames=FRAMES * 640, dtype="float32")
    draw(videos / "first.mp4", "astronaut", known_motion(), voices.T, size=320)
    shutil.copy(videos / "first.mp4", videos / "second.mp4")
    assert main(["corpus", "from-video", str(videos), "-o", str(own)]) == 0
    return own


def test_readings_correlate_with_the_drawn_motion(corpus):
    drawn, read = known_motion(), motion_read(corpus, "first.mp4")
    assert len(read) == FRAMES
    assert lag(drawn, read) == 0
    found = {name: correlated for name, (correlated, _) in compare(drawn, read).items()}
    assert found["aperture"] > 0.9
    assert min(found["eyeBlinkLeft"], found["eyeBlinkRight"]) > 0.8
    assert found["headYaw"] > 0.9
    assert gap_where_shut(drawn, read) < 0.02


def test_a_video_corpus_has_both_voices_for_training(corpus):
    voices, _ = soundfile.read(demo_conversation(), frames=FRAMES * 640, dtype="float32")
    for split in ("train", "valid"):
        clip = ConversationDataset(corpus, split).clip(np.random.default_rng(0), frames=200, lookahead=960)
        assert clip.motion.shape == (200, 58)
        said = voices[clip.start * 640 :][: len(clip.self_audio)]
        heard = np.stack([clip.self_audio, clip.other_audio], 1)[: len(said)]
        apart = np.corrcoef(heard.T, said.T)[:2, 2:]
        assert apart.diagonal().min() > 0.9
        assert abs(apart[0, 1]) < 0.2


def test_lag_gain_and_undrawn_curves_are_reported():
    drawn = known_motion()
    late = 0.5 * np.roll(drawn, 2, axis=0)
    assert lag(drawn, late) == 2
    found = compare(drawn, 0.5 * drawn)
    assert found["headYaw"] == pytest.approx((1.0, 0.5))
    lines = table({"someone": found}).splitlines()
    assert len(lines) == 2 + len(ROWS)
    assert "| roll, pitch, yaw | not drawn, not drawn, 1.00 (0.50) |" in lines
    assert gap_where_shut(drawn, drawn + 0.1) > 0.0
