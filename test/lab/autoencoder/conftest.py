"""Clips of drawn faces, without a landmarker."""

import json
from pathlib import Path

import numpy as np
import pytest
from drawn_faces import SIZE, drawn_face

from dystream_lab.autoencoder.data.clips import begin, set_path, write_set


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """A folder with six sets of two faces, twelve pictures each; the last set is for validation."""
    folder = tmp_path_factory.mktemp("clips")
    begin(folder, {"source": "drawn", "size": SIZE})
    rng = np.random.default_rng(0)
    for number in range(6):
        openings, shifts = rng.uniform(0, 1, 12), rng.uniform(-0.06, 0.06, 12)
        colours = rng.integers(90, 250, (2, 3)).tolist()
        faces = [[drawn_face(colour, *each) for each in zip(openings, shifts)] for colour in colours]
        pictures = [[picture for picture, _ in face] for face in faces]
        marks = np.array([[found for _, found in face] for face in faces])
        split = "valid" if number == 5 else "train"
        write_set(set_path(folder, split, number), ["one", "two"], pictures, marks, 1 if number == 5 else 5)
    return folder


@pytest.fixture(scope="session")
def released_manifest():
    """Keys and shapes of the published file."""
    path = Path(__file__).parents[2] / "data" / "released" / "autoencoder_manifest.json"
    return {entry["key"]: tuple(entry["shape"]) for entry in json.loads(path.read_text())["state_dict"]}
