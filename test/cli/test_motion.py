"""`dystream motion` writes a row per frame and reports what it wrote."""

import csv

import numpy as np
import pytest
import soundfile

from dystream_ros.cli import main


@pytest.fixture
def speech(spoken, tmp_path):
    soundfile.write(tmp_path / "speech.wav", spoken[:8000], 16_000)
    return str(tmp_path / "speech.wav")


def test_the_file_the_frames_the_seconds_and_the_names_are_reported(speech, tmp_path, capsys):
    output = tmp_path / "motion.csv"
    assert main(["motion", "--self", speech, "-o", str(output)]) == 0
    assert capsys.readouterr().out == f"wrote {output}: 13 frames, 0.5 s, 52 coefficients and the head pose\n"
    with output.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 13
    assert "jawOpen" in rows[0]


def test_csv_and_npz_hold_the_same_motion(speech, tmp_path):
    for name in ("motion.csv", "motion.npz"):
        assert main(["motion", "--self", speech, "--seed", "3", "-o", str(tmp_path / name)]) == 0
    with (tmp_path / "motion.csv").open() as file:
        rows = list(csv.DictReader(file))
    arrays = np.load(tmp_path / "motion.npz")
    column = list(arrays["names"]).index("jawOpen")
    written = [float(row["jawOpen"]) for row in rows]
    np.testing.assert_allclose(written, arrays["values"][:, column], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["motion.csv", "motion.npz"])
def test_sound_that_fails_at_once_leaves_the_file_before_as_it_is(spoken, tmp_path, capsys, name):
    broken, output = spoken[:8000].copy(), tmp_path / name
    broken[0] = np.nan
    soundfile.write(tmp_path / "broken.wav", broken, 16_000, subtype="FLOAT")
    output.write_bytes(b"the motion before")
    assert main(["motion", "--self", str(tmp_path / "broken.wav"), "-o", str(output)]) == 2
    assert "its samples hold NaN or infinity" in capsys.readouterr().err
    assert output.read_bytes() == b"the motion before"
