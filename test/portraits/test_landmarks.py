"""The face landmarker: what it finds, and what it writes to a terminal."""

import os
import sys

import numpy as np
import pytest

from dystream_lab.released.landmark_reader import LandmarkReader
from dystream_ros.portraits.landmarker_model import MODEL_VARIABLE, landmarker_model
from dystream_ros.portraits.landmarks import Landmarker, without_start_log
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import PortraitError

START_LOG = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"W0000 00:00:1795703559.385831   12846 face_landmarker_graph.cc:174] Sets FaceBlendshapesGraph acceleration.\n"
    b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"
)
ERROR = b"E0000 00:00:1795703559.385831   12846 graph.cc:5] out of memory\n"


def test_finding_a_face_writes_nothing_to_the_terminal(portrait, capfd):
    with Landmarker() as landmarker:
        [face] = landmarker.detect(portrait.image)
        assert landmarker.detect(np.zeros((200, 300, 3), np.uint8)) == []
    assert capfd.readouterr() == ("", "")
    # Landmarks of the outer corners of the eyes, in the portrait's own place of the eyes.
    assert face.landmarks.shape == (478, 2)
    eyes = Camera(*portrait.camera.tolist()).project(portrait.eye_centres)
    assert np.abs(face.landmarks[[263, 33]] - eyes).max() < 40
    assert face.scores["mouthSmileLeft"] > 0.5


def test_the_photo_and_the_video_reader_find_the_same_face(portrait, capfd):
    with Landmarker() as landmarker, LandmarkReader() as reader:
        [face] = landmarker.detect(portrait.image)
        reading = reader.detect(portrait.image)
        assert reader.detect(np.zeros((200, 300, 3), np.uint8)) is None
    assert capfd.readouterr().err == ""
    # One looks for 16 faces, the other for one: the crops that they look at differ by less than a pixel.
    assert reading.landmarks[:, :2] == pytest.approx(face.landmarks, abs=1.0)
    assert reading.transform.shape == (4, 4)
    assert reading.transform[3] == pytest.approx([0, 0, 0, 1])


def test_errors_are_written_without_the_start_log(capfd):
    with without_start_log():
        os.write(2, START_LOG + ERROR + b"a line of another thread\n")
    assert capfd.readouterr().err.encode() == ERROR + b"a line of another thread\n"


def test_a_start_that_fails_writes_all_of_its_log(capfd):
    with pytest.raises(RuntimeError, match="no graph"), without_start_log():
        os.write(2, START_LOG)
        raise RuntimeError("no graph")
    assert capfd.readouterr().err.encode() == START_LOG


def test_without_mediapipe_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    for landmarker in (Landmarker, LandmarkReader):
        with pytest.raises(PortraitError, match=r"needs the package mediapipe .* `pip install '\.\[portrait\]'`"):
            landmarker()


def test_a_landmarker_with_other_bytes_is_refused(tmp_path, monkeypatch):
    model = tmp_path / "face_landmarker.task"
    monkeypatch.setenv(MODEL_VARIABLE, str(model))
    with pytest.raises(PortraitError, match="is not a file"):
        landmarker_model()
    model.write_bytes(b"something else")
    with pytest.raises(PortraitError, match="SHA-256"):
        landmarker_model()
