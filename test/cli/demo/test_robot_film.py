"""The film of the simulated head, and how late its jaw is, from recordings whose lag is known."""

import csv

import av
import numpy as np
import pytest

# Not mujoco itself, which would choose a window system before the simulation asks for none.
pytest.importorskip("dystream_ros.simulation.head", reason="part robot of requirements.txt")

from pathlib import Path

from dystream_ros.actuators.calibration_file import read_calibration
from dystream_ros.cli.actuator_motion import shipped_or_path
from dystream_ros.cli.demo.robot import PlayedMotion, film
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.nodes.parameters import ActuatorsSettings
from dystream_ros.recording.video_file import SOUND_RATE, VideoFile
from dystream_ros.simulation.joint_recording import JointRecorder

FRAMES, SHOWN, LATENCY, LATE = 300, 6, 0.105, 0.030
BEGIN = 1000.0  # s


def opening(seconds):
    """How far the jaw is open at times from the beginning on (0 to 1), irregularly."""
    return 0.3 + 0.1 * sum(np.sin(2 * np.pi * f * np.asarray(seconds) + f) for f in (0.7, 1.9, 2.7))


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Six pictures with sound, twelve seconds of motion, and a jaw that is late by LATE."""
    folder = tmp_path_factory.mktemp("film")
    writer = VideoFile(folder / "face.mp4", 64, 64, 25, 20, "stereo")
    for _ in range(SHOWN):
        writer.add_picture(np.full((64, 64, 3), 200, np.uint8))
        writer.add_sound(np.zeros((2, SOUND_RATE // 25), np.float32))
    writer.close()
    with (folder / "motion.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["stamp", "frame", "latency_ms", *ARKIT_NAMES, *POSE_NAMES])
        table.writeheader()
        for frame in range(FRAMES):
            if frame in (40, 41):
                continue  # dropped
            row = dict.fromkeys((*ARKIT_NAMES, *POSE_NAMES), 0.0)
            row |= {"stamp": BEGIN + 0.04 * frame, "frame": frame, "latency_ms": 1e3 * LATENCY}
            table.writerow(row | {"jawOpen": opening(0.04 * frame + 0.02)})
    calibration = read_calibration(shipped_or_path(Path("research")))
    recorder = JointRecorder(folder / "joints.csv", calibration.names)
    jaw = calibration.index("jaw")
    heard = BEGIN + LATENCY + ActuatorsSettings().sound_delay  # of the first sound
    curve = np.array(calibration.joints[jaw].curve)
    for stamp in np.arange(BEGIN, heard + FRAMES * 0.04, 0.01):
        position, desired = np.zeros(12), np.zeros(12)
        desired[jaw] = np.interp(0.42 * opening(stamp - heard), *curve.T)
        position[jaw] = np.interp(0.42 * opening(stamp - heard - LATE), *curve.T)
        recorder.add(stamp, position, desired)
    recorder.close()
    return folder


def test_the_film_shows_the_head_beside_the_face_and_its_lag_is_measured(recordings):
    files = [recordings / name for name in ("face.mp4", "motion.csv", "joints.csv", "robot.mp4")]
    figures = film("research", *files)
    assert figures.jaw_lag == pytest.approx(LATE, abs=0.005)
    assert figures.servo_lag == pytest.approx(LATE, abs=0.005)
    assert "jaw behind its sound: 30 ms (ok)" in figures.text()
    with av.open(str(files[-1])) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.audio
    assert len(pictures) == SHOWN
    face, head = np.hsplit(pictures[0], 2)
    assert face.std() < 10 < head.std()


def test_dropped_frames_show_the_one_before_and_keep_the_time(recordings):
    played = PlayedMotion.read(recordings / "motion.csv")
    assert len(played.values) == FRAMES
    assert np.array_equal(played.values[39], played.values[41])
    assert played.heard(0.12)[0] == pytest.approx(BEGIN + 0.02 + LATENCY + 0.12)


def test_a_run_without_motion_is_an_error(recordings):
    (recordings / "empty.csv").write_text("stamp,frame,latency_ms\n")
    with pytest.raises(RuntimeError, match="has no motion"):
        PlayedMotion.read(recordings / "empty.csv")
