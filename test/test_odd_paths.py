"""Paths that no file can have, given to each reader of files that users name."""

from pathlib import Path

import pytest

from dystream_ros.actuators.calibration_file import CalibrationRefused, read_calibration
from dystream_ros.audio.files import AudioFileError, open_audio
from dystream_ros.bags.reading import BagError, open_bag
from dystream_ros.face.motion_file import read_motion
from dystream_ros.models.compact import weights_file
from dystream_ros.models.errors import ModelError
from dystream_ros.models.registry import family_name, find_model
from dystream_ros.nodes.common.calibrations import calibration_path
from dystream_ros.rendering.photo import check_picture
from dystream_ros.rendering.portrait import PortraitError

NAMES = ("x" * 5000, "~nosuchuser/x", "nul\0")


def audio(name):
    with open_audio(name):
        pass


def bag(name):
    with open_bag(name):
        pass


@pytest.mark.parametrize("name", NAMES, ids=("long", "user", "nul"))
@pytest.mark.parametrize(
    ("suffix", "read", "error"),
    [
        (".wav", audio, AudioFileError),
        (".mcap", bag, BagError),
        ("", bag, BagError),
        (".npz", lambda name: read_motion(Path(name)), (OSError, ValueError)),
        (".csv", lambda name: read_motion(Path(name)), (OSError, ValueError)),
        (".yaml", lambda name: read_calibration(calibration_path(name)), (OSError, CalibrationRefused)),
        ("", lambda name: read_calibration(calibration_path(name)), (OSError, CalibrationRefused)),
        (".png", lambda name: check_picture(Path(name)), PortraitError),
        (".safetensors", lambda name: weights_file.read(Path(name)), ModelError),
        (".safetensors", lambda name: family_name(find_model(name)), ModelError),
        (".yaml", lambda name: family_name(find_model(name)), ModelError),
        ("", lambda name: family_name(find_model(name)), ModelError),
    ],
)
def test_a_path_that_no_file_can_have_is_refused_by_the_error_of_the_reader(name, suffix, read, error):
    with pytest.raises(error) as refused:
        read(name + suffix)
    assert str(refused.value)
